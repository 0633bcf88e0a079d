// One image, delivered by each worker.
const image = '00000000000000000000beef';

export default {
  seed: ({ id }) => ({ chats: { _id: id, images: [] } }),
  act: ({ module, db, id }) => module.addImage(db, String(id), image, 'https://example.org/i.png'),
  expected: () => [image],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).images.map((one) => one.imageId),
};
