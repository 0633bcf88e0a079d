// Two merges of one slot; each worker delivers one of them, for a batch that every second pair of workers has retried.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, id, worker }) => {
    const image = { mergeId: `m${worker % 2}`, batchId: `b${Math.floor(worker / 2)}`, batchIndex: 0 };
    return module.addMergedImage(String(id), { ...image, imageUrl: 'https://example.org/m.png' });
  },
  expected: () => ['m0', 'm1'],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.mergeId),
};
