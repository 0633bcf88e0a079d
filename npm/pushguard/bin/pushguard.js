#!/usr/bin/env node
// Runs the binary of this platform with the same arguments, streams, signals and exit code.
'use strict';

const { spawn } = require('node:child_process');
const { optionalDependencies } = require('../package.json');

// What pushguard itself exits with when it could not run.
const COULD_NOT_RUN = 2;

function fail(message) {
  process.stderr.write(`pushguard: ${message}\n`);
  process.exit(COULD_NOT_RUN);
}

function binary() {
  const name = `@pushguard/${process.platform}-${process.arch}`;
  if (!(name in optionalDependencies)) {
    const known = Object.keys(optionalDependencies).map((known) => known.split('/')[1]);
    fail(
      `there is no binary for ${process.platform}-${process.arch}, only for ${known.join(', ')}.\n` +
        'Build it with a Rust toolchain: cargo install pushguard',
    );
  }
  const file = process.platform === 'win32' ? 'pushguard.exe' : 'pushguard';
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    return fail(
      `the package ${name} is not installed.\n` +
        'It is an optional dependency: install without --omit=optional, and not with a node_modules or lock file\n' +
        'from another platform.',
    );
  }
}

const child = spawn(binary(), process.argv.slice(2), { stdio: 'inherit', windowsHide: true });
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of signals) {
  process.on(signal, () => child.kill(signal));
}
child.on('error', (error) => fail(`cannot run ${child.spawnfile}: ${error.message}`));
child.on('exit', (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  // Whoever waits for this process must see the same end.
  signals.forEach((name) => process.removeAllListeners(name));
  process.kill(process.pid, signal);
});
