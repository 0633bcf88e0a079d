// One track, added by each worker.
export default {
  seed: ({ id }) => ({ playlists: { _id: id, trackIds: ['t1'], __v: 0 } }),
  act: ({ module, id }) => module.addTrack(String(id), 't2'),
  expected: () => ['t1', 't2'],
  stored: async (db, { id }) => (await db.collection('playlists').findOne({ _id: id })).trackIds,
};
