// One merge, brought by each worker for a batch of its own. Each rendering is paid for, so the lock has to let one through.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: async ({ module, db, id, worker, work }) => {
    await module.addMergedImage(db, id, { mergeId: 'm', batchId: `b${worker}`, batchIndex: 0 }, async (mergeId) => {
      await work();
      await db.collection('renderings').insertOne({ chat: id, mergeId });
      return 'https://example.org/m.png';
    });
  },
  expected: () => ['m'],
  stored: async (db, { id }) => (await db.collection('renderings').find({ chat: id }).toArray()).map((one) => one.mergeId),
};
