// Run by story.spec.ts, which reads its report.
import { expect, test } from '@camtoken/playwright';
import { transfer } from '../bank.js';

test('a story', async ({ token, camtoken }) => {
  const activation = await camtoken.verifier.enroll(token, { contract: '1234567890', user: 'TANAKA' });
  const challenge = await camtoken.verifier.issue({ activation, operation: 'transfer', fields: transfer });
  await token.faults({ nextScan: 'T02' });
  await token.scan(challenge.code);
  const scan = await token.scan(challenge.code, { confirm: 'step' });
  await token.waitForScreen('¥1,250,000');
  await token.press('right');
  await token.press('right');
  await token.clock.advance('3m1s');
  await camtoken.verifier.verify(challenge, (await token.screen()).response ?? '12345678');
  expect(scan.outcome).toBe('shown');
});
