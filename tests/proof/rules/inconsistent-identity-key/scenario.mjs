// One receipt, which the poll finds under its first order and the webhook brings under a second one.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, db, id, worker }) => {
    return worker % 2 === 0 ? module.addFromPoll(db, id, 'r', 'order 1') : module.addFromWebhook(db, id, 'r', 'order 2');
  },
  expected: () => ['r'],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.receiptId),
};
