// Each worker pays in one coin.
export default {
  seed: ({ name }) => ({ wallets: { owner: name, coins: 0 } }),
  act: ({ module, name }) => module.deposit(name, 1),
  expected: () => Array(10).fill('coin'),
  stored: async (db, { name }) => Array((await db.collection('wallets').findOne({ owner: name })).coins).fill('coin'),
};
