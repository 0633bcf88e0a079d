// Starts `pushguard lsp`, and shows what the protocol has no place for: proofs and write paths.

import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/node';
import { OPEN, Panel, open } from './page';
import { arrayOf, arraysAt, pathsPage } from './paths';
import { findProgram } from './program';
import { Proofs } from './proofs';
import { ask, projectOf, type Runner, type WritePath } from './reports';
import { SHOW, hover, title, witnessPage } from './witness';

const LANGUAGES = ['javascript', 'javascriptreact', 'typescript', 'typescriptreact'];
const SELECTOR = LANGUAGES.map((language) => ({ scheme: 'file', language }));
const INSTALL = 'npm install --save-dev pushguard';

let session: Session | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const mine = new Session();
  session = mine;
  context.subscriptions.push(
    mine,
    vscode.commands.registerCommand(OPEN, open),
    vscode.commands.registerCommand(SHOW, (uri?: string, fingerprint?: string) => mine.told(mine.showWitness(uri, fingerprint))),
    vscode.commands.registerCommand('pushguard.showWritePaths', () => mine.told(mine.showWritePaths())),
    vscode.commands.registerCommand('pushguard.restart', () => mine.start()),
    vscode.workspace.onDidSaveTextDocument(() => mine.proofs.forget()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => mine.start()),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('pushguard.path') && mine.start()),
  );
  await mine.start();
}

export function deactivate(): Promise<void> | undefined {
  return session?.stop();
}

/** The server that runs, and the panels. */
class Session implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('pushguard', { log: true });
  readonly proofs = new Proofs(
    () => this.runner,
    (uri) => this.client?.diagnostics?.get(uri) ?? [],
  );
  private runner: Runner | undefined;
  private running = new AbortController();
  private client: LanguageClient | undefined;
  private hovers: vscode.Disposable | undefined;
  private readonly witness = new Panel('pushguard.witness');
  private readonly paths = new Panel('pushguard.paths');
  /** Starts and stops happen one after the other. */
  private turn = Promise.resolve();

  start(): Promise<void> {
    this.turn = this.turn.then(() => this.restarted()).catch((error) => this.fail(error));
    return this.turn;
  }

  stop(): Promise<void> {
    this.turn = this.turn.then(() => this.stopped()).catch((error) => this.log.error(String(error)));
    return this.turn;
  }

  private async stopped(): Promise<void> {
    this.hovers?.dispose();
    const client = this.client;
    this.client = undefined;
    this.runner = undefined;
    this.running.abort();
    this.running = new AbortController();
    this.proofs.forget();
    await client?.dispose();
  }

  private async restarted(): Promise<void> {
    await this.stopped();
    const setting = vscode.workspace.getConfiguration('pushguard').get('path', '');
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const { isTrusted } = vscode.workspace;
    const program = findProgram({ setting, folders, isTrusted, path: process.env.PATH ?? '' });
    if (program === undefined) return void this.missing(setting, isTrusted);
    this.log.info(`starting ${program}`);
    this.runner = { program, signal: this.running.signal };
    const middleware = {
      workspace: {
        didChangeWatchedFile: (event: unknown, next: (event: never) => Promise<void>) => {
          this.proofs.forget();
          return next(event as never);
        },
      },
    };
    const server = { command: program, args: ['lsp'] };
    // The proof has a hover of its own here, with a link to the panel.
    const initializationOptions = { proofs: false };
    const options = { documentSelector: SELECTOR, outputChannel: this.log, middleware, initializationOptions };
    this.client = new LanguageClient('pushguard', 'pushguard', server, options);
    await this.client.start();
    // After the client's own, so that the proof stands before the page of the rule.
    this.hovers = vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: (document, position) => this.hover(document, position),
    });
  }

  private async missing(setting: string, isTrusted: boolean): Promise<void> {
    const [copy, settings, trust, again] = ['Copy the Command', 'Open Settings', 'Manage Trust', 'Try Again'];
    const named = setting.trim() !== '';
    const message = named
      ? `pushguard: the setting \`pushguard.path\` names no program: ${setting}`
      : isTrusted
        ? `pushguard was found neither in node_modules nor on the PATH. Install it with \`${INSTALL}\`, or name it in the setting \`pushguard.path\`.`
        : 'pushguard was not found on the PATH, and one from node_modules does not run in a folder that is not trusted.';
    this.log.error(message);
    const actions = named ? [settings, again] : isTrusted ? [copy, settings, again] : [trust, settings];
    const chosen = await vscode.window.showErrorMessage(message, ...actions);
    if (chosen === copy) await vscode.env.clipboard.writeText(INSTALL);
    if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'pushguard.path');
    if (chosen === trust) await vscode.commands.executeCommand('workbench.trust.manage');
    if (chosen === again) await this.start();
  }

  private async hover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const here = this.proofs.at(document.uri, position).filter(({ range }) => range.contains(position));
    const texts = await Promise.all(
      here.map(async (told) => hover(await this.proofs.of(document.uri, told), document.uri, told.data?.fingerprint ?? '')),
    ).catch((error) => void this.log.error(String(error)));
    return texts && here[0] && new vscode.Hover(texts, here[0].range);
  }

  /** Shows a proof: that of a hover, else that of the finding at the cursor. */
  async showWitness(address?: string, fingerprint?: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const uri = address === undefined ? editor?.document.uri : vscode.Uri.parse(address, true);
    if (uri === undefined) return;
    const told =
      fingerprint === undefined
        ? editor && this.proofs.at(uri, editor.selection.active)
        : this.proofs.all(uri).filter(({ data }) => data?.fingerprint === fingerprint);
    const first = told?.[0];
    if (first === undefined) return this.say('pushguard reports nothing at the cursor.');
    const found = await this.busy('proving', () => this.proofs.of(uri, first));
    if (found === undefined) return this.say('Save the file first: the text on disk does not have this finding.');
    this.witness.show(title(found.finding), witnessPage(found, isUnsaved()));
  }

  /** Shows who writes the array of the cursor, else one that is picked. */
  async showWritePaths(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || this.runner === undefined) return this.say('pushguard does not run, or no file is open.');
    const { runner } = this;
    const { uri } = editor.document;
    const project = projectOf(uri);
    const report = (await this.busy('looking for writes', () => ask(runner, ['paths'], project))) as { paths: WritePath[] };
    const [at, ...others] = arraysAt(report.paths, project, uri, editor.selection.active.line + 1);
    const all = [...new Set(report.paths.map(arrayOf))].sort();
    if (all.length === 0) return this.say('pushguard found no write of an array.');
    const choices = others.length > 0 && at !== undefined ? [at, ...others] : all;
    const placeHolder = 'No array is written in this line; whose write paths?';
    const array = at !== undefined && others.length === 0 ? at : await vscode.window.showQuickPick(choices, { placeHolder });
    if (array === undefined) return;
    this.paths.show(`Write paths of ${array}`, pathsPage(array, report.paths, project, isUnsaved()));
  }

  private busy<T>(what: string, task: () => Promise<T>): Thenable<T> {
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `pushguard: ${what}` }, task);
  }

  private say(message: string): void {
    void vscode.window.showInformationMessage(message);
  }

  /** Tells the user when a command fails. */
  async told(work: Promise<void>): Promise<void> {
    await work.catch((error) => this.fail(error));
  }

  private fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.log.error(message);
    void vscode.window.showErrorMessage(`pushguard: ${message}`);
  }

  dispose(): void {
    for (const it of [this.hovers, this.witness, this.paths, this.log]) it?.dispose();
  }
}

/** Whether a report, which reads the disk, may be about other texts than the ones in the editor. */
function isUnsaved(): boolean {
  return vscode.workspace.textDocuments.some(({ isDirty, languageId }) => isDirty && LANGUAGES.includes(languageId));
}
