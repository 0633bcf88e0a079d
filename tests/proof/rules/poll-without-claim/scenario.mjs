// One task: the provider's webhook comes while others poll.
export default {
  seed: ({ name }) => ({ tasks: { taskId: name, status: 'processing' } }),
  act: async ({ module, db, name, worker }) => {
    const app = {
      fetchStatus: async (taskId) => ({ taskId, status: 'completed', image: 'i' }),
      handleTaskCompletion: ({ taskId, image }) => db.collection('deliveries').insertOne({ taskId, image }),
    };
    await (worker === 0 ? module.webhook(db, name, app) : module.pollTask(db, name, app));
  },
  expected: () => ['i'],
  stored: async (db, { name }) => (await db.collection('deliveries').find({ taskId: name }).toArray()).map((one) => one.image),
};
