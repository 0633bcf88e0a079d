async function addMergedImage(chats, chatId, mergeId, imageUrl) {
  const result = await chats.updateOne(
    { _id: chatId, 'messages.mergeId': { $ne: mergeId } },
    { $push: { messages: { isMerged: true, mergeId, imageUrl } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addMergedImage };
