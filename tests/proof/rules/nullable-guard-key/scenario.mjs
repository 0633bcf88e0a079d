// Each worker has a message of its own, and none of them is merged.
const messages = Array.from({ length: 10 }, (_, worker) => `message ${worker}`);

export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, db, id, worker }) => module.addMessage(db, id, messages[worker]),
  expected: () => messages,
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.messageId),
};
