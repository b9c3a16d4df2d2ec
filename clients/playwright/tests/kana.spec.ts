import { alike, expect, toFullWidth } from '@camtoken/playwright';
import { test } from './bank.js';

test('kana become full width', () => {
  expect(toFullWidth('ﾔﾏﾀﾞ ﾀﾛｳ')).toBe('ヤマダ タロウ');
  expect(toFullWidth('ＡＢＣ　１２３（ｶ')).toBe('ABC 123(カ');
});

test('what the verifier signs is alike what was typed', async ({ camtoken, token, registered }) => {
  for (const payee of ['ミホン ショウジ(カ', 'みほん　しょうじ（カ', 'ヴァイオリンコウボウ', 'スーパー－ストア', 'Acme ab-12', 'ヷヰヱヵヶ', 'ハ゛ス ｶﾞｽ', 'ｼｬﾁｮｳ']) {
    const challenge = await registered.issue({ payee });
    const scan = await token.scan(challenge.code);
    expect(scan).toShow({ payee });
    const { transaction } = await camtoken.verifier.verify(challenge, scan.response);
    expect(alike(transaction!.fields['payee']!, payee), `${transaction!.fields['payee']} of ${payee}`).toBe(true);
  }
});

test('what differs is not alike', () => {
  for (const [signed, typed] of [
    ['ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ', 'ミホン シヨウシ(カ'],
    ['ﾔﾏﾀﾞ', 'ヤマタ'],
    ['Rent of May', 'rent of may'],
    ['¥1,250,000', '1,250,000'],
  ] as const) {
    expect(alike(signed, typed), `${signed} and ${typed}`).toBe(false);
  }
});
