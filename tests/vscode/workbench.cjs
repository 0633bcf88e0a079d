'use strict';

// VS Code in a browser: the server of code-server without its wrapper, and what a person does in the window.

const assert = require('node:assert/strict');
const { spawn, execFileSync } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { chromium } = require('playwright-core');

const { CODE, CHROMIUM, SHOTS } = process.env;
const MAIN = join(CODE, 'out/server-main.js');
const SETTINGS = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'security.workspace.trust.banner': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.commandCenter': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

/** A server with the extension installed, and a browser; both end with `close`. */
async function start(vsix, path) {
  const home = mkdtempSync(join(tmpdir(), 'pushguard-vscode-'));
  mkdirSync(join(home, 'data/User'), { recursive: true });
  writeFileSync(join(home, 'data/User/settings.json'), JSON.stringify(SETTINGS));
  const env = { ...process.env, HOME: home, PATH: path };
  const common = ['--server-data-dir', home, '--accept-server-license-terms'];
  execFileSync(process.execPath, [MAIN, ...common, '--install-extension', vsix], { env, stdio: 'pipe' });
  const serving = ['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--telemetry-level', 'off'];
  const server = spawn(process.execPath, [MAIN, ...common, ...serving], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const port = await new Promise((resolve, reject) => {
    const hear = (text) => {
      said += text;
      const found = /listening on (\d+)/.exec(said);
      if (found) resolve(found[1]);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', () => reject(new Error(said)));
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const close = async () => {
    await browser.close();
    server.kill();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return { open: (folder, file) => open(browser, port, folder, file), close };
}

/** A window on a folder, with a file of it open. */
async function open(browser, port, folder, file) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const trouble = [];
  page.on('console', (message) => {
    // The editor has errors of its own, for the parts that it is run without; and where a panel has no script, the browser
    // says so of those by which this program looks into it.
    const isOurs = /pushguard/i.test(message.text()) && !message.text().startsWith('Blocked script execution');
    if (message.type() === 'error' && isOurs) trouble.push(message.text());
  });
  const authority = `127.0.0.1:${port}`;
  const payload = JSON.stringify([['openFile', `vscode-remote://${authority}${join(folder, file)}`]]);
  await page.goto(`http://${authority}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(payload)}`);
  await page.locator('.monaco-editor .view-line').first().waitFor();
  return new Window(page, trouble);
}

class Window {
  constructor(page, trouble) {
    this.page = page;
    this.trouble = trouble;
  }

  /** The text of the editor that has the focus, with plain spaces. */
  async lines() {
    const lines = await this.page.locator('.editor-instance .view-line').evaluateAll((all) =>
      all.map((line) => [Number.parseInt(line.style.top, 10), line.textContent]).sort((one, other) => one[0] - other[0]));
    return lines.map(([, text]) => text.replaceAll('\u00a0', ' '));
  }

  /** Places the cursor. */
  async go(line, column) {
    await this.page.keyboard.press('Control+G');
    const input = this.page.locator('.quick-input-widget input');
    await input.fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** Moves the mouse onto what lies below the text. */
  async point(element) {
    const { x, y, width, height } = await element.boundingBox();
    await this.page.mouse.move(x + width / 4, y + height / 2);
  }

  /** Runs a command of the palette. */
  async command(name) {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input').fill(`>${name}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
  }

  /** A notification. */
  async message(words) {
    const message = this.page.locator('.notification-toast', { hasText: words });
    await message.waitFor();
    return message;
  }

  /** Opens a file of the folder by its name. */
  async openFile(name) {
    await this.page.keyboard.press('Control+P');
    await this.page.locator('.quick-input-widget input').fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  /** One part of a session; when it fails, what there was to see is kept. */
  async do(step) {
    try {
      await step(this);
    } catch (error) {
      await this.shot(`failed-${step.name}`);
      throw error;
    }
  }

  /** The document in the panel whose text has `words`. */
  async panel(words) {
    const until = Date.now() + 60_000;
    for (;;) {
      for (const frame of this.page.frames()) {
        const is = await frame.evaluate((words) => document.body?.innerText.includes(words), words).catch(() => false);
        // The window itself is the frame without a parent.
        if (is && frame.parentFrame()) return frame;
      }
      assert.ok(Date.now() < until, `no panel with ${words}`);
      await this.page.waitForTimeout(100);
    }
  }

  shot(name) {
    return this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  async close() {
    assert.deepEqual(this.trouble, []);
    await this.page.context().close();
  }
}

module.exports = { start };
