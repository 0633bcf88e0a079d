async function finishTask(taskId, app) {
  const status = await app.checkTaskStatus(taskId);
  await app.handleTaskCompletion(status); // error: completion-from-cache, poll-without-claim
}

async function runStartupTaskRecovery(app) {
  for (const taskId of await app.openTasks()) {
    await finishTask(taskId, app);
  }
}

async function start(app) {
  await app.listen({ port: 3000 });
  await runStartupTaskRecovery(app); // error
}

module.exports = { start };
