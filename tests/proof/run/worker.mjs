// One process of several workers, each of which does the operation of a program on every document.

import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { document, load, scenario } from './documents.mjs';

const require = createRequire(import.meta.url);
const mongodb = require('mongodb');
const mongoose = require('mongoose');

/** So many documents of one worker are under way at the same time. */
const WINDOW = 20;
const WRITES = [
  'insertOne', 'insertMany', 'updateOne', 'updateMany', 'replaceOne', 'deleteOne', 'deleteMany', 'findOneAndUpdate',
  'findOneAndReplace', 'findOneAndDelete', 'bulkWrite',
];
const [uri, workers, hours] = [process.env.PROOF_URI, JSON.parse(process.env.PROOF_WORKERS), Number(process.env.PROOF_LATE)];

/** The task that a piece of code belongs to: one worker on one document. */
const current = new AsyncLocalStorage();
const waiting = new Map();
let events = [];

function tell(event) {
  // One message for all that happens in a millisecond.
  if (events.push(event) > 1) return;
  setTimeout(() => {
    process.send({ is: 'at', events });
    events = [];
  }, 1);
}

function wait(task, where) {
  return new Promise((resolve) => {
    waiting.set(`${task.number}/${task.worker}`, resolve);
    tell([task.number, task.worker, where]);
  });
}

/** Mongoose calls the same methods of a driver of its own. */
for (const { Collection } of new Set([mongodb, mongoose.mongo])) {
  for (const name of WRITES) {
    const original = Collection.prototype[name];
    Collection.prototype[name] = async function (...args) {
      const task = current.getStore();
      if (task && !task.hasWritten) {
        task.hasWritten = true;
        await wait(task, 'held');
      }
      return original.apply(this, args);
    };
  }
}

/** No two workers see the same millisecond, and a process may live in the past. */
const Clock = Date;
globalThis.Date = class Date extends Clock {
  constructor(...args) {
    super(...(args.length > 0 ? args : [Date.now()]));
  }

  static now() {
    const worker = current.getStore()?.worker ?? 0;
    return Math.floor(Clock.now() / 16) * 16 + worker - hours * 3_600_000;
  }
};

const client = new mongodb.MongoClient(uri, { appName: process.env.PROOF_NAME, maxPoolSize: 10 });
const db = client.db('proof');
await client.connect();
await mongoose.connect(uri, { dbName: 'proof', appName: process.env.PROOF_NAME, maxPoolSize: 10 });
let loaded;

async function prepare(job) {
  mongoose.deleteModel(/.*/);
  loaded = { scenario: await scenario(job), module: await load(job.module) };
  if (job.isFirst && loaded.module.prepare) await loaded.module.prepare(db);
  await Promise.all(Object.values(mongoose.models).map((model) => model.init()));
}

function isRefusal(error) {
  const refusals = loaded.scenario.refusals ?? [];
  return refusals.some((refusal) => (typeof refusal === 'number' ? error.code === refusal : refusal === error.message));
}

async function act(task) {
  let work = () => wait(task, 'resting');
  // A process of the past is killed at the slow work, so nothing comes after it.
  const killed = new Promise((resolve) => {
    if (hours > 0) work = () => new Promise(() => resolve());
  });
  const context = { ...document(task.number), worker: task.worker, module: loaded.module, db, client, mongoose, work };
  try {
    await Promise.race([loaded.scenario.act(context), killed]);
  } catch (error) {
    if (!isRefusal(error)) process.send({ is: 'failed', why: `worker ${task.worker}: ${error.stack}` });
  }
  tell([task.number, task.worker, 'ended']);
}

async function run(count) {
  for (const worker of workers) {
    let next = 0;
    const walk = async () => {
      while (next < count) {
        const task = { worker, number: next++, hasWritten: false };
        await current.run(task, () => act(task));
      }
    };
    for (let one = 0; one < WINDOW; one++) walk();
  }
}

const orders = {
  prepare: async ({ job }) => {
    await prepare(job);
    process.send({ is: 'prepared' });
  },
  run: ({ count }) => run(count),
  go: ({ tasks }) => {
    for (const task of tasks) {
      const resolve = waiting.get(task);
      waiting.delete(task);
      resolve();
    }
  },
};
process.on('message', (message) => {
  Promise.resolve(orders[message.do](message)).catch((error) => process.send({ is: 'failed', why: error.stack }));
});
process.on('disconnect', () => process.exit());
process.send({ is: 'ready' });
