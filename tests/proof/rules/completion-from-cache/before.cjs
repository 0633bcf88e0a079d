async function checkTaskStatus(taskId, db) {
  const tasks = db.collection('tasks');
  const claimed = await tasks.findOneAndUpdate(
    { taskId, completionNotificationSent: { $ne: true } },
    { $set: { completionNotificationSent: true } },
  );
  if (!claimed) {
    const task = await tasks.findOne({ taskId });
    return { taskId, status: task.status, image: task.image, fromCache: true };
  }
  return { taskId, status: 'completed', image: claimed.image };
}

async function handleTaskCompletion(status, db) {
  await db.collection('deliveries').insertOne({ taskId: status.taskId, image: status.image });
}

async function finishTask(taskId, db) {
  const status = await checkTaskStatus(taskId, db);
  if (status && status.status === 'completed') {
    await handleTaskCompletion(status, db); // error
  }
}

module.exports = { finishTask };
