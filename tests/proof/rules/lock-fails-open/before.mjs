import { randomUUID } from 'node:crypto';

export async function prepare(db) {
  await db.collection('reportLocks').createIndex({ createdAt: 1 }, { expireAfterSeconds: 60 });
}

export async function buildReport(db, reportId, render) {
  const locks = db.collection('reportLocks');
  const owner = randomUUID();
  try {
    await locks.insertOne({ _id: `report:${reportId}`, owner, createdAt: new Date() });
  } catch (error) { // error
    if (error.code === 11000) {
      return null;
    }
    console.warn('lock was not taken');
  }
  try {
    const pages = await render();
    await db.collection('pages').insertOne({ reportId, pages });
    return pages;
  } finally {
    await locks.deleteOne({ _id: `report:${reportId}`, owner });
  }
}
