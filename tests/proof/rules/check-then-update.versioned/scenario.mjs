// Every worker closes the same ticket; what another one has saved meanwhile is refused.
export default {
  seed: ({ id }) => ({ tickets: { _id: id, status: 'open', __v: 0 } }),
  act: async ({ module, id }) => {
    try {
      await module.close(String(id));
    } catch (error) {
      if (error.name !== 'VersionError') throw error;
    }
  },
  expected: () => ['refund'],
  stored: async (db, { id }) =>
    (await db.collection('refunds').find({ ticket: String(id) }).toArray()).map(() => 'refund'),
};
