import { spawn } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

import { Camtoken, CamtokenError, expect } from '@camtoken/playwright';
import { test } from './bank.js';

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then((answer) => answer.ok, () => false);
}

test('a service ends when it is closed, and leaves nothing', async () => {
  const camtoken = await Camtoken.start();
  expect(await answers(camtoken.url)).toBe(true);
  await camtoken.close();
  expect(await answers(camtoken.url)).toBe(false);
});

test('a service ends with a process that is killed', async () => {
  const script = `import { Camtoken } from '@camtoken/playwright'; const c = await Camtoken.start(); console.log(c.url); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  expect(await answers(url)).toBe(true);
  child.kill('SIGKILL');
  await expect.poll(() => answers(url)).toBe(false);
});

test('a service that runs already is used and left running', async ({ camtoken }) => {
  const same = await Camtoken.start({ url: camtoken.url });
  await (await same.session()).close();
  await same.close();
  expect(await answers(camtoken.url)).toBe(true);
});

test('what is missing says what to do', async () => {
  const failing = async (start: Promise<unknown>) => {
    const error = await start.then(() => undefined, (error: unknown) => error);
    expect(error).toBeInstanceOf(CamtokenError);
    return (error as CamtokenError).message;
  };
  expect(await failing(Camtoken.start({ bin: '/nowhere/camtoken' }))).toMatch(/nowhere.camtoken is not a program\n.*CAMTOKEN_BIN/);
  const gone = await Camtoken.start({ url: 'http://127.0.0.1:9' });
  expect(await failing(gone.session())).toMatch(/127\.0\.0\.1:9 does not answer[^]*hint/);
  expect(await failing(Camtoken.start({ bin: process.execPath }))).toMatch(/serve ended with exit code/);
});

test('sessions do not see each other', async ({ camtoken }) => {
  const [one, other] = await Promise.all([camtoken.session(), camtoken.session()]);
  await one.token({ id: 'SAME-1' });
  await other.token({ id: 'SAME-1' });
  await one.clock.advance('1h');
  const ahead = (await one.clock.now()).getTime() - (await other.clock.now()).getTime();
  expect(ahead).toBeGreaterThan(3_500_000);
  await one.close();
  expect(await (await other.token({ id: 'OTHER-1' })).activations()).toEqual([]);
});

test('a full path of temporary folders is not left behind', async () => {
  const home = await mkdtemp(join(tmpdir(), 'home-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = home;
  try {
    const camtoken = await Camtoken.start();
    expect(await readdir(home)).toHaveLength(1);
    await camtoken.close();
    expect(await readdir(home)).toHaveLength(0);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});
