/** A site with a sign-up for authenticator apps. It checks the password with node:crypto, by RFC 6238 and the real time. */

import { createHmac } from 'node:crypto';
import type { Route } from '@playwright/test';

/** The code of a sign-up with the key of RFC 6238, appendix B: otpauth://totp/ACME:alice, eight digits. Drawn by another program. */
export const CODE =
  'iVBORw0KGgoAAAANSUhEUgAAAMQAAADEAQAAAADo3bPGAAABtElEQVR42u2YQW4DUQhDUS/A/W/pG1CemaqrbKpayiJfUeZnRhoLMDY/NS+W6vPkPZ5UVZd699rdLm6MvurV+suTxen9dEu72a/nRgJngxgiUItfdyODsxcy58g6iLMgBOPyxOIZMDZpjggqZOpTx7LfFeIbyy+vOYIf4wP12c5ZCBkDfjuD/4+zzcqrm3RtFkehPqVx+oIgjSQvkjc3zlIMTpwWRXCEGhzAXjcuuU4BXjuOU1MQOoTjTFmsZZSaEN8oEPq5CHVAkT4lW0XfoKf0Umf4VkX3EE6xBSjCtyIaE9xON8eGhC9c/a9hkZ6Ujjp1bDBTiJ7xnxMFu84ziSRw0GoTra9KRBfhgecC907JU0jGf3i757e+DsLuIjioQRtPtlVcIqFvWxa3kSXBkhrSt/M6G6on0wrVx1NvPe5TKR1F0bBQm7cRNSFfKPeMYLiFJ8O3rhvgdJbXId+WBfoklEnBdUrNozhPl552Tc7XDgo1YD+h84Klx4rtg0nIt30S0TMoksLYubEfFzrHy/hC/xyybaZwO3ResLx50Onn3KgJnufG55IhcZpQ/3z+xXnTJ983lFYG9rlQuAAAAABJRU5ErkJggg==';

const KEY = '12345678901234567890';

/** Answers every request of the site: `page.route('https://shop.example/**', shop)`. */
export async function shop(route: Route): Promise<void> {
  const form = new URLSearchParams(route.request().postData() ?? '');
  const password = form.get('password');
  const body = password === null ? `<img alt="Code for your app" src="data:image/png;base64,${CODE}">${FORM}` : `<p role="status">${said(password)}</p>`;
  await route.fulfill({ contentType: 'text/html; charset=utf-8', body: `<!doctype html><body style="margin: 60px">${body}` });
}

const FORM = '<form method="post"><label>Password from your app <input name="password"></label><button>Turn on</button></form>';

/** The step of the real time, or the one before it: it may have been over while the password was typed. */
function said(password: string): string {
  const now = Math.floor(Date.now() / 30_000);
  return [now, now - 1].some((step) => password === hotp(step)) ? 'Two-factor login is on.' : 'The password is wrong.';
}

function hotp(counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac('sha1', KEY).update(message).digest();
  const number = mac.readUInt32BE(mac[19]! & 15) & 0x7fff_ffff;
  return String(number % 100_000_000).padStart(8, '0');
}
