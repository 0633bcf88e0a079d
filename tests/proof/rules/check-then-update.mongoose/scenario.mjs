// Every worker ships the same order.
export default {
  refusals: ['only paid orders are shipped'],
  seed: ({ id }) => ({ orders: { _id: id, status: 'paid', shipments: 0 } }),
  act: ({ module, id }) => module.ship(String(id)),
  expected: () => ['parcel'],
  stored: async (db, { id }) => Array((await db.collection('orders').findOne({ _id: id })).shipments).fill('parcel'),
};
