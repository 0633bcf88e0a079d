import { Schema, model } from 'mongoose';

const Cart = model('Cart', new Schema({ userId: String, items: [{ sku: String, quantity: Number }] }));

export async function addItem(userId, sku) {
  const result = await Cart.updateOne( // error
    { userId, 'items.sku': { $ne: sku } },
    { $push: { items: { sku, quantity: 1 } } },
    { upsert: true },
  );
  return result.modifiedCount + result.upsertedCount === 1;
}
