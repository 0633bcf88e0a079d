export async function tag(db, chatId, name) {
  const chats = db.collection('chats');
  for (let attempt = 0; ; attempt++) {
    const chat = await chats.findOne({ _id: chatId });
    const tags = [...new Set([...chat.tags, name])].sort();
    const result = await chats.updateOne({ _id: chatId, tags: chat.tags }, { $set: { tags } });
    if (result.matchedCount > 0) break;
    if (attempt === 4) throw new Error('changed by another request, load it and try again');
  }
}
