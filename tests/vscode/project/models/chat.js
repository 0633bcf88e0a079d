async function add(db, id, item) {
  const chats = db.collection('chats');
  const found = await chats.findOne({ _id: id, 'messages.mergeId': item.mergeId });
  if (found) return;
  await chats.updateOne({ _id: id }, { $push: { messages: item } });
}

async function addOnce(db, id, item) {
  const chats = db.collection('chats');
  const filter = { _id: id, 'messages.mergeId': { $ne: item.mergeId } };
  const result = await chats.updateOne(filter, { $push: { messages: item } });
  return result.matchedCount === 1;
}

async function remove(db, id, mergeId) {
  await db.collection('chats').updateOne({ _id: id }, { $pull: { messages: { mergeId } } });
}

module.exports = { add, addOnce, remove };
