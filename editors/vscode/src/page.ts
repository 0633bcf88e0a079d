// The frame of the panels. They run no script: what can be followed is a link to the one command `pushguard.open`.

import { join } from 'node:path';
import * as vscode from 'vscode';
import { visible } from './notation';
import type { Place, Project } from './reports';

export const OPEN = 'pushguard.open';

/** A piece of HTML, which is not escaped again. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | Html[] | false | null | undefined;

/** A template in which every value is escaped. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((string, at) => (at === 0 ? '' : text(parts[at - 1])) + string).join(''));
}

function text(part: Part): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(text).join('');
  if (part === false || part === null || part === undefined) return '';
  return visible(String(part)).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A sentence in which code stands between backticks. */
export function prose(sentence: string): Html[] {
  return sentence.split('`').map((part, at, all) => {
    const isCode = at % 2 === 1 && at < all.length - 1;
    return isCode ? html`<code>${part}</code>` : html`${at % 2 === 1 && '`'}${part}`;
  });
}

/** A link that opens the place in the editor. */
export function link(place: Place, project: Project, label = `${place.path}:${place.line}`): Html {
  const args = [join(project.root, place.path), place.line, place.column];
  return html`<a href="command:${OPEN}?${encodeURIComponent(JSON.stringify(args))}">${label}</a>`;
}

/** Opens a place that a panel names. */
export async function open(path: string, line: number, column: number): Promise<void> {
  const at = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.fsPath === path);
  const viewColumn = shown?.viewColumn ?? vscode.ViewColumn.One;
  await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: new vscode.Range(at, at), viewColumn });
}

const STYLE = `
body { padding: 0 1.2rem 2rem; max-width: 90rem; font-size: var(--vscode-font-size); line-height: 1.5; }
h1 { font-size: 1.35em; font-weight: 600; margin: 1rem 0 .3rem; }
h2 { font-size: 1em; font-weight: 600; margin: 1.4rem 0 .4rem; }
p { margin: .3rem 0; }
code, pre, .code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre, .code { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { margin: 0; padding: .5rem .7rem; border-radius: 4px; background: var(--vscode-textCodeBlock-background); }
a { text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
.quiet { color: var(--vscode-descriptionForeground); }
.bad { color: var(--vscode-list-errorForeground); }
.badge { display: inline-block; padding: 0 .5em; border: 1px solid currentColor; border-radius: 1em; font-size: .9em; }
table { border-collapse: separate; width: 100%; table-layout: fixed; }
th { text-align: left; font-weight: 600; }
th, td { padding: .3rem .4rem; vertical-align: top; }
`;

export function page(title: string, style: string, body: Html): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE + style)}</style>
</head>
<body>${body}</body>
</html>`.text;
}

/** The one panel of its kind: each time it is shown anew, in its place. */
export class Panel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(private readonly kind: string) {}

  show(title: string, text: string): void {
    if (this.panel === undefined) {
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      const options = { enableScripts: false, enableCommandUris: [OPEN], localResourceRoots: [], enableFindWidget: true };
      this.panel = vscode.window.createWebviewPanel(this.kind, title, place, options);
      this.panel.onDidDispose(() => (this.panel = undefined));
    } else {
      this.panel.reveal(undefined, true);
    }
    this.panel.title = title;
    this.panel.webview.html = text;
  }

  dispose(): void {
    this.panel?.dispose();
  }
}
