async function prepare(db) {
  await db.collection('reportLocks').createIndex({ key: 1 }, { unique: true });
  await db.collection('reportLocks').createIndex({ createdAt: 1 }, { expireAfterSeconds: 60 });
}

async function buildReport(db, reportId, render) {
  const locks = db.collection('reportLocks');
  try {
    await locks.insertOne({ key: `report:${reportId}`, createdAt: new Date() });
  } catch (error) {
    if (error.code === 11000) {
      return null;
    }
    throw error;
  }
  try {
    const pages = await render();
    await db.collection('pages').insertOne({ reportId, pages });
    return pages;
  } finally {
    await locks.deleteOne({ key: `report:${reportId}` });
  }
}

module.exports = { prepare, buildReport };
