// What `pushguard … --format json` prints, as far as it is shown here, and how it is asked for.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';

export interface Place {
  path: string;
  line: number;
  column: number;
}

export interface Stored {
  collection: string;
  document: unknown;
}

export interface End {
  documents: Stored[];
  effects: string[];
}

export interface Step {
  request: string;
  command: { collection: string; method: string; arguments: unknown[] } | { effect: string };
  site: Place | null;
  result: string;
  stored?: Stored[] | null;
}

export interface Witness {
  kind: 'race' | 'actsTwice' | 'retryDiffers';
  start: Stored[];
  requests: { name: string; inputs: { source: string; value: unknown }[] }[];
  steps: Step[];
  outcome: End;
  serial: End[];
}

export interface Finding extends Place {
  rule: string;
  level: 'error' | 'warning' | 'info';
  message: string;
  help: string;
  collection?: string | null;
  array?: string | null;
  proof?: 'proven' | 'not proven' | null;
  proofReason?: string | null;
  witness?: Witness | null;
  fingerprint: string;
}

export interface WritePath extends Place {
  endLine: number;
  function: string;
  collection: string | null;
  array: string;
  operator: string;
  guard: string | null;
  lock: string | null;
  verdict: string;
  resultRead: boolean;
  callers: (Place & { function: string; entry: string | null })[];
}

/** A project as `pushguard` sees it from a document: where it is run, on what, and what its paths are relative to. */
export interface Project {
  folder: string;
  paths: string[];
  root: string;
}

export function projectOf(uri: vscode.Uri): Project {
  const workspace = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  // The rules of `pushguard` itself: the nearest configuration; without a folder, the project of the file.
  const folder = workspace ?? dirname(uri.fsPath);
  const markers = workspace === undefined ? ['pushguard.toml', '.git', 'package.json'] : ['pushguard.toml'];
  let root = folder;
  for (let at = folder; ; at = dirname(at)) {
    if (markers.some((marker) => existsSync(join(at, marker)))) {
      root = at;
      break;
    }
    if (dirname(at) === at) break;
  }
  return { folder, paths: workspace === undefined ? [uri.fsPath] : [], root };
}

/** A program, and what ends its runs. */
export interface Runner {
  program: string;
  signal: AbortSignal;
}

/** Runs the program once; fails with what it says on standard error. */
export function ask({ program, signal }: Runner, args: string[], project: Project): Promise<unknown> {
  const options = { cwd: project.folder, maxBuffer: 1 << 28, windowsHide: true, signal };
  return new Promise((resolve, reject) => {
    execFile(program, [...args, '--format', 'json', '--', ...project.paths], options, (error, stdout, stderr) => {
      if (error) return reject(new Error(stderr.trim() || error.message));
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`${program} printed no report`));
      }
    });
  });
}
