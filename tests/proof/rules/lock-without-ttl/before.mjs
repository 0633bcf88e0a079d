import { Schema, model } from 'mongoose';

const Lock = model('Lock', new Schema({ _id: String, createdAt: { type: Date, default: () => new Date() } }));
const Invoice = model('Invoice', new Schema({ number: String, sent: [String] }));

export async function sendInvoice(number, send) {
  try {
    await Lock.create({ _id: `invoice:${number}` }); // error
  } catch (error) {
    if (error.code === 11000) {
      return false;
    }
    throw error;
  }
  try {
    const receipt = await send(number);
    const result = await Invoice.updateOne({ number, sent: { $ne: receipt } }, { $push: { sent: receipt } });
    return result.matchedCount === 1;
  } finally {
    await Lock.deleteOne({ _id: `invoice:${number}` });
  }
}
