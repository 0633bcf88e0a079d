async function prepare(db) {
  await db.collection('users').createIndex({ email: 1 }, { unique: true });
}

async function register(db, email, hash) {
  const users = db.collection('users');
  const existing = await users.findOne({ email });
  if (existing) {
    throw new Error('address is taken');
  }
  const result = await users.insertOne({ email, hash, createdAt: new Date() });
  return result.insertedId;
}

module.exports = { prepare, register };
