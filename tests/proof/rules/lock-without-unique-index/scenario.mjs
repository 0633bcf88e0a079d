// Whoever holds the lock is at work until all others have been told.
export default {
  act: async ({ module, db, name, work }) => {
    await module.buildReport(db, name, async () => {
      await work();
      return name;
    });
  },
  expected: ({ name }) => [name],
  stored: async (db, { name }) => (await db.collection('pages').find({ reportId: name }).toArray()).map((one) => one.pages),
};
