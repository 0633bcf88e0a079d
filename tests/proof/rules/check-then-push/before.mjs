export async function addMergedImage(chats, chatId, mergeId, imageUrl) {
  const existing = await chats.findOne({ _id: chatId, 'messages.mergeId': mergeId });
  if (existing) {
    return false;
  }
  const result = await chats.updateOne( // error
    { _id: chatId },
    { $push: { messages: { type: 'mergeFace', isMerged: true, mergeId, imageUrl } } },
  );
  return result.modifiedCount === 1;
}
