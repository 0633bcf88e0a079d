// One video, delivered by each worker.
export default {
  seed: ({ id }) => ({ chats: { _id: id, messages: [] } }),
  act: ({ module, id }) => module.addVideo(String(id), 'v', 'https://example.org/v.mp4'),
  expected: () => ['v'],
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).messages.map((one) => one.videoId),
};
