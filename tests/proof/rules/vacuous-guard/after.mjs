import { randomUUID } from 'node:crypto';

export async function addMessage(db, chatId, text, requestId) {
  const messageId = randomUUID();
  const result = await db.collection('chats').updateOne(
    { _id: chatId, 'messages.requestId': { $ne: requestId } },
    { $push: { messages: { messageId, requestId, text } } },
  );
  return result.matchedCount === 1;
}
