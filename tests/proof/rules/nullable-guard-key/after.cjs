async function addMessage(db, chatId, messageId, mergeId = null) {
  if (!mergeId) {
    const result = await db.collection('chats').updateOne(
      { _id: chatId, 'messages.messageId': { $ne: messageId } },
      { $push: { messages: { messageId } } },
    );
    return result.matchedCount === 1;
  }
  const result = await db.collection('chats').updateOne(
    { _id: chatId, 'messages.mergeId': { $ne: mergeId } },
    { $push: { messages: { messageId, mergeId } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addMessage };
