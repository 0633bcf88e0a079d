// Ten workers start at once, as after a deployment, and find one task that is still open.
export default {
  seed: ({ name }) => ({ tasks: { taskId: name } }),
  act: async ({ module, db, name }) => {
    const app = {
      listen: async () => undefined,
      openTasks: async () => (await db.collection('tasks').find({ taskId: name, isClaimed: { $ne: true } }).toArray()).map((task) => task.taskId),
      checkTaskStatus: async (taskId) => {
        const claimed = await db.collection('tasks').findOneAndUpdate({ taskId, isClaimed: { $ne: true } }, { $set: { isClaimed: true } });
        return { taskId, image: 'i', fromCache: claimed === null };
      },
      handleTaskCompletion: ({ taskId, image }) => db.collection('deliveries').insertOne({ taskId, image }),
    };
    await module.start(app);
  },
  expected: () => ['i'],
  stored: async (db, { name }) => (await db.collection('deliveries').find({ taskId: name }).toArray()).map((one) => one.image),
};
