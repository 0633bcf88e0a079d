// Who writes an array: each write with its guard, and the way to it from what starts the work.

import { join } from 'node:path';
import type * as vscode from 'vscode';
import { html, link, page, type Html } from './page';
import type { Project, WritePath } from './reports';

/** `chats.messages`, with `*` for a collection that is not known. */
export function arrayOf(path: { collection: string | null; array: string }): string {
  return `${path.collection ?? '*'}.${path.array}`;
}

/** The arrays that a line writes. */
export function arraysAt(all: WritePath[], project: Project, uri: vscode.Uri, line: number): string[] {
  const here = all.filter(
    (path) => join(project.root, path.path) === uri.fsPath && path.line <= line && line <= path.endLine,
  );
  return [...new Set(here.map(arrayOf))];
}

/** The verdicts that are no names of rules; all but `unguarded` are harmless. */
const HARMLESS = ['guarded', 'optimistic', 'transaction', 'in place', 'removal', 'new document'];

const STYLE = `
.path { margin: .6rem 0; padding: .35rem .7rem; border-left: 3px solid var(--vscode-charts-green);
  background: var(--vscode-textCodeBlock-background); }
.path.racy { border-left-color: var(--vscode-list-errorForeground); }
.path > div { display: flex; flex-wrap: wrap; gap: .1rem .6rem; align-items: baseline; }
.write { font-weight: 600; }
`;

export function pathsPage(array: string, all: WritePath[], project: Project, isUnsaved: boolean): string {
  const paths = all.filter((path) => arrayOf(path) === array);
  const racy = paths.filter(isRacy);
  const sorted = [...racy, ...paths.filter((path) => !isRacy(path))];
  return page(`Write paths of ${array}`, STYLE, html`<h1>${array}</h1>
<p class="quiet">${paths.length} write path${paths.length !== 1 && 's'}, ${racy.length} of them racy${
    isUnsaved && ' · of the text on disk, which is not the one in the editor'
  }</p>
${sorted.map((path) => card(path, project))}`);
}

function isRacy({ verdict }: WritePath): boolean {
  return !HARMLESS.includes(verdict);
}

function card(path: WritePath, project: Project): Html {
  // Nearest first in the report; from what starts the work to the write here.
  const way = path.callers.toReversed().map(
    (caller) => html`<span>${caller.entry !== null && `${caller.entry} `}${link(caller, project, caller.function)} →</span>`,
  );
  const details = [path.guard && `guard ${path.guard}`, path.lock && `lock ${path.lock}`].filter(Boolean).join(' · ');
  return html`<div class="path ${isRacy(path) && 'racy'}">
<div>${way}<span>${path.function}</span></div>
<div><span class="write code">${path.operator}</span> ${link(path, project)} <span class="badge ${isRacy(path) && 'bad'}">${
    path.verdict
  }</span></div>
${details !== '' && html`<div class="quiet code">${details}</div>`}</div>`;
}
