// One merged image, delivered by each worker of both processes; each process has a lock of its own.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, db, id, name }) => module.addMergedImage(db.collection('chats'), id, name, 'https://example.org/m.png'),
  expected: ({ name }) => [name],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.mergeId),
};
