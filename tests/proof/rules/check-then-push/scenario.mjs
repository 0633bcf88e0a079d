// One merged image, delivered by each worker.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [{ text: 'hello' }] } }),
  act: ({ module, db, id }) => module.addMergedImage(db.collection('chats'), id, 'm', 'https://example.org/m.png'),
  expected: () => ['hello', 'm'],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.mergeId ?? one.text),
};
