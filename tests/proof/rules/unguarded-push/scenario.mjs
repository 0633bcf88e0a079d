// One image, delivered by each worker.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, db, id }) => module.addImage(db.collection('chats'), id, 'i', 'https://example.org/i.png'),
  expected: () => ['i'],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.imageId),
};
