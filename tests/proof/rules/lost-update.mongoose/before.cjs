const { Schema, model } = require('mongoose');

const Wallet = model('Wallet', new Schema({ owner: String, coins: { type: Number, default: 0 } }));

async function deposit(owner, amount) {
  const wallet = await Wallet.findOne({ owner });
  if (!wallet) {
    throw new Error('no wallet');
  }
  wallet.coins += amount;
  await wallet.save(); // error
  return wallet.coins;
}

module.exports = { deposit };
