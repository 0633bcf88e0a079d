async function addImage(chats, chatId, imageId, imageUrl) {
  if (!imageId) {
    throw new Error('an image needs an id');
  }
  const result = await chats.updateOne({ _id: chatId }, { $push: { messages: { type: 'image', imageId, imageUrl } } }); // error
  return result.modifiedCount === 1;
}

module.exports = { addImage };
