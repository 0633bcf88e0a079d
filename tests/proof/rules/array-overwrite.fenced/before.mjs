export async function tag(db, chatId, name) {
  const chats = db.collection('chats');
  const chat = await chats.findOne({ _id: chatId });
  const tags = [...new Set([...chat.tags, name])].sort();
  await chats.updateOne({ _id: chatId }, { $set: { tags } }); // error
}
