// Every worker registers the same address.
export default {
  refusals: ['address is taken', 11000],
  act: ({ module, db, name }) => module.register(db, name, 'hash'),
  expected: ({ name }) => [name],
  stored: async (db, { name }) => (await db.collection('users').find({ email: name }).toArray()).map((user) => user.email),
};
