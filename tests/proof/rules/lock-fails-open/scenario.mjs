// The server answers every lock of the second process with an error that is no duplicate key. Whoever holds the lock is at
// work until all others have been told.
const TOO_LATE = 50;
const failing = {
  configureFailPoint: 'failCommand',
  mode: 'alwaysOn',
  data: { failCommands: ['insert'], namespace: 'proof.reportLocks', appName: 'process 1', errorCode: TOO_LATE },
};

export default {
  refusals: [TOO_LATE],
  begin: (admin) => admin.command(failing),
  end: (admin) => admin.command({ configureFailPoint: 'failCommand', mode: 'off' }),
  act: async ({ module, db, name, work }) => {
    await module.buildReport(db, name, async () => {
      await work();
      return name;
    });
  },
  expected: ({ name }) => [name],
  stored: async (db, { name }) => (await db.collection('pages').find({ reportId: name }).toArray()).map((one) => one.pages),
};
