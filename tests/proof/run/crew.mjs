// The processes of a run, and what they tell each other through this one.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isInTurn } from './documents.mjs';
import { Step } from './steps.mjs';

/** Nothing happened for so long: somebody waits for something that does not come. */
const STILL = 30_000;

export class Crew {
  constructor(uri, processes, hours = 0) {
    this.workers = processes.flat();
    this.failures = [];
    this.members = processes.map((workers, index) => this.member(uri, workers, index, hours));
  }

  member(uri, workers, index, hours) {
    const env = { ...process.env, PROOF_URI: uri, PROOF_WORKERS: JSON.stringify(workers), PROOF_NAME: `process ${index}`, PROOF_LATE: hours };
    const child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let said = '';
    child.stderr.on('data', (text) => (said = `${said}${text}`.slice(-2000)));
    const member = { child, workers, go: [] };
    child.on('message', (message) => this.hear(message));
    child.on('exit', (code) => code && this.fail(`a process ended with ${code}\n${said}`));
    child.on('error', (error) => this.fail(error.stack));
    member.ready = new Promise((resolve) => child.once('message', resolve).once('exit', resolve));
    return member;
  }

  hear(message) {
    if (message.is === 'failed') this.fail(message.why);
    if (message.is === 'prepared') this.stop();
    if (message.is === 'at') {
      this.last = Date.now();
      for (const [number, worker, where] of message.events) this.arrive(number, worker, where);
    }
  }

  fail(why) {
    this.failures.push(why);
    this.stop?.();
  }

  arrive(number, worker, where) {
    const step = this.steps[number];
    step.arrive(worker, where);
    if (step.isOver && --this.open === 0) this.stop?.();
  }

  /** Each process loads the program, the first one alone prepares the database; gives what went wrong. */
  async prepare(job) {
    for (const [index, member] of this.members.entries()) {
      await member.ready;
      const prepared = new Promise((resolve) => (this.stop = resolve));
      member.child.send({ do: 'prepare', job: { ...job, isFirst: index === 0 } });
      await prepared;
      if (this.failures.length > 0) break;
    }
    return this.failures.splice(0);
  }

  /** Runs until every worker has ended with every document; gives what went wrong. */
  async run(count, scenario) {
    this.open = count;
    this.last = Date.now();
    this.steps = Array.from({ length: count }, (_, number) => {
      return new Step(this.workers, isInTurn(number, scenario), (worker) => this.go(number, worker));
    });
    const over = new Promise((resolve) => (this.stop = resolve));
    for (const { child } of this.members) child.send({ do: 'run', count });
    const watch = setInterval(() => Date.now() - this.last > STILL && this.fail('the workers wait for each other'), 1000);
    await over;
    clearInterval(watch);
    this.stop = undefined;
    return this.failures.splice(0);
  }

  /** Lets a worker go on. */
  go(number, worker) {
    const member = this.members.find(({ workers }) => workers.includes(worker));
    if (member.go.push(`${number}/${worker}`) > 1) return;
    setTimeout(() => member.child.send({ do: 'go', tasks: member.go.splice(0) }), 1);
  }

  /** As a process ends that is out of memory: nothing is released. */
  kill() {
    for (const { child } of this.members) child.kill('SIGKILL');
  }
}
