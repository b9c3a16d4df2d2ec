// A bank to practise with: it registers the token, shows the code of a payment, and settles the response.

import { Problem, ask } from "./api.js";
import { t } from "./texts.js";

/** What the invoice says, and what malware makes of it. Payees as banks write them: half-width kana. */
const PAYMENTS = [
  { bankCode: "0001", bankName: "ｶｸｳ", branchCode: "001", branchName: "ﾎﾝﾃﾝ", account: "0012345", payee: "ｶ)ﾐﾎﾝ ｼﾖｳｶｲ", amount: 128000 },
  { bankCode: "0001", bankName: "ｶｸｳ", branchCode: "204", branchName: "ﾐﾅﾄﾏﾁ", account: "7700412", payee: "ﾐﾎﾝ ｼﾖｳｼﾞ (ｶ", amount: 1250000 },
  { bankCode: "0002", bankName: "ﾐﾎﾝ", branchCode: "110", branchName: "ｴｷﾏｴ", account: "3141592", payee: "ｻﾝﾌﾟﾙ ｲﾝｻﾂ (ﾕ", amount: 46200 },
];
const EVIL = { bankCode: "0009", bankName: "ﾅｿﾞ", branchCode: "666", branchName: "ｳﾗﾄﾞｵﾘ", account: "9999999", payee: "ﾄﾞﾛﾎﾞｳ (ｶ", amount: 9800000 };

const HOUR = 3_600_000;

export class Practice {
  /** `show` holds a code before the token as a person would; `wake` redraws what depends on its activations. */
  constructor(body, token, { show, wake, fail }) {
    Object.assign(this, { body, token, show, wake, fail });
    this.turn = 0;
    this.stage = "start";
    this.verdict = null;
  }

  /** The practice bank, if the service has a verifier. */
  static async isThere() {
    const { paths } = await ask("GET", "/openapi.json");
    return "/v1/challenges" in paths;
  }

  async begin() {
    const kept = localStorage.getItem("practice");
    if (kept) {
      try {
        const { activations } = await this.token.report();
        const known = await ask("GET", `/v1/activations/${kept}`);
        if (known.state === "active" && activations.some(({ id }) => id === kept)) {
          this.activation = kept;
          this.stage = "ready";
        }
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
      }
    }
    this.draw();
  }

  async register() {
    this.stage = "working";
    this.draw();
    try {
      const { token } = this;
      if ((await token.screen()).state !== "off") await token.press("center", "hold");
      const { id, deviceKey, purpose } = await ask("GET", `${token.path}/state`);
      await ask("POST", "/v1/tokens", { id, deviceKey, purpose });
      const begun = await ask("POST", "/v1/enrollments", { tokenId: id, contract: "1234567890", user: "PRACTICE" });
      const step = (name) => `/v1/enrollments/${begun.id}/${name}`;
      const { deviceCode } = await token.scan(begun.code1.text, "confirm=auto");
      const { code2 } = await ask("POST", step("device-code"), { deviceCode });
      const { response } = await token.scan(code2.text, "confirm=auto&keep=yes");
      await ask("POST", step("confirm"), { response });
      this.activation = begun.id;
      localStorage.setItem("practice", begun.id);
      this.stage = "ready";
      this.wake();
    } catch (problem) {
      this.stage = problem.code === "CT-E084" ? "refused" : "start";
      if (this.stage === "start") this.fail(problem);
    }
    this.draw(true);
  }

  async pay(evil) {
    try {
      this.evil = evil;
      this.invoice = PAYMENTS[this.turn++ % PAYMENTS.length];
      const date = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10);
      const fields = { ...(evil ? EVIL : this.invoice), accountType: "ordinary", date };
      this.challenge = await ask("POST", "/v1/challenges", { activation: this.activation, operation: "transfer", fields });
      this.verdict = null;
      this.stage = "paying";
    } catch (problem) {
      this.fail(problem);
      return;
    }
    this.draw(true);
  }

  async settle(response) {
    try {
      this.verdict = await ask("POST", `/v1/challenges/${this.challenge.id}/verify`, { response });
      if (this.verdict.result !== "rejected") this.stage = "settled";
    } catch (problem) {
      this.fail(problem);
      return;
    }
    this.draw(true);
  }

  draw(moveFocus = false) {
    const typed = this.body.querySelector("input[inputmode]")?.value ?? "";
    const parts = { start: this.starting, working: this.working, refused: this.refused, ready: this.ready, paying: this.paying, settled: this.settled };
    const stack = make("div", { className: "stack" });
    stack.append(...parts[this.stage].call(this));
    this.body.replaceChildren(stack);
    const field = this.body.querySelector("input[inputmode]");
    if (field && this.stage === "paying") field.value = this.verdict ? "" : typed;
    if (moveFocus) this.body.querySelector("[data-first]")?.focus({ preventScroll: this.stage !== "settled" });
  }

  starting() {
    const set = button("practiceSet", () => this.register(), "primary");
    return [make("p", {}, t("practiceText")), row(set)];
  }

  working() {
    return [make("p", { role: "status" }, t("practiceWorking"))];
  }

  refused() {
    return [make("p", {}, t("practiceRefused"))];
  }

  ready() {
    const evil = make("input", { type: "checkbox", checked: Boolean(this.evil) });
    const check = make("label", { className: "check" }, evil, make("span", {}, t("practiceEvil")));
    const pay = button(this.turn ? "again" : "practicePay", () => this.pay(evil.checked), "primary");
    pay.dataset.first = "";
    return [make("p", {}, t("practiceDone")), row(pay), check];
  }

  paying() {
    const { amount, payee, account } = this.invoice;
    const yen = `¥${amount.toLocaleString("en-US")}`;
    const invoice = make("p", { className: "invoice" }, t("invoice", { amount: yen, payee, account }));
    const picture = make("img", { src: this.challenge.code.svg, alt: t("codeAlt"), width: 184, height: 184, draggable: true });
    const code = make("div", { className: "code" }, picture);
    const show = button("codeShow", () => this.show(this.challenge.code.text), "primary");
    show.dataset.first = "";
    const input = make("input", { inputMode: "numeric", autocomplete: "one-time-code", maxLength: 20, name: "response", required: true });
    const form = make("form", { className: "stack" }, make("label", { className: "field" }, t("response"), input));
    form.append(row(make("button", { type: "submit", className: "button" }, t("confirm"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.settle(input.value);
    });
    const parts = [make("p", {}, t("bankText")), row(show), form];
    if (this.verdict) parts.push(this.told());
    const page = make("section", { className: "page" }, code, make("div", { className: "stack" }, ...parts));
    page.setAttribute("aria-label", t("bankPage"));
    return [invoice, page];
  }

  settled() {
    return [this.told(), ...this.ready().slice(1)];
  }

  told() {
    const { result, attemptsLeft } = this.verdict;
    const yes = result === "accepted";
    const words = yes ? t(this.evil ? "acceptedEvil" : "accepted") : result === "rejected" ? t("rejected", { left: attemptsLeft }) : t("rejectedOther", { result });
    return make("p", { className: `verdict ${yes && !this.evil ? "yes" : "no"}`, role: "alert" }, words);
  }
}

function make(name, properties, ...children) {
  const { role, ...rest } = properties;
  const element = Object.assign(document.createElement(name), rest);
  if (role) element.setAttribute("role", role);
  element.append(...children);
  return element;
}

function button(key, act, kind = "") {
  const made = make("button", { type: "button", className: `button ${kind}` }, t(key));
  made.addEventListener("click", act);
  return made;
}

function row(...children) {
  return make("div", { className: "row" }, ...children);
}
