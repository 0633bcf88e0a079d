async function prepare(db) {
  await db.collection('reportLocks').createIndex({ createdAt: 1 }, { expireAfterSeconds: 60 });
}

async function buildReport(db, reportId, render) {
  const locks = db.collection('reportLocks');
  try {
    await locks.insertOne({ _id: `report:${reportId}`, createdAt: new Date() });
    const pages = await render();
    await db.collection('pages').insertOne({ reportId, pages });
    return pages;
  } catch (error) {
    if (error.code === 11000) {
      return null;
    }
    throw error;
  } finally {
    await locks.deleteOne({ _id: `report:${reportId}` }); // error
  }
}

module.exports = { prepare, buildReport };
