async function finishTask(taskId, app) {
  const status = await app.checkTaskStatus(taskId);
  if (!status.fromCache) {
    await app.handleTaskCompletion(status);
  }
}

async function runStartupTaskRecovery(app) {
  for (const taskId of await app.openTasks()) {
    await finishTask(taskId, app);
  }
}

async function start(app) {
  await app.listen({ port: 3000 });
  await runStartupTaskRecovery(app);
}

module.exports = { start };
