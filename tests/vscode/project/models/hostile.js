async function add(db, id, item) {
  const chats = db.collection(`</code></pre>\`\`\`<script>alert(1)</script><img src=x onerror=alert(2)>\u202e'"`);
  const found = await chats.findOne({ _id: id, 'messages.mergeId': item.mergeId });
  if (found) return;
  await chats.updateOne({ _id: id }, { $push: { messages: item } });
}

module.exports = { add };
