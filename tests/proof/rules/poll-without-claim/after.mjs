export async function pollTask(db, taskId, app) {
  const task = await db.collection('tasks').findOne({ taskId, status: 'processing' });
  if (!task) {
    return;
  }
  const result = await app.fetchStatus(taskId);
  if (result.status !== 'completed') {
    return;
  }
  const claimed = await db
    .collection('tasks')
    .findOneAndUpdate({ taskId, webhookProcessed: { $ne: true } }, { $set: { webhookProcessed: true, status: 'completed' } });
  if (claimed) {
    await app.handleTaskCompletion(result);
  }
}

export async function webhook(db, taskId, app) {
  const claimed = await db
    .collection('tasks')
    .findOneAndUpdate({ taskId, webhookProcessed: { $ne: true } }, { $set: { webhookProcessed: true, status: 'completed' } });
  if (claimed) {
    await app.handleTaskCompletion({ taskId, image: 'i' });
  }
}
