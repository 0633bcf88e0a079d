#!/usr/bin/env node
// Writes the npm package of one platform, ready for `npm pack` and `npm publish`:
//
//     node npm/platform.js RUST_TARGET BINARY OUT_FOLDER
//
// It prints the folder of the package. Name, version and licence follow the launcher's package.json.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

// Linux packages are meant for static musl builds, which run everywhere; a glibc build says that it needs glibc.
const TARGETS = {
  'aarch64-apple-darwin': { os: 'darwin', cpu: 'arm64' },
  'x86_64-apple-darwin': { os: 'darwin', cpu: 'x64' },
  'aarch64-unknown-linux-musl': { os: 'linux', cpu: 'arm64' },
  'aarch64-unknown-linux-gnu': { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  'x86_64-unknown-linux-musl': { os: 'linux', cpu: 'x64' },
  'x86_64-unknown-linux-gnu': { os: 'linux', cpu: 'x64', libc: 'glibc' },
  'aarch64-pc-windows-msvc': { os: 'win32', cpu: 'arm64' },
  'x86_64-pc-windows-msvc': { os: 'win32', cpu: 'x64' },
};

function main([target, binary, out]) {
  if (!out || !Object.hasOwn(TARGETS, target)) {
    throw new Error(`usage: platform.js TARGET BINARY OUT_FOLDER, where TARGET is ${Object.keys(TARGETS).join(', ')}`);
  }
  const { os, cpu, libc } = TARGETS[target];
  const launcher = require('./pushguard/package.json');
  const name = `@pushguard/${os}-${cpu}`;
  if (launcher.optionalDependencies[name] !== launcher.version) {
    throw new Error(`${name} ${launcher.version} is not an optional dependency of the launcher`);
  }
  const folder = path.join(out, `${os}-${cpu}`);
  const file = os === 'win32' ? 'pushguard.exe' : 'pushguard';
  fs.mkdirSync(path.join(folder, 'bin'), { recursive: true });
  fs.copyFileSync(binary, path.join(folder, 'bin', file));
  fs.chmodSync(path.join(folder, 'bin', file), 0o755);
  for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    fs.copyFileSync(path.join(__dirname, '..', licence), path.join(folder, licence));
  }
  const manifest = {
    name,
    version: launcher.version,
    description: `The ${os}-${cpu} binary of pushguard`,
    license: launcher.license,
    repository: { type: 'git', url: launcher.repository.url },
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    files: ['bin', 'LICENSE-*'],
    // Yarn would run it from inside its archive otherwise.
    preferUnplugged: true,
  };
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  process.stdout.write(`${folder}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
