// Each worker asks for 40 of 100: two of them can be paid.
export default {
  seed: ({ id }) => ({ accounts: { _id: id, balance: 100 } }),
  act: ({ module, db, id }) => module.withdraw(db, id, 40),
  expected: () => ['paid', 'paid'],
  stored: async (db, { id }) => {
    const account = await db.collection('accounts').findOne({ _id: id });
    return Array((100 - account.balance) / 40).fill('paid');
  },
};
