// A customer without a browser: follows the bank's pages by their links and forms, and reads the codes with the virtual token.
// Needs no script on the pages and no certificate but the bank's own (NODE_EXTRA_CA_CERTS).

import { fileURLToPath } from "node:url";

import { FIRST_OTP, LOGIN, SAMPLE, Token } from "./bank.mjs";
import { PIN } from "./linking.mjs";

export class Customer {
  constructor(bank, token, user = "ADMIN01") {
    Object.assign(this, { bank, token, user, cookies: new Map(), redirects: new Set(), url: undefined, text: "" });
  }

  /// One request, with the cookies of that origin.
  async ask(to, options = {}) {
    const url = new URL(to, this.url);
    const known = this.cookies.get(url.origin) ?? new Map();
    const cookie = [...known].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, redirect: "manual", headers: { "accept-language": "ja", ...options.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      known.set(name, value);
    }
    this.cookies.set(url.origin, known);
    if (answer.headers.has("location")) this.redirects.add(answer.status);
    return { url, answer };
  }

  /// Follows redirects as long as they stay at the bank; gives the address that leads away, if one does.
  async open(to, options) {
    let { url, answer } = await this.ask(to, options);
    while (answer.status === 303) {
      const next = new URL(answer.headers.get("location"), url);
      if (![this.bank.url, this.bank.tls].includes(next.origin)) return next;
      this.url = url;
      ({ url, answer } = await this.ask(next));
    }
    Object.assign(this, { url, status: answer.status, text: await answer.text() });
    return undefined;
  }

  /// Sends the form of this page whose address ends so, with what is hidden or ticked in it, and with these values.
  async send(end, values = []) {
    const forms = [...this.text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/gs)];
    const form = forms.find(([, action]) => action.endsWith(end));
    if (!form) throw new Error(`no form ${end} on ${this.url}: ${this.told()}`);
    const inputs = [...form[2].matchAll(/<input[^>]*>/g)].map(([input]) => (name) => input.match(new RegExp(` ${name}="([^"]*)"`))?.[1]);
    const hidden = inputs.filter((input) => input("type") === "hidden").map((input) => [input("name"), input("value")]);
    const ticked = (name) => inputs.filter((input) => input("type") === "checkbox" && input("name") === name).map((input) => [name, input("value")]);
    const all = [...hidden, ...values.flatMap((value) => (typeof value === "string" ? ticked(value) : [value]))];
    return this.open(form[1], { method: "POST", body: new URLSearchParams(all) });
  }

  told() {
    return this.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 600);
  }

  async scan(path, query) {
    const { answer } = await this.ask(path);
    const scan = await this.token.scan(Buffer.from(await answer.arrayBuffer()), query);
    if (scan.outcome === "refused") throw new Error(`the token refuses: ${scan.code}`);
    return scan;
  }

  /// 利用開始登録, after which the token signs.
  async register(serial) {
    await this.open(`${this.bank.url}/login`);
    await this.send("/login", [["contract", SAMPLE], ["user", this.user], ["password", LOGIN]]);
    await this.open("/registration");
    await this.send("/registration", [["first-otp", FIRST_OTP], ["serial", serial]]);
    const first = await this.scan("/registration/code.png");
    await this.send("/device-code", [["device-code", first.deviceCode]]);
    const second = await this.scan("/registration/code.png", "?keep=yes");
    await this.send("/confirm", [["otp", second.response]]);
  }

  /// From the provider's request to the permission. Gives the address to which the bank sends the customer back.
  async consent(request) {
    await this.open(request);
    if (!this.url.pathname.endsWith("/terms")) throw new Error(`refused: ${this.told()}`);
    const flow = this.url.pathname.replace(/\/terms$/, "");
    await this.send("/terms");
    await this.send("/login", [["contract", SAMPLE], ["user", this.user], ["password", LOGIN]]);
    const shown = await this.scan(`${flow}/code.png`);
    await this.send("/otp", [["otp", shown.response]]);
    if (this.url.pathname.endsWith("/menus")) await this.send("/menus", ["menu"]);
    if (this.url.pathname.endsWith("/accounts")) {
      const accounts = [...this.text.matchAll(/name="account" value="([^"]*)"/g)].map(([, account]) => [`pin-${account}`, PIN]);
      await this.send("/accounts", ["account", ...accounts]);
      await this.send("/check");
      await this.open(`${flow}/permission`);
    }
    return this.send("/permission", [["seen", "yes"]]);
  }

  /// 中断
  async stop(request) {
    await this.open(request);
    return this.send("/stop");
  }
}

// As a program: registers the first token of the bank in BANK, permits the request of an address, and prints where that leads.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bank = JSON.parse(process.env.BANK);
  const customer = new Customer(bank, new Token(bank, "KKK0000001"));
  await customer.register("KKK0000001");
  console.log((await customer.consent(process.argv[2])).href);
}
