export async function addItem(db, cartId, item) {
  const carts = db.collection('carts');
  const result = await carts.updateOne(
    { _id: cartId, 'items.sku': { $ne: item.sku } },
    { $push: { items: item }, $inc: { version: 1 } },
  );
  return result.modifiedCount === 1;
}
