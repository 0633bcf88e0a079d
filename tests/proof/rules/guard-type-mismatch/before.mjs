import { ObjectId } from 'mongodb';

export async function addImage(db, chatId, imageId, url) {
  const result = await db.collection('chats').updateOne( // error
    { _id: new ObjectId(chatId), 'images.imageId': { $ne: imageId.toString() } },
    { $push: { images: { imageId: new ObjectId(imageId), url } } },
  );
  return result.matchedCount === 1;
}
