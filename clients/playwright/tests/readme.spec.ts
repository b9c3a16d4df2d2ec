import { readFile } from 'node:fs/promises';

import { expect, test } from '@playwright/test';

test('the test in the README is the example', async () => {
  const example = await readFile('tests/transfer.spec.ts', 'utf8');
  expect(await readFile('README.md', 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``);
});
