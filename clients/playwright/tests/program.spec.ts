import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

import { findProgram } from 'camtoken';

import { Camtoken, expect } from '@camtoken/playwright';
import { test } from './bank.js';
import { said } from './said.js';

/** What npm puts on the path. There is no package for a platform behind it here. */
const starter = resolve('node_modules/.bin/camtoken');
const BIN = '\n  hint  CAMTOKEN_BIN is the path of the binary `camtoken`.';
const onlyStarts = (path: string) => `camtoken: ${path} only starts the program, and there is none for it${BIN}`;

function made(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

/** Uses other values of the environment, for the time of a function. */
async function surrounded(values: NodeJS.ProcessEnv, use: () => unknown): Promise<void> {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  const set = (entries: Iterable<readonly [string, string | undefined]>) => {
    for (const [name, value] of entries) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  set(Object.entries(values));
  try {
    await use();
  } finally {
    set(before);
  }
}

test('the starter is not the program: as CAMTOKEN_BIN it is refused, on the path passed over', async ({}, info) => {
  const link = info.outputPath('link', 'camtoken');
  mkdirSync(dirname(link));
  symlinkSync(starter, link);
  for (const given of [starter, link]) {
    expect(await said(() => findProgram(given))).toBe(onlyStarts(given));
    expect(await said(() => Camtoken.start({ bin: given }))).toContain(onlyStarts(given));
  }
  const program = made(info.outputPath('program', 'camtoken'), '');
  const starters = [dirname(starter), dirname(link)];
  await surrounded({ PATH: starters.join(delimiter), CAMTOKEN_BIN: undefined }, async () => {
    expect(await said(() => findProgram())).toContain('camtoken: there is no program for ');
  });
  await surrounded({ PATH: [...starters, dirname(program)].join(delimiter), CAMTOKEN_BIN: undefined }, () => {
    expect(findProgram()).toBe(program);
  });
});

test('a wrapper that leads back to the starter is tried once', async ({}, info) => {
  // As mise and asdf put one on the path.
  const shim = made(info.outputPath('shims', 'camtoken'), `#!/bin/sh\nexec ${starter} "$@"\n`);
  const program = made(info.outputPath('program', 'camtoken'), '#!/bin/sh\necho found "$@"\n');
  const run = (folders: string[], more: NodeJS.ProcessEnv = {}) => {
    const PATH = [...folders, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    return spawnSync(shim, ['--version'], { env: { PATH, ...more }, encoding: 'utf8', timeout: 20_000 });
  };
  expect(run([dirname(shim), dirname(program)]).stdout).toBe('found --version\n');
  const nothing = run([dirname(shim)]);
  expect([nothing.status, nothing.stdout]).toEqual([1, '']);
  expect(nothing.stderr).toContain('there is no program for ');
  for (const given of [shim, starter]) {
    const refused = run([dirname(program)], { CAMTOKEN_BIN: given });
    expect([refused.status, refused.stderr]).toEqual([1, `${onlyStarts(given)}\n`]);
  }
});

test('a program that the system cannot execute is named', async ({}, info) => {
  // A script that is to be run by itself.
  const path = info.outputPath('camtoken');
  const alien = made(path, `#!${path}\n`);
  const { status, stderr } = spawnSync(starter, [], { env: { ...process.env, CAMTOKEN_BIN: alien }, encoding: 'utf8', timeout: 20_000 });
  expect([status, stderr]).toEqual([1, `camtoken: ${alien} did not start: spawn ELOOP\n  hint  Is it a program for this machine?\n`]);
});

test('a program that does not serve says how it ended, and leaves nothing', async ({}, info) => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const waits = globalThis.setTimeout;
  // Half a minute is half a second here.
  globalThis.setTimeout = ((run: () => void, ms?: number) => waits(run, ms === 30_000 ? 500 : ms)) as typeof setTimeout;
  try {
    await surrounded({ TMPDIR: home }, async () => {
      for (const [script, how] of [
        ['exit 3', 'serve ended with exit code 3, and did not say where it listens'],
        ['echo wrong >&2; kill -9 $$', 'serve was ended by SIGKILL, and did not say where it listens\nwrong'],
        ['exec sleep 60', 'serve did not say where it listens in 30 s'],
        // Another process has inherited its output.
        ['sleep 4 & exec sleep 60', 'serve did not say where it listens in 30 s'],
        ['echo hello; exec sleep 60', 'serve did not say where it listens in 30 s\nhello'],
      ] as const) {
        const bin = made(info.outputPath('camtoken'), `#!/bin/sh\n${script}\n`);
        const hint = `  hint  Is it camtoken? \`${bin} --version\` tells. CAMTOKEN_BIN is the path of the binary \`camtoken\`.`;
        expect(await said(() => Camtoken.start({ bin }))).toBe(`camtoken: ${bin} ${how}\n${hint}`);
      }
      const path = info.outputPath('camtoken');
      for (const [content, why] of [[`#!${path}\n`, 'spawn ELOOP'], ['#!/nowhere\n', `spawn ${path} ENOENT`]] as const) {
        const bin = made(path, content);
        const hint = '  hint  Is it a program for this machine? CAMTOKEN_BIN is the path of the binary `camtoken`.';
        expect(await said(() => Camtoken.start({ bin }))).toBe(`camtoken: ${bin} did not start: ${why}\n${hint}`);
      }
    });
    expect(readdirSync(home)).toEqual([]);
  } finally {
    globalThis.setTimeout = waits;
  }
});
