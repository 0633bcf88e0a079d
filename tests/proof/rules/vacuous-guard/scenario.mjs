// One request, sent again by each worker.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, db, id }) => module.addMessage(db, id, 'hello', 'request'),
  expected: () => ['request'],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.requestId),
};
