// The findings with their proofs, asked for once for each state of the disk.

import { join } from 'node:path';
import * as vscode from 'vscode';
import { ask, projectOf, type Finding, type Project, type Runner } from './reports';

/** What a diagnostic of the language server carries beside what VS Code shows. */
interface Told extends vscode.Diagnostic {
  data?: { fingerprint?: string };
}

export interface Proven {
  finding: Finding;
  project: Project;
}

export class Proofs {
  private readonly reports = new Map<string, Promise<Finding[]>>();

  constructor(
    private readonly runner: () => Runner | undefined,
    private readonly diagnostics: (uri: vscode.Uri) => readonly vscode.Diagnostic[],
  ) {}

  /** Something was saved, or came or went on disk. */
  forget(): void {
    this.reports.clear();
  }

  /** The diagnostics of findings in a document. */
  all(uri: vscode.Uri): Told[] {
    return this.diagnostics(uri).filter((told: Told) => told.data?.fingerprint !== undefined);
  }

  /** Those at a position: of acts there and, without any, of acts and checks in its line. */
  at(uri: vscode.Uri, position: vscode.Position): Told[] {
    const all = this.all(uri);
    const here = all.filter((told) => told.range.contains(position));
    if (here.length > 0) return here;
    return all.filter(
      (told) =>
        told.range.start.line === position.line ||
        told.relatedInformation?.some(
          ({ location }) =>
            location.uri.toString() === uri.toString() && location.range.start.line === position.line,
        ),
    );
  }

  /** The finding of a diagnostic; `undefined` where the text on disk has none such. */
  async of(uri: vscode.Uri, told: Told): Promise<Proven | undefined> {
    const runner = this.runner();
    if (runner === undefined) return undefined;
    const project = projectOf(uri);
    const key = JSON.stringify([project.folder, project.paths]);
    let report = this.reports.get(key);
    if (report === undefined) {
      const args = ['check', '--fail-on', 'never'];
      report = ask(runner, args, project).then((report) => (report as { findings: Finding[] }).findings);
      this.reports.set(key, report);
      // The next one who asks may have more luck.
      report.catch(() => this.reports.delete(key));
    }
    const line = told.range.start.line + 1;
    const like = (await report)
      .filter((finding) => finding.fingerprint === told.data?.fingerprint)
      .filter((finding) => join(project.root, finding.path) === uri.fsPath)
      .sort((one, other) => Math.abs(one.line - line) - Math.abs(other.line - line));
    return like[0] && { finding: like[0], project };
  }
}
