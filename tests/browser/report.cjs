'use strict';

// What must hold of an HTML report in a browser. Arguments: the report, and a folder for screenshots.
// It prints what it saw as JSON; the first thing that does not hold ends it with an error.

const assert = require('node:assert/strict');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { readFileSync } = require('node:fs');
const { chromium } = require('playwright-core');

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [report, shots] = process.argv.slice(2);
const address = pathToFileURL(report).href;

/** A page of the report in which every message and every request is a failure. */
async function open(browser, options = {}, hash = '') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => trouble.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => trouble.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => request.url().split('#')[0] === address || trouble.push(`request: ${request.url()}`));
  await page.goto(address + hash);
  return {
    page,
    done: async () => {
      assert.deepEqual(trouble, []);
      await context.close();
    },
  };
}

const visible = (page) => page.locator('details.finding:visible').count();

async function filters(browser) {
  const { page, done } = await open(browser);
  const all = await visible(page);
  const data = JSON.parse(await page.locator('#data').textContent());
  assert.equal(all, data.report.findings.length);
  const count = (is) => data.report.findings.filter(is).length;
  for (const [control, values] of [
    ['level', ['error', 'warning']],
    ['rule', [...new Set(data.report.findings.map((finding) => finding.rule))]],
  ]) {
    for (const value of values.filter((value) => count((finding) => finding[control] === value) > 0)) {
      await page.selectOption(`#filter-${control}`, value);
      assert.equal(await visible(page), count((finding) => finding[control] === value), `${control} ${value}`);
    }
    await page.click('button[type="reset"]');
    await page.waitForFunction((all) => document.querySelectorAll('details.finding:not([hidden])').length === all, all);
  }
  const owners = [...new Set(data.owners.flat())];
  assert.equal(await page.locator('#filter-owner').count(), owners.length > 0 ? 1 : 0);
  for (const owner of owners) {
    await page.selectOption('#filter-owner', owner);
    assert.equal(await visible(page), data.owners.filter((of) => of.includes(owner)).length, owner);
  }
  if (owners.length > 0) await page.selectOption('#filter-owner', '');
  await page.check('#filter-proven');
  assert.equal(await visible(page), count((finding) => finding.proof === 'proven'));
  await page.uncheck('#filter-proven');
  const { path } = data.report.findings.at(-1);
  await page.fill('#filter-text', path.toUpperCase());
  assert.equal(await visible(page), count((finding) => finding.path === path));
  assert.match(await page.locator('#count').textContent(), new RegExp(`^${await visible(page)} of ${all} `));
  await page.fill('#filter-text', 'nothing has this text');
  assert.equal(await visible(page), 0);
  await done();
  return { findings: all, owners };
}

/** A finding is followed from the address, from a table of writes, and where a filter hides it. */
async function links(browser) {
  const plain = await open(browser);
  const last = plain.page.locator('details.finding').last();
  const anchor = await last.getAttribute('id');
  const target = await plain.page.locator('table.writes a').first().getAttribute('href');
  await plain.page.fill('#filter-text', 'nothing has this text');
  await plain.page.evaluate((hash) => (location.hash = hash), target);
  await plain.page.waitForFunction((id) => document.getElementById(id).open, target.slice(1));
  assert.ok(await plain.page.locator(target).isVisible());
  assert.equal(await plain.page.inputValue('#filter-text'), '');
  await plain.done();
  const { page, done } = await open(browser, {}, `#${anchor}`);
  await page.waitForFunction((id) => document.activeElement.parentElement.id === id, anchor);
  assert.ok(await page.locator(`#${anchor} .body`).isVisible());
  assert.ok(await page.locator(`#${anchor} > summary`).evaluate((it) => it.getBoundingClientRect().top < innerHeight));
  await done();
}

async function keyboard(browser) {
  const { page, done } = await open(browser);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  const summary = page.locator('details.finding > summary').first();
  await summary.focus();
  const isOpen = () => page.locator('details.finding').first().evaluate((card) => card.open);
  const before = await isOpen();
  await page.keyboard.press('Enter');
  assert.equal(await isOpen(), !before);
  await done();
}

async function copies(browser) {
  const { page, done } = await open(browser);
  const button = page.locator('button.copy').first();
  const expected = await button.getAttribute('data-text');
  await button.evaluate((it) => (it.closest('details').open = true));
  await button.click();
  await page.locator('button.copy', { hasText: 'Copied' }).waitFor();
  await page.evaluate(() => document.querySelector('h1').insertAdjacentHTML('afterend', '<textarea id="pasted"></textarea>'));
  await page.focus('#pasted');
  await page.keyboard.press('Control+V');
  assert.equal(await page.inputValue('#pasted'), expected);
  await done();
  return expected;
}

/** Light and dark, wide and narrow: nothing that axe-core knows is wrong, and the page does not scroll sideways. */
async function looks(browser) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 400]) {
      const { page, done } = await open(browser, { colorScheme, viewport: { width, height: 900 } });
      await page.evaluate(() => document.querySelectorAll('details').forEach((part) => (part.open = true)));
      await page.evaluate(AXE);
      const { violations, passes } = await page.evaluate(() => axe.run(document));
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html, nodes[0].failureSummary]), []);
      assert.ok(passes.some(({ id }) => id === 'color-contrast'));
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} columns`);
      await page.screenshot({ path: join(shots, `${colorScheme}-${width}.png`) });
      await done();
    }
  }
}

async function withoutScript(browser) {
  const { page, done } = await open(browser, { javaScriptEnabled: false });
  assert.equal(await page.locator('#filters').isVisible(), false);
  assert.equal(await page.locator('button.copy:visible').count(), 0);
  const card = page.locator('details.finding').last();
  if ((await card.getAttribute('open')) === null) await card.locator('summary').click();
  assert.ok(await card.locator('.body').isVisible());
  await done();
}

/** On paper every finding is whole, whether it is open or not. */
async function prints(browser) {
  const { page, done } = await open(browser);
  await page.evaluate(() => document.querySelectorAll('details').forEach((part) => (part.open = false)));
  await page.emulateMedia({ media: 'print' });
  const height = () => page.locator('details.finding .body').first().evaluate((body) => body.getBoundingClientRect().height);
  assert.ok((await height()) > 0);
  assert.ok((await page.pdf()).length > 10_000);
  await done();
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    const seen = await filters(browser);
    await links(browser);
    await keyboard(browser);
    await looks(browser);
    await withoutScript(browser);
    await prints(browser);
    console.log(JSON.stringify({ ...seen, copied: await copies(browser) }));
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
