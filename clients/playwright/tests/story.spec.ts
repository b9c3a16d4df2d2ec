import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test, type TestInfo } from '@playwright/test';

interface Step {
  title: string;
  steps?: Step[];
}

interface Report {
  suites: { specs: { tests: { results: { steps: Step[]; attachments: { name: string; contentType: string; body?: string }[] }[] }[] }[] }[];
}

async function reported(info: TestInfo) {
  const cli = join(dirname(createRequire(info.file).resolve('@playwright/test')), 'cli.js');
  const config = join(dirname(info.file), 'story', 'story.config.ts');
  const env = { ...process.env, STORY_OUT: info.outputPath('story') };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'test', '--config', config], { env, maxBuffer: 64 << 20 });
  return (JSON.parse(stdout) as Report).suites[0]!.specs[0]!.tests[0]!.results[0]!;
}

test('the report tells the story of the token', async ({}, info) => {
  test.setTimeout(90_000);
  const { steps, attachments } = await reported(info);
  const titles = steps.map(({ title }) => title.replace(/(VT)?\d{8}$/, '…'));
  expect(titles.filter((title) => /^(Token|Clock|Verifier)/.test(title))).toEqual([
    'Verifier: enroll TANAKA on token …',
    'Verifier: issue transfer',
    'Token: faults {"nextScan":"T02"}',
    'Token: scan the text of a code',
    'Token: scan the text of a code',
    'Token: wait for ¥1,250,000',
    'Token: press right',
    'Token: press right',
    'Clock: advance by 3m1s',
    'Verifier: verify …',
  ]);
  const enroll = steps.find(({ title }) => title.startsWith('Verifier: enroll'));
  expect(enroll?.steps?.map(({ title }) => title.replace(/ VT\d+/, ''))).toEqual(['Verifier: add token', 'Token: register']);

  // Two scans of the registration and two of the test; the faulty one has shown its refusal.
  const shown = attachments.filter(({ name }) => name === 'what the token showed');
  expect(shown.map(({ contentType }) => contentType)).toEqual(Array(4).fill('image/svg+xml'));
  const drawn = shown.map(({ body }) => Buffer.from(body!, 'base64').toString());
  expect(drawn[3]).toContain('¥1,250,000');
  expect(drawn[2]).toContain('T02');
});
