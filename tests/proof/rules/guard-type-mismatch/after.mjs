import { ObjectId } from 'mongodb';

export async function addImage(db, chatId, imageId, url) {
  const id = new ObjectId(imageId);
  const result = await db.collection('chats').updateOne(
    { _id: new ObjectId(chatId), 'images.imageId': { $ne: id } },
    { $push: { images: { imageId: id, url } } },
  );
  return result.matchedCount === 1;
}
