// One comment, delivered by each worker, to a post that has another comment.
export default {
  seed: ({ id }) => ({ posts: { _id: id, comments: [{ commentId: 'first', text: 'hello' }] } }),
  act: ({ module, db, id }) => module.addComment(db.collection('posts'), id, { commentId: 'c', text: 'again' }),
  expected: () => ['first', 'c'],
  stored: async (db, { id }) => (await db.collection('posts').findOne({ _id: id })).comments.map((one) => one.commentId),
};
