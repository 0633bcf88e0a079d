import { Schema, model } from 'mongoose';

const Order = model('Order', new Schema({ status: String, shipments: Number }));

export async function ship(orderId) {
  const order = await Order.findById(orderId);
  if (order?.status !== 'paid') {
    throw new Error('only paid orders are shipped');
  }
  await Order.updateOne({ _id: orderId }, { $set: { status: 'shipped' }, $inc: { shipments: 1 } }); // error
}
