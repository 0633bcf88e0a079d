async function addFromWebhook(db, chatId, receiptId, orderId) {
  const result = await db.collection('chats').updateOne(
    { _id: chatId, 'messages.receiptId': { $ne: receiptId } },
    { $push: { messages: { type: 'receipt', receiptId, orderId } } },
  );
  return result.matchedCount === 1;
}

async function addFromPoll(db, chatId, receiptId, orderId) {
  const result = await db.collection('chats').updateOne(
    { _id: chatId, 'messages.receiptId': { $ne: receiptId } },
    { $push: { messages: { type: 'receipt', receiptId, orderId } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addFromWebhook, addFromPoll };
