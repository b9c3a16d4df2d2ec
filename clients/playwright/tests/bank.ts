import { test as base, type Challenge, type NewChallenge, type Token } from '@camtoken/playwright';

/** A token that is registered, and challenges for it. */
interface Registered {
  activation: string;
  issue(fields?: Partial<NewChallenge['fields']>): Promise<Challenge>;
}

export const transfer = {
  bankCode: '0001', bankName: 'カクウ', branchCode: '001', branchName: 'ホンテン', accountType: 'ordinary',
  account: '0012345', payee: 'ミホン ショウジ(カ', amount: 1250000, date: '2026-11-24',
};

export const test = base.extend<{ registered: Registered }>({
  registered: async ({ camtoken, token }, use) => {
    const activation = await camtoken.verifier.enroll(token, { contract: '1234567890', user: 'TANAKA' });
    await use({
      activation,
      issue: (fields) =>
        camtoken.verifier.issue({ activation, operation: 'transfer', fields: { ...transfer, ...fields } as NewChallenge['fields'] }),
    });
  },
});

/** A page with a code of a certain size. */
export async function pageWith(challenge: Challenge, style = 'width: 240px'): Promise<string> {
  const picture = (await challenge.png()).toString('base64');
  return `<!doctype html><body style="margin: 60px"><img alt="code" style="${style}" src="data:image/png;base64,${picture}">`;
}

export type { Token };
