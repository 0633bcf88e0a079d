async function withdraw(db, accountId, amount) {
  const accounts = db.collection('accounts');
  const account = await accounts.findOne({ _id: accountId });
  if (!account || account.balance < amount) {
    return false;
  }
  const result = await accounts.updateOne({ _id: accountId }, { $inc: { balance: -amount } }); // error
  return result.modifiedCount === 1;
}

module.exports = { withdraw };
