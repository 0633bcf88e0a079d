// The documents of a run, and the scenario that says what is done to each.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { ObjectId } = createRequire(import.meta.url)('mongodb');

/** Everything about a document follows from its number, which is all that the processes tell each other. */
export function document(number) {
  return { number, name: `d${number}`, id: new ObjectId(number.toString(16).padStart(24, '0')) };
}

/** Even ones are written in turn, unless the scenario says that all are. */
export function isInTurn(number, scenario) {
  return number % 2 === 0 || scenario.always === 'in turn';
}

export async function load(path) {
  return import(pathToFileURL(path).href);
}

export async function scenario(job) {
  const told = (await load(job.scenario)).default;
  return typeof told === 'function' ? told(job.row, job.twin, await load(job.module)) : told;
}
