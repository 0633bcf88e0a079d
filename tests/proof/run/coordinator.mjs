// Runs programs with two processes of five workers, and counts what they leave: one job a line in, one outcome a line out.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Crew } from './crew.mjs';
import { document, isInTurn, scenario as load } from './documents.mjs';

const { MongoClient } = createRequire(import.meta.url)('mongodb');

const uri = process.env.PROOF_URI;
const PROCESSES = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]];
const client = new MongoClient(uri, { appName: 'coordinator' });
const db = client.db('proof');
const admin = client.db('admin');
await client.connect();
// Nothing expires under a program that is at work.
await admin.command({ setParameter: 1, ttlMonitorEnabled: false, ttlMonitorSleepSecs: 1 });
let crew = new Crew(uri, PROCESSES);

async function seed(scenario, count) {
  await db.dropDatabase();
  const seeds = {};
  for (let number = 0; number < count; number++) {
    for (const [name, one] of Object.entries(scenario.seed?.(document(number)) ?? {})) (seeds[name] ??= []).push(one);
  }
  for (const [name, documents] of Object.entries(seeds)) await db.collection(name).insertMany(documents);
}

/** A process that was killed at the slow work an hour ago, and two passes of the server over what has expired since. */
async function crash(job, scenario) {
  const past = new Crew(uri, [[PROCESSES.flat().length]], 1);
  const failures = [...(await past.prepare(job)), ...(await past.run(job.documents, scenario))];
  past.kill();
  const passes = async () => (await admin.command({ serverStatus: 1 })).metrics.ttl.passes;
  const before = await passes();
  await admin.command({ setParameter: 1, ttlMonitorEnabled: true });
  while ((await passes()) < before + 2) await new Promise((resolve) => setTimeout(resolve, 50));
  await admin.command({ setParameter: 1, ttlMonitorEnabled: false });
  return failures;
}

/** How many elements should be there and how many are, and of the documents how many do not hold exactly theirs. */
async function count(scenario, documents) {
  const outcome = { expected: 0, found: 0, inTurn: 0, wrong: 0, wrongInTurn: 0, examples: [] };
  const one = async (number) => {
    const of = document(number);
    const expected = scenario.expected(of).map(String).sort();
    const found = (await scenario.stored(db, of)).map(String).sort();
    outcome.expected += expected.length;
    outcome.found += found.length;
    const inTurn = Number(isInTurn(number, scenario));
    outcome.inTurn += inTurn;
    if (JSON.stringify(expected) === JSON.stringify(found)) return;
    outcome.wrong += 1;
    outcome.wrongInTurn += inTurn;
    if (outcome.examples.length < 3) outcome.examples.push(`${of.name}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  };
  await Promise.all(Array.from({ length: documents }, (_, number) => one(number)));
  return outcome;
}

/** What went wrong while the program ran, as far as it got. */
async function play(job, scenario) {
  const crashed = scenario.isKilled ? await crash(job, scenario) : [];
  if (crashed.length > 0) return crashed;
  const unprepared = await crew.prepare(job);
  if (unprepared.length > 0) return unprepared;
  await scenario.begin?.(admin);
  const failures = await crew.run(job.documents, scenario);
  await scenario.end?.(admin);
  return failures;
}

async function run(job) {
  const scenario = await load(job);
  await seed(scenario, job.documents);
  const failures = await play(job, scenario);
  if (failures.length > 0) {
    // Whatever is still under way must not meet the next program.
    crew.kill();
    crew = new Crew(uri, PROCESSES);
    return { failures: failures.slice(0, 3) };
  }
  return { failures, ...(await count(scenario, job.documents)) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await run(JSON.parse(line)).catch((error) => ({ failures: [error.stack] }));
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
crew.kill();
await client.close();
