// Each worker adds a tag of its own, and tries again where it is told to.
const tags = Array.from({ length: 10 }, (_, worker) => `tag ${worker}`);

export default {
  seed: ({ id }) => ({ chats: { _id: id, tags: [] } }),
  act: async ({ module, db, id, worker }) => {
    for (let isRefused = true; isRefused; ) {
      try {
        await module.tag(db, id, tags[worker]);
        isRefused = false;
      } catch (error) {
        if (!error.message.includes('try again')) throw error;
      }
    }
  },
  expected: () => tags,
  stored: async (db, { id }) => (await db.collection('chats').findOne({ _id: id })).tags,
};
