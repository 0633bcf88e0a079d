export async function countView(db, articleId) {
  const articles = db.collection('articles');
  const article = await articles.findOne({ _id: articleId });
  if (!article) {
    return;
  }
  await articles.updateOne({ _id: articleId }, { $set: { views: article.views + 1 } }); // error
}
