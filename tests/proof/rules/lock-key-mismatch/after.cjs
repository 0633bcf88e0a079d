const { randomUUID } = require('crypto');

async function prepare(db) {
  await db.collection('chatLocks').createIndex({ createdAt: 1 }, { expireAfterSeconds: 60 });
}

async function addMergedImage(db, chatId, image, render) {
  const { mergeId, batchId, batchIndex } = image;
  const locks = db.collection('chatLocks');
  const owner = randomUUID();
  const key = `chat:${chatId}:merge:${mergeId}`;
  try {
    await locks.insertOne({ _id: key, owner, createdAt: new Date() });
  } catch (error) {
    if (error.code === 11000) {
      return false;
    }
    throw error;
  }
  try {
    const imageUrl = await render(mergeId);
    const result = await db.collection('chats').updateOne(
      { _id: chatId, 'messages.mergeId': { $ne: mergeId } },
      { $push: { messages: { isMerged: true, mergeId, batchId, batchIndex, imageUrl } } },
    );
    return result.matchedCount === 1;
  } finally {
    await locks.deleteOne({ _id: key, owner });
  }
}

module.exports = { prepare, addMergedImage };
