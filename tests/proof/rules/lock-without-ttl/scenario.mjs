// An hour ago a process was killed while it held the lock of each invoice.
export default {
  isKilled: true,
  seed: ({ name }) => ({ invoices: { number: name, sent: [] } }),
  act: async ({ module, name, work }) => {
    await module.sendInvoice(name, async () => {
      await work();
      return 'receipt';
    });
  },
  expected: () => ['receipt'],
  stored: async (db, { name }) => (await db.collection('invoices').findOne({ number: name })).sent,
};
