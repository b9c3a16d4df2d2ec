// The tasks as Cypress calls them, in Node.js: node --test tasks.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { tokenTasks } from './tasks.mjs';

const transfer = {
  bankCode: '0001', bankName: 'カクウ', branchCode: '001', branchName: 'ホンテン', accountType: 'ordinary',
  account: '0012345', payee: 'ミホン ショウジ(カ', amount: 1250000, date: '2026-11-24',
};

test('a transfer by tasks alone', async (t) => {
  const { tasks, close } = tokenTasks();
  t.after(close);
  assert.match(await tasks['token:new'](), /^VT\d+$/);
  const activation = await tasks['token:enroll']({ contract: '1234567890', user: 'TANAKA' });
  const url = await tasks['camtoken:url']();
  const post = async (path, body) => {
    const answer = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return answer.json();
  };
  const challenge = await post('/v1/challenges', { activation, operation: 'transfer', fields: transfer });

  // What Cypress hands over and takes back goes through JSON.
  const png = Buffer.from(await (await fetch(url + challenge.code.png)).arrayBuffer()).toString('base64');
  const scan = JSON.parse(JSON.stringify(await tasks['token:scan'](png)));
  assert.deepEqual([scan.outcome, scan.operation, scan.fields.amount.shown, scan.refusal], ['shown', 'transfer', '¥1,250,000', null]);
  assert.equal((await post(`/v1/challenges/${challenge.id}/verify`, { response: scan.wrongResponse })).result, 'rejected');
  assert.equal((await post(`/v1/challenges/${challenge.id}/verify`, { response: scan.response })).result, 'accepted');

  await tasks['token:faults']({ nextScan: 'T02' });
  assert.equal((await tasks['token:scan'](png)).refusal.code, 'T02');
  const later = await post('/v1/challenges', { activation, operation: 'transfer', fields: transfer });
  const { response } = await tasks['token:scan'](later.code.text);
  await tasks['token:advance']('3m1s');
  assert.equal((await post(`/v1/challenges/${later.id}/verify`, { response })).result, 'expired');
  assert.equal((await tasks['token:press']('right')).state, 'off');
});
