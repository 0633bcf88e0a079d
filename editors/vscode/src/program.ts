// Which pushguard is run.

import { createRequire } from 'node:module';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, normalize, relative, sep } from 'node:path';

const IS_WINDOWS = process.platform === 'win32';
const FILE = IS_WINDOWS ? 'pushguard.exe' : 'pushguard';

export interface Surroundings {
  /** The setting `pushguard.path`. */
  setting: string;
  /** Paths of the workspace folders. */
  folders: readonly string[];
  isTrusted: boolean;
  /** The environment's `PATH`. */
  path: string;
}

/** The absolute path of the program; `undefined` where there is none. A setting that leads nowhere has no substitute. */
export function findProgram({ setting, folders, isTrusted, path }: Surroundings): string | undefined {
  if (setting.trim() !== '') {
    const named = normalize(expanded(setting.trim(), folders));
    return isAbsolute(named) && isProgram(named) ? named : undefined;
  }
  // What lies in a folder that is not trusted does not run, also where the PATH leads into it.
  const ofFolders = isTrusted ? folders.flatMap(inNodeModules) : [];
  const onPath = path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder) && (isTrusted || !folders.some((root) => isInside(folder, root))))
    .map((folder) => join(folder, FILE));
  return [...ofFolders, ...onPath].find(isProgram);
}

function expanded(setting: string, folders: readonly string[]): string {
  const home = setting.replace(/^~(?=[/\\]|$)/, homedir());
  return home.replaceAll('${workspaceFolder}', folders[0] ?? '');
}

/** The binary itself before its launcher, which needs a `node` on the PATH that an editor need not have. */
function inNodeModules(folder: string): string[] {
  const launcher = IS_WINDOWS ? [] : [join(folder, 'node_modules', '.bin', FILE)];
  try {
    const root = realpathSync(folder);
    const own = createRequire(join(root, 'package.json')).resolve('pushguard/package.json');
    const binary = createRequire(own).resolve(`@pushguard/${process.platform}-${process.arch}/bin/${FILE}`);
    return isInside(own, root) && isInside(binary, root) ? [binary, ...launcher] : launcher;
  } catch {
    return launcher;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
