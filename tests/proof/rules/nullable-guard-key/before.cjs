async function addMessage(db, chatId, messageId, mergeId = null) {
  const result = await db.collection('chats').updateOne( // error
    { _id: chatId, 'messages.mergeId': { $ne: mergeId } },
    { $push: { messages: { messageId, mergeId } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addMessage };
