// Each worker adds an item of its own, once.
const skus = Array.from({ length: 10 }, (_, worker) => `item ${worker}`);

export default {
  seed: ({ id }) => ({ carts: { _id: id, items: [], __v: 0 } }),
  act: ({ module, id, worker }) => module.addItem(String(id), { sku: skus[worker], price: 1 }),
  expected: () => skus,
  stored: async (db, { id }) => (await db.collection('carts').findOne({ _id: id })).items.map((item) => item.sku),
};
