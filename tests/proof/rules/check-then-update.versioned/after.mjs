import { Schema, model } from 'mongoose';

const schema = new Schema({ status: String, log: String });
schema.set('optimisticConcurrency', true);
schema.pre('save', function () {
  this.log = `now ${this.status}`;
});
const Ticket = model('Ticket', schema);
const Refund = model('Refund', new Schema({ ticket: String }));

export async function close(ticketId) {
  const ticket = await Ticket.findById(ticketId);
  if (ticket.status !== 'open') return;
  ticket.status = 'closed';
  await ticket.save();
  await Refund.create({ ticket: ticketId });
}
