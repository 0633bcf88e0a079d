'use strict';

// Needs the official driver, version 6 or later (`npm install mongodb`), and the address of a server in MONGODB_URI.
// It works in a database of its own, which it drops before and after.
// Exit code: 1 when the bad outcome appears, 0 when it does not, 2 on trouble.

const { MongoClient, BSON } = require('mongodb');

const witness = BSON.EJSON.deserialize(WITNESS);
const database = `${DATABASE}_${process.pid}`;

/** What a request gets back, in the words of the witness. */
function told(method, value) {
  if (method.startsWith('findOne')) return value === null ? 'null' : 'found';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return String(value.length);
  if (value.upsertedCount > 0) return 'upserted';
  if (value.matchedCount !== undefined) return `matched ${value.matchedCount}`;
  if (value.deletedCount !== undefined) return `deleted ${value.deletedCount}`;
  return `inserted ${value.insertedCount ?? 1}`;
}

/** Does one command; gives its result, and its error where the server refuses it. */
async function play(db, { effect, collection: name, method, arguments: values }, effects) {
  if (effect !== undefined) {
    effects.push(effect);
    return { result: '' };
  }
  const collection = db.collection(name);
  if (typeof collection[method] !== 'function') throw new Error(`the driver has no ${method}`);
  try {
    const returned = collection[method](...values);
    const value = await (typeof returned.toArray === 'function' ? returned.toArray() : returned);
    return { result: told(method, value) };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { result: error.code === 11000 ? 'E11000' : `error ${error.code}`, error };
  }
}

/** The type of a value that is neither a list nor a plain object, and a text that is equal for equal ones. */
function scalar(value) {
  if (value instanceof Date) return ['Date', value.toISOString()];
  if (value !== null && typeof value === 'object' && value._bsontype) return [value._bsontype, BSON.EJSON.stringify(value)];
  if (value instanceof RegExp) return ['RegExp', String(value)];
  if (value !== null && typeof value === 'object') return undefined;
  return [typeof value, String(value)];
}

/** Every identity and time that the witness names; others are made up while it runs. */
function named(value, names = new Set()) {
  const plain = scalar(value);
  if (plain) names.add(plain.join(' '));
  else for (const part of Object.values(value)) named(part, names);
  return names;
}

const sent = witness.steps.map((step) => step.command);
const known = named([witness.start, sent, witness.requests]);
const isFresh = ([type, text]) => (type === 'Date' || type === 'ObjectId') && !known.has(`${type} ${text}`);

/** Whether two values are equal but for fresh times and the names of fresh identities, which `renamed` collects. */
function isEqual(a, b, renamed) {
  const [left, right] = [scalar(a), scalar(b)];
  if (left && right) {
    if (!isFresh(left) || !isFresh(right)) return left.join(' ') === right.join(' ');
    if (left[0] !== right[0] || left[0] === 'Date') return left[0] === right[0];
    const before = renamed.get(left[1]);
    if (before !== undefined) return before === right[1];
    if ([...renamed.values()].includes(right[1])) return false;
    renamed.set(left[1], right[1]);
    return true;
  }
  if (left || right || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key], renamed));
}

/** Whether two lists of documents are equal in some order; gives the names with which they are. */
function match(stored, expected, renamed) {
  if (stored.length !== expected.length) return undefined;
  if (stored.length === 0) return renamed;
  const [first, ...others] = stored;
  for (const candidate of expected) {
    const names = new Map(renamed);
    if (first.collection !== candidate.collection || !isEqual(first.document, candidate.document, names)) continue;
    const rest = match(others, expected.filter((other) => other !== candidate), names);
    if (rest) return rest;
  }
  return undefined;
}

const isEnd = (documents, effects, end) =>
  isEqual([...effects].sort(), [...end.effects].sort(), new Map()) && match(documents, end.documents, new Map()) !== undefined;

async function prepare(db) {
  await db.dropDatabase();
  for (const { collection, keys, sparse, partial } of witness.indexes) {
    const options = { unique: true, ...(sparse && { sparse }), ...(partial && { partialFilterExpression: partial }) };
    await db.collection(collection).createIndex(Object.fromEntries(keys.map((key) => [key, 1])), options);
  }
  for (const { collection, document } of witness.start) await db.collection(collection).insertOne(document);
}

/** All documents of the collections that the witness knows. */
async function stored(db) {
  const commands = witness.steps.map((step) => step.command);
  const lists = [witness.start, commands, witness.outcome.documents, ...witness.serial.map((end) => end.documents)];
  const names = new Set(lists.flat().map((it) => it.collection).filter((name) => name !== undefined));
  const documents = [];
  for (const collection of names) {
    for (const document of await db.collection(collection).find().toArray()) documents.push({ collection, document });
  }
  return documents;
}

const call = ({ effect, collection, method, arguments: values }) =>
  effect ?? `${collection}.${method}(${values.map((value) => BSON.EJSON.stringify(value)).join(', ')})`;

async function run(db) {
  await prepare(db);
  const effects = [];
  for (const [at, step] of witness.steps.entries()) {
    const { result, error } = await play(db, step.command, effects);
    console.log(`${step.request}: ${call(step.command)}${result && ` -> ${result}`}`);
    if (step.result !== '' && step.result !== result) {
      // A refusal that nobody foresaw says that the witness is wrong, not that the code is right.
      if (error && result !== 'E11000') throw error;
      console.log(`the bad outcome does not appear: step ${at + 1} gives ${result}, not ${step.result}`);
      return 0;
    }
    if (step.stored && match(await stored(db), step.stored, new Map()) === undefined) {
      console.log(`step ${at + 1} does not store what was foreseen: ${BSON.EJSON.stringify(step.stored)}`);
    }
  }
  const documents = await stored(db);
  console.log(`stored: ${BSON.EJSON.stringify(documents)}`);
  if (effects.length > 0) console.log(`done: ${effects.join(', ')}`);
  if (!isEnd(documents, effects, witness.outcome)) {
    console.log(`the bad outcome does not appear; it is ${BSON.EJSON.stringify(witness.outcome)}`);
    return 0;
  }
  if (witness.kind !== 'actsTwice' && witness.serial.some((end) => isEnd(documents, effects, end))) {
    throw new Error('the requests also store this one after the other');
  }
  console.log('the bad outcome appears');
  return 1;
}

async function main() {
  if (!process.env.MONGODB_URI) throw new Error('MONGODB_URI names no server');
  const client = new MongoClient(process.env.MONGODB_URI, { serverSelectionTimeoutMS: 10000 });
  try {
    await client.connect();
    const db = client.db(database);
    try {
      return await run(db);
    } finally {
      await db.dropDatabase();
    }
  } finally {
    await client.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`trouble: ${error.message}`);
    process.exitCode = 2;
  },
);
