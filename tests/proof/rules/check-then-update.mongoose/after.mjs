import { Schema, model } from 'mongoose';

const Order = model('Order', new Schema({ status: String, shipments: Number }));

export async function ship(orderId) {
  const result = await Order.updateOne(
    { _id: orderId, status: 'paid' },
    { $set: { status: 'shipped' }, $inc: { shipments: 1 } },
  );
  if (result.matchedCount === 0) {
    throw new Error('only paid orders are shipped');
  }
}
