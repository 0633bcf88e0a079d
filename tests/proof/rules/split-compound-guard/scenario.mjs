// The five images of a batch, each delivered twice.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, db, id, worker }) => module.addBatchImage(db.collection('chats'), id, 'b', worker % 5, 'https://example.org/b.png'),
  expected: () => [0, 1, 2, 3, 4],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.batchIndex),
};
