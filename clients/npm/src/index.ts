/** Where the program `camtoken` is. Each platform has a package of its own with it; npm installs the one that fits the machine. */

import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { tried } from './tried.js';

const EXECUTABLE = process.platform === 'win32' ? 'camtoken.exe' : 'camtoken';
const OWN_FOLDER = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const OTHERWISE = 'or set CAMTOKEN_BIN to the path of a `camtoken` (`cargo install --path bin/camtoken` in its source makes one).';

/**
 * The path of the program: `given`, else `CAMTOKEN_BIN`, else that of the platform's package, else `camtoken` on the path.
 *
 * @throws Error that says what is missing, and what to do.
 */
export function findProgram(given: string | undefined = process.env['CAMTOKEN_BIN']): string {
  if (given) {
    const path = resolve(given);
    if (isProgram(path) && !leadsBack(path)) return path;
    const what = isProgram(path) ? 'only starts the program, and there is none for it' : 'is not a program';
    throw new Error(`camtoken: ${given} ${what}\n  hint  CAMTOKEN_BIN is the path of the binary \`camtoken\`.`);
  }
  const found = ofPlatform() ?? onPath();
  if (found) return found;
  throw new Error(missing());
}

/** The name of the package for this machine, whether there is one or not. */
function platformPackage(): string {
  const libc = process.platform === 'linux' ? (hasGlibc() ? '-gnu' : '-musl') : '';
  return `@camtoken/cli-${process.platform}-${process.arch}${libc}`;
}

function hasGlibc(): boolean {
  const report = process.report as unknown as { excludeNetwork: boolean; getReport(): { header: object } };
  // Names of network interfaces take a while, and say nothing here.
  report.excludeNetwork = true;
  return 'glibcVersionRuntime' in report.getReport().header;
}

function ofPlatform(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${platformPackage()}/bin/${EXECUTABLE}`);
  } catch {
    return undefined;
  }
}

function onPath(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return places.map((folder) => join(folder, EXECUTABLE)).find((path) => isProgram(path) && !leadsBack(path));
}

/** npm puts our own starter on the path, and a wrapper on it may lead there, too: it would start itself again and again. */
function leadsBack(path: string): boolean {
  const real = realpathSync(path);
  return real.startsWith(OWN_FOLDER + sep) || tried().includes(real);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function missing(): string {
  const wanted = platformPackage();
  const manifest = JSON.parse(readFileSync(join(OWN_FOLDER, 'package.json'), 'utf8')) as { optionalDependencies?: Record<string, string> };
  const known = Object.keys(manifest.optionalDependencies ?? {});
  if (known.includes(wanted)) {
    return (
      `camtoken: the package ${wanted}, which has the program for this machine, is not installed\n` +
      '  why   Optional dependencies were left out (--omit=optional), or node_modules or its lock file came from another kind of machine.\n' +
      `  hint  Remove node_modules and install again: npm install --include=optional; ${OTHERWISE}`
    );
  }
  const machine = wanted.replace('@camtoken/cli-', '');
  const machines = known.map((name) => name.replace('@camtoken/cli-', '')).join(', ') || 'none';
  return `camtoken: there is no program for ${machine} on npm\n  why   There are packages for: ${machines}.\n  hint  Use one of these machines, ${OTHERWISE}`;
}
