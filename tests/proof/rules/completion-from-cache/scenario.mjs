// One finished task, which webhook, poll and retries of both come to finish.
export default {
  seed: ({ name }) => ({ tasks: { taskId: name, status: 'completed', image: 'i' } }),
  act: ({ module, db, name }) => module.finishTask(name, db),
  expected: () => ['i'],
  stored: async (db, { name }) => (await db.collection('deliveries').find({ taskId: name }).toArray()).map((one) => one.image),
};
