const inProgress = new Set();

async function addMergedImage(chats, chatId, mergeId, imageUrl) {
  if (inProgress.has(mergeId)) {
    return false;
  }
  inProgress.add(mergeId); // error
  try {
    const result = await chats.updateOne( // error: unguarded-push
      { _id: chatId },
      { $push: { messages: { isMerged: true, mergeId, imageUrl } } },
    );
    return result.matchedCount === 1;
  } finally {
    inProgress.delete(mergeId);
  }
}

module.exports = { addMergedImage };
