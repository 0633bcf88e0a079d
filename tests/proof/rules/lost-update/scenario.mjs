// Each worker counts one view.
export default {
  seed: ({ id }) => ({ articles: { _id: id, views: 0 } }),
  act: ({ module, db, id }) => module.countView(db, id),
  expected: () => Array(10).fill('view'),
  stored: async (db, { id }) => Array((await db.collection('articles').findOne({ _id: id })).views).fill('view'),
};
