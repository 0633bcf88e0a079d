async function addBatchImage(chats, chatId, batchId, batchIndex, imageUrl) {
  const result = await chats.updateOne( // error
    { _id: chatId, 'messages.batchId': { $ne: batchId }, 'messages.batchIndex': { $ne: batchIndex } },
    { $push: { messages: { type: 'image', batchId, batchIndex, imageUrl } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addBatchImage };
