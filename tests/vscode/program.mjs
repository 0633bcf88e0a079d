// Which program the extension takes. Run by a Node that reads TypeScript; ends with an error where one does not hold.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { findProgram } from '../../editors/vscode/src/program.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'pushguard-program-')));
const file = process.platform === 'win32' ? 'pushguard.exe' : 'pushguard';
const platform = `@pushguard/${process.platform}-${process.arch}`;

function write(path, text = '', mode = 0o644) {
  const whole = join(top, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  chmodSync(whole, mode);
  return whole;
}

const program = (path) => write(path, '', 0o755);
const found = (given) => findProgram({ setting: '', folders: [], isTrusted: true, path: '', ...given });

try {
  const folder = join(top, 'app');
  const onPath = program(`bin/${file}`);
  const path = [`.${delimiter}node_modules/.bin`, join(top, 'nowhere'), join(top, 'bin')].join(delimiter);
  assert.equal(found({ path, folders: [folder] }), onPath);
  assert.equal(found({ folders: [folder] }), undefined);

  // A launcher, before it the binary of the platform, and neither without trust.
  const launcher = program(`app/node_modules/.bin/${file}`);
  assert.equal(found({ path, folders: [folder] }), process.platform === 'win32' ? onPath : launcher);
  write('app/node_modules/pushguard/package.json', '{}');
  const binary = program(`app/node_modules/${platform}/bin/${file}`);
  assert.equal(found({ path, folders: [folder] }), binary);
  assert.equal(found({ path, folders: [join(top, 'other'), folder] }), binary);
  assert.equal(found({ path, folders: [folder], isTrusted: false }), onPath);
  assert.equal(found({ path: join(folder, 'node_modules/.bin'), folders: [folder], isTrusted: false }), undefined);

  // As pnpm lays it out; and nothing from above the folder.
  const store = program(`strict/node_modules/.pnpm/p/node_modules/${platform}/bin/${file}`);
  write('strict/node_modules/.pnpm/p/node_modules/pushguard/package.json', '{}');
  symlinkSync(join(top, 'strict/node_modules/.pnpm/p/node_modules/pushguard'), join(top, 'strict/node_modules/pushguard'), 'junction');
  assert.equal(found({ folders: [join(top, 'strict')] }), store);
  mkdirSync(join(folder, 'packages/one'), { recursive: true });
  assert.equal(found({ folders: [join(folder, 'packages/one')] }), undefined);

  // A setting has no substitute.
  assert.equal(found({ setting: onPath }), onPath);
  assert.equal(found({ setting: ' ${workspaceFolder}/node_modules/.bin/' + file, folders: [folder] }), launcher);
  assert.equal(found({ setting: `~/${relative(homedir(), onPath)}` }), join(homedir(), relative(homedir(), onPath)));
  for (const setting of ['bin/pushguard', join(top, 'nowhere'), join(top, 'bin')]) {
    assert.equal(found({ setting, path, folders: [folder] }), undefined, setting);
  }
} finally {
  rmSync(top, { recursive: true });
}
