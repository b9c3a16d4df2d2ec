// A tiny bank. It asks the verifier (docs/HTTP.md) for a code, shows it, and has the typed answer settled: what it then
// executes is what the verdict says that the customer saw.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const { VERIFIER = 'http://127.0.0.1:4870', PORT = '4880' } = process.env;

/** Customers by their number: the activation of each token. A bank has a database. */
const customers = new Map();
/** Registrations by customer, until they are confirmed. */
const registrations = new Map();

const routes = {
  'GET /': () => page('Welcome', `<p>Nothing to see: go to <a href="/register">registration</a> or <a href="/transfer">transfer</a>.</p>`),

  'GET /register': () =>
    page('Register a token', form('/register', field('customer', 'Customer number') + field('token', 'Token ID'), 'Start')),

  'POST /register': async ({ customer, token }) => {
    const begun = await ask('POST', '/v1/enrollments', { tokenId: token, contract: customer, user: 'MAIN' });
    registrations.set(customer, begun.id);
    return page('First code', code(begun.code1.png) + form('/register/second', hidden('customer', customer) + digits('deviceCode', 'Device code'), 'Next'));
  },

  'POST /register/second': async ({ customer, deviceCode }) => {
    const step = await ask('POST', `/v1/enrollments/${registrations.get(customer)}/device-code`, { deviceCode });
    if (step.result !== 'accepted') return page('Not registered', status('The device code is wrong.'));
    return page('Second code', code(step.code2.png) + form('/register/confirm', hidden('customer', customer) + digits('response', 'One-time password'), 'Finish'));
  },

  'POST /register/confirm': async ({ customer, response }) => {
    const activation = registrations.get(customer);
    const step = await ask('POST', `/v1/enrollments/${activation}/confirm`, { response });
    if (step.result !== 'accepted') return page('Not registered', status('The one-time password is wrong.'));
    customers.set(customer, activation);
    return page('Registered', status('Your token is registered.'));
  },

  'GET /transfer': () =>
    page('Transfer', form('/transfer', field('customer', 'Customer number') + field('payee', 'Payee') + field('amount', 'Amount'), 'Next')),

  'POST /transfer': async ({ customer, payee, amount }) => {
    const challenge = await ask('POST', '/v1/challenges', {
      activation: customers.get(customer) ?? customer, // or one that was registered elsewhere
      operation: 'transfer',
      fields: {
        bankCode: '0001', bankName: 'カクウ', branchCode: '001', branchName: 'ホンテン', accountType: 'ordinary',
        account: '0012345', payee, amount: Number(amount), date: '2026-11-24',
      },
    });
    return page('Confirm the transfer', `<p>Read the code with your token, compare, and type what it says.</p>
      ${code(`/v1/challenges/${challenge.id}/code.png`)}
      ${form('/confirm', hidden('challenge', challenge.id) + digits('response', 'One-time password'), 'Confirm')}`);
  },

  'POST /confirm': async ({ challenge, response }) => {
    const verdict = await ask('POST', `/v1/challenges/${challenge}/verify`, { response });
    if (verdict.result !== 'accepted') return page('Not transferred', status('Nothing was transferred.'));
    const { payee, amount } = verdict.transaction.fields;
    return page('Transferred', status(`¥${Number(amount).toLocaleString('en')} to ${payee}: transferred.`));
  },
};

createServer(async (request, answer) => {
  const { pathname } = new URL(request.url, 'http://bank');
  try {
    if (pathname.startsWith('/v1/') && pathname.endsWith('.png')) {
      const picture = await fetch(VERIFIER + pathname);
      answer.writeHead(picture.status, { 'content-type': 'image/png' }).end(Buffer.from(await picture.arrayBuffer()));
      return;
    }
    const route = routes[`${request.method} ${pathname}`];
    const html = route ? await route(await formOf(request)) : undefined;
    answer.writeHead(html ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' }).end(html ?? 'nothing here');
  } catch (error) {
    console.error(error);
    answer.writeHead(500).end('something went wrong');
  }
}).listen(Number(PORT), '127.0.0.1');

async function ask(method, path, body) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const answer = await fetch(VERIFIER + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return answer.json();
}

async function formOf(request) {
  let body = '';
  for await (const piece of request) body += piece;
  return Object.fromEntries(new URLSearchParams(body));
}

function page(title, content) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
    <style>body{font:16px/1.5 system-ui;max-width:32rem;margin:2rem auto;padding:0 1rem}label{display:block;margin:.75rem 0}
    input{display:block;font:inherit;padding:.4rem;width:100%;box-sizing:border-box}button{font:inherit;padding:.4rem 1.2rem}img{display:block;width:240px}</style>
    <h1>${title}</h1>${content}</html>`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const form = (action, content, button) => `<form method="post" action="${action}">${content}<button>${button}</button></form>`;
const field = (name, label) => `<label>${label} <input name="${name}" required></label>`;
const digits = (name, label) => `<label>${label} <input name="${name}" inputmode="numeric" autocomplete="one-time-code" required></label>`;
const hidden = (name, value) => `<input type="hidden" name="${name}" value="${escaped(value)}">`;
const code = (path) => `<img src="${path}" alt="Code for your token">`;
const status = (text) => `<p role="status">${escaped(text)}</p>`;
