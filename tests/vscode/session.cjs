'use strict';

// What must hold of the extension in VS Code. Arguments: the packed extension, and a folder with the projects `works`, with the
// program in its `node_modules` and one that its settings name, and `missing`, without one. The first thing that does not hold ends
// it with an error.

const assert = require('node:assert/strict');
const { cpSync, existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { start } = require('./workbench.cjs');

const [vsix, projects] = process.argv.slice(2);
const ACT = '  await chats.updateOne({ _id: id }, { $push: { messages: item } });';
const FIXED = "  await chats.updateOne({ _id: id, 'messages.mergeId': { $ne: item.mergeId } }, { $push: { messages: item } });";

/** Without trust nothing of the folder runs, and there is a way to give it. */
async function trusts(window) {
  const { page } = window;
  const message = await window.message('one from node_modules does not run in a folder that is not trusted');
  await window.shot('untrusted');
  await message.getByRole('button', { name: 'Manage Trust' }).click();
  const editor = page.locator('.workspace-trust-editor');
  await editor.getByText('Trust', { exact: true }).click();
  await editor.getByText('You trust this folder').first().waitFor();
  await window.command('View: Close Editor');
}

/** The proof of a finding, in a hover and in a panel whose links lead into the code. */
async function proves(window) {
  const { page } = window;
  const squiggle = page.locator('.squiggly-error').first();
  await squiggle.waitFor();
  assert.equal(window.trouble.splice(0).length, 1, 'the message about trust');
  await window.shot('squiggle');
  await window.point(squiggle);
  const hover = page.locator('.monaco-hover', { hasText: 'Proven.' });
  await hover.waitFor();
  await window.shot('hover');
  const text = await hover.innerText();
  for (const part of [
    'two requests can both append the same element',
    "/* A */ chats.findOne({ _id: 'id', 'messages.mergeId': 'mergeId' }) // null",
    "/* B */ chats.updateOne({ _id: 'id' }, { $push: { messages: { mergeId: 'mergeId' } } }) // matched 1",
    "// stored: [{ _id: 'id', messages: [{ mergeId: 'mergeId' }, { mergeId: 'mergeId' }] }]",
    "// one after the other: [{ _id: 'id', messages: [{ mergeId: 'mergeId' }] }]",
  ]) {
    assert.ok(text.replaceAll('\u00a0', ' ').includes(part), `${part}\n${text}`);
  }
  // The page of the rule, from the server, stands below.
  assert.ok(text.indexOf('Proven.') < text.indexOf('When it stays silent'), text);
  await hover.getByText('Show the requests').click();
  await page.keyboard.press('Escape');
  await hover.waitFor({ state: 'hidden' });
  const proof = await window.panel('Request A');
  await window.shot('proof');
  const lanes = await proof.locator('.lanes tbody tr:has(.number)').evaluateAll((rows) =>
    rows.map((row) => [...row.cells].findIndex((cell) => cell.matches('.command'))));
  assert.deepEqual(lanes, [1, 2, 2, 1], 'A reads, B reads, B writes, A writes');
  await proof.getByRole('link', { name: 'models/chat.js:3' }).first().click();
  await page.getByText('Ln 3, Col 23').waitFor();
}

/** The writes of the array at the cursor, worst first, each from what starts it. */
async function showsWrites(window) {
  await window.go(11, 5);
  await window.command('pushguard: Show Write Paths of This Array');
  const panel = await window.panel('3 write paths, 1 of them racy');
  await window.shot('paths');
  const rows = await panel.locator('.path').evaluateAll((all) => all.map((row) => row.innerText.replace(/\s+/g, ' ').trim()));
  assert.deepEqual(rows, [
    'route POST /chats/:id/messages → add $push models/chat.js:5 check-then-push',
    "webhook POST /webhook/merge → addOnce $push models/chat.js:11 guarded guard 'messages.mergeId': { $ne: item.mergeId }",
    'remove $pull models/chat.js:16 removal',
  ]);
  await panel.getByRole('link', { name: 'models/chat.js:16' }).click();
  await window.page.getByText('Ln 16, Col 9').waitFor();
}

/** The fix of the server, applied to the text; the finding goes. */
async function fixes(window) {
  const { page } = window;
  assert.ok((await window.lines()).includes(ACT));
  await window.go(5, 12);
  await page.keyboard.press('Control+.');
  const fix = page.locator('.action-widget', { hasText: "Add `'messages.mergeId': { $ne: item.mergeId }` to the filter" });
  await fix.waitFor();
  await window.shot('fix');
  await page.keyboard.press('Enter');
  await page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
  assert.ok((await window.lines()).includes(FIXED), (await window.lines()).join('\n'));
  await page.keyboard.press('Control+S');
  await page.locator('.tab.dirty').waitFor({ state: 'detached' });
  await window.shot('fixed');
  assert.ok(readFileSync(join(projects, 'works/models/chat.js'), 'utf8').includes(FIXED));
}

/** Names that would be markup are text. */
async function withstands(window) {
  const { page } = window;
  await window.openFile('hostile.js');
  const squiggle = page.locator('.squiggly-error').first();
  await squiggle.waitFor();
  await window.go(5, 12);
  await window.command('pushguard: Show the Proof of This Finding');
  const proof = await window.panel('<img src=x');
  await window.shot('hostile');
  assert.equal(await proof.locator('img, script').count(), 0);
  assert.match(await proof.locator('body').innerText(), /\\u\{202e\}/);
}

/** Without a program there is a message that says how to get one, and one that appears is taken. */
async function misses(window) {
  await trusts(window);
  const message = await window.message('Install it with `npm install --save-dev pushguard`');
  await window.shot('missing');
  assert.equal(window.trouble.splice(0).length, 2, 'the messages');
  cpSync(join(projects, 'works/node_modules'), join(projects, 'missing/node_modules'), { recursive: true });
  await message.getByRole('button', { name: 'Try Again' }).click();
  await window.page.locator('.squiggly-error').first().waitFor();
}

async function main() {
  const code = await start(vsix, process.env.CODE_PATH);
  try {
    const window = await code.open(join(projects, 'works'), 'models/chat.js');
    for (const step of [trusts, proves, showsWrites, fixes, withstands]) await window.do(step);
    await window.close();
    const other = await code.open(join(projects, 'missing'), 'models/chat.js');
    await other.do(misses);
    await other.close();
    // The launcher in `.bin` leaves this when it runs: before there was trust it must not, and then the one that is named does, or the binary.
    assert.ok(!existsSync(join(projects, 'launched')));
  } finally {
    await code.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
