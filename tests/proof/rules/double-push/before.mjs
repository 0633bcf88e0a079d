import { Schema, model } from 'mongoose';

const Cart = model('Cart', new Schema({ owner: String, items: [{ sku: String, price: Number }] }));

export async function addItem(cartId, item) {
  const cart = await Cart.findById(cartId);
  cart.items.push(item);
  await Cart.updateOne({ _id: cartId }, { $push: { items: item } }); // error
  await cart.save();
  return cart;
}
