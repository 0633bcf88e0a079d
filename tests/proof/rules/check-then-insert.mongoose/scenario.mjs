// Every worker lets the same two follow each other.
export default {
  refusals: [11000],
  act: ({ module, name }) => module.follow('ann', name),
  expected: ({ name }) => [name],
  stored: async (db, { name }) => (await db.collection('follows').find({ followee: name }).toArray()).map((one) => one.followee),
};
