// A proof for people: short in a hover, whole in a panel with a lane for each request.

import * as vscode from 'vscode';
import { command, documents, end, serial, summary, value, visible } from './notation';
import { html, link, page, prose, type Html } from './page';
import type { Proven } from './proofs';
import type { Finding, Step, Witness } from './reports';

export const SHOW = 'pushguard.showWitness';

/** What a hover says of a finding; `undefined`: the text on disk does not have it. */
export function hover(found: Proven | undefined, uri: vscode.Uri, fingerprint: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: [SHOW] };
  if (found === undefined) return text.appendMarkdown('*Save the file to see whether this is proven.*');
  const { finding } = found;
  if (!finding.witness) {
    return text.appendMarkdown('**Not proven:** ').appendText(visible(finding.proofReason ?? 'this rule has no witness'));
  }
  const args = encodeURIComponent(JSON.stringify([uri.toString(), fingerprint]));
  text.appendMarkdown(`**Proven.** ${summary(finding.witness)} `);
  text.appendMarkdown(`[Show the requests beside each other](command:${SHOW}?${args})`);
  return text.appendCodeblock(short(finding.witness), 'javascript');
}

function short(witness: Witness): string {
  const lines = [`// before: ${documents(witness.start, witness)}`];
  for (const step of witness.steps) {
    lines.push(`/* ${visible(step.request)} */ ${command(step)} // ${visible(step.result)}`);
  }
  lines.push(`// stored: ${end(witness.outcome, witness)}`);
  lines.push(...serial(witness).map((text) => `// one after the other: ${text}`));
  return lines.join('\n');
}

const STYLE = `
.lanes { border-spacing: 0 .4rem; }
.lanes th div { font-weight: normal; }
.lanes td.command { border-left: 3px solid var(--vscode-charts-blue); background: var(--vscode-textCodeBlock-background); }
.lanes td.B { border-left-color: var(--vscode-charts-yellow); }
.lanes td.command .code { display: block; }
.lanes td.stored { padding-top: 0; }
.number { width: 1.5rem; }
.ends { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 1rem; }
`;

export function witnessPage({ finding, project }: Proven, isUnsaved: boolean): string {
  const { witness } = finding;
  const where = link(finding, project);
  const head = html`<h1>${prose(finding.message)}</h1>
<p class="quiet">${finding.rule} · ${where}${isUnsaved && ' · of the text on disk, which is not the one in the editor'}</p>`;
  const help = html`<h2>What to do</h2><p>${prose(finding.help)}</p>`;
  if (!witness) {
    return page('Proof', STYLE, html`${head}<p>Not proven: ${finding.proofReason ?? 'this rule has no witness'}</p>${help}`);
  }
  const names = witness.requests.map(({ name }) => name);
  const lanes = html`<table class="lanes">
<thead><tr><th class="number"></th>${witness.requests.map(
    ({ name, inputs }) => html`<th>Request ${name}
${inputs.map(({ source, value: of }) => html`<div class="quiet code">${source} = ${value(of)}</div>`)}</th>`,
  )}</tr></thead>
<tbody>${witness.steps.map((step, at) => row(step, at, names, { finding, project }))}</tbody>
</table>`;
  const ends = html`<div class="ends">
<div><h2 class="bad">Stored in the end</h2><pre>${end(witness.outcome, witness)}</pre></div>
<div><h2>One after the other</h2>${serial(witness).map((text) => html`<pre>${text}</pre>`)}</div>
</div>`;
  return page('Proof', STYLE, html`${head}
<p>${summary(witness)}</p>
<h2>Before</h2><pre>${documents(witness.start, witness)}</pre>
<h2>Commands, in the order in which they run</h2>${lanes}${ends}${help}`);
}

function row(step: Step, at: number, names: string[], { finding, project }: Proven): Html {
  const cell = html`<td class="command ${step.request}"><span class="code">${command(step)}</span>
<span class="quiet">→ ${step.result}${step.site && html` · ${link(step.site, project)}`}</span></td>`;
  const stored = step.stored && finding.witness && html`<tr><td></td><td class="stored quiet" colspan="${names.length}">
stored now: <span class="code">${documents(step.stored, finding.witness)}</span></td></tr>`;
  return html`<tr><td class="number quiet">${at + 1}</td>${names.map((name) =>
    name === step.request ? cell : html`<td></td>`,
  )}</tr>${stored}`;
}

/** A title for the panel. */
export function title(finding: Finding): string {
  return `Proof: ${finding.rule}`;
}
