async function addComment(posts, postId, comment) {
  const result = await posts.updateOne( // error
    { _id: postId, comments: { $elemMatch: { commentId: { $ne: comment.commentId } } } },
    { $push: { comments: { commentId: comment.commentId, text: comment.text } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addComment };
