const { Schema, model } = require('mongoose');

const Wallet = model('Wallet', new Schema({ owner: String, coins: { type: Number, default: 0 } }));

async function deposit(owner, amount) {
  const wallet = await Wallet.findOneAndUpdate({ owner }, { $inc: { coins: amount } }, { returnDocument: 'after' });
  if (!wallet) {
    throw new Error('no wallet');
  }
  return wallet.coins;
}

module.exports = { deposit };
