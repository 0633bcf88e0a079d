export async function addItem(db, cartId, item) {
  const carts = db.collection('carts');
  const cart = await carts.findOne({ _id: cartId });
  const items = cart.items || [];
  items.push(item);
  const result = await carts.updateOne( // error
    { _id: cartId },
    { $set: { items }, $inc: { version: 1 } },
  );
  return result.modifiedCount === 1;
}
