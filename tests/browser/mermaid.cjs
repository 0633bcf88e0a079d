'use strict';

// Draws the flowchart of standard input with Mermaid, in a browser; prints the labels that it has then, as JSON.

const { readFileSync } = require('node:fs');
const { chromium } = require('playwright-core');

async function main() {
  const text = readFileSync(0, 'utf8');
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.setContent('<!doctype html><title>a graph</title><div id="graph"></div>');
    await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') });
    const labels = await page.evaluate(async (text) => {
      mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });
      const { svg } = await mermaid.render('drawn', text);
      document.getElementById('graph').innerHTML = svg;
      const texts = (selector) => [...document.querySelectorAll(selector)].map((label) => label.textContent.trim());
      return { nodes: texts('.nodeLabel'), edges: texts('.edgeLabel .edgeLabel').filter(Boolean) };
    }, text);
    console.log(JSON.stringify(labels));
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
