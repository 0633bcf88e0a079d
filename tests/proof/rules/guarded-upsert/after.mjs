import { Schema, model } from 'mongoose';

const Cart = model('Cart', new Schema({ userId: { type: String, unique: true }, items: [{ sku: String, quantity: Number }] }));

export async function addItem(userId, sku) {
  await Cart.updateOne({ userId }, { $setOnInsert: { items: [] } }, { upsert: true });
  const result = await Cart.updateOne(
    { userId, 'items.sku': { $ne: sku } },
    { $push: { items: { sku, quantity: 1 } } },
  );
  return result.matchedCount === 1;
}
