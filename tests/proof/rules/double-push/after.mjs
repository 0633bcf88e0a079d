import { Schema, model } from 'mongoose';

const Cart = model('Cart', new Schema({ owner: String, items: [{ sku: String, price: Number }] }));

export async function addItem(cartId, item) {
  return Cart.findOneAndUpdate(
    { _id: cartId, 'items.sku': { $ne: item.sku } },
    { $push: { items: item } },
    { returnDocument: 'after' },
  );
}
