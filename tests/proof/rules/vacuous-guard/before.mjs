import { randomUUID } from 'node:crypto';

export async function addMessage(db, chatId, text, requestId) {
  const messageId = randomUUID();
  const result = await db.collection('chats').updateOne( // error
    { _id: chatId, 'messages.messageId': { $ne: messageId } },
    { $push: { messages: { messageId, requestId, text } } },
  );
  return result.matchedCount === 1;
}
