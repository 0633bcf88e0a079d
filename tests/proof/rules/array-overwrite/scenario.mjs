// Each worker adds an item of its own.
const items = Array.from({ length: 10 }, (_, worker) => `item ${worker}`);

export default {
  seed: ({ id }) => ({ carts: { _id: id, items: [], version: 1 } }),
  act: ({ module, db, id, worker }) => module.addItem(db, id, { sku: items[worker] }),
  expected: () => items,
  stored: async (db, { id }) => (await db.collection('carts').findOne({ _id: id })).items.map((item) => item.sku),
};
