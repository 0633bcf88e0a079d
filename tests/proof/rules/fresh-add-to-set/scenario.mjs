// One member joins by each worker.
export default {
  seed: ({ id }) => ({ rooms: { _id: id, members: [] } }),
  act: ({ module, db, id }) => module.addMember(db, id, 'u'),
  expected: () => ['u'],
  stored: async (db, { id }) => (await db.collection('rooms').findOne({ _id: id })).members.map((one) => one.userId),
};
