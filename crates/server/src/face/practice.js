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

  /** Both codes at once, as a person who is in a hurry. */
  async register() {
    await this.enroll(async (begun) => {
      const { token } = this;
      const { deviceCode } = await token.scan(begun.code1.text, "confirm=auto");
      const { code2 } = await ask("POST", this.step("device-code"), { deviceCode });
      const { response } = await token.scan(code2.text, "confirm=auto&keep=yes");
      await ask("POST", this.step("confirm"), { response });
      this.stage = "kept";
      this.registered([{ id: this.enrollment }]);
      this.wake();
    });
  }

  /** Code by code, as the customer of a bank. */
  async walk() {
    await this.enroll((begun) => {
      Object.assign(this, { code: begun.code1, stage: "first" });
    });
  }

  async enroll(go) {
    Object.assign(this, { stage: "working", verdict: null });
    this.draw();
    try {
      const { token } = this;
      if ((await token.screen()).state !== "off") await token.press("center", "hold");
      const { id, deviceKey, purpose } = await ask("GET", `${token.path}/state`);
      await ask("POST", "/v1/tokens", { id, deviceKey, purpose });
      const begun = await ask("POST", "/v1/enrollments", { tokenId: id, contract: "1234567890", user: "PRACTICE" });
      this.enrollment = begun.id;
      await go(begun);
    } catch (problem) {
      this.stage = problem.code === "CT-E084" ? "refused" : "start";
      if (this.stage === "start") this.fail(problem);
    }
    this.draw(true);
  }

  step(name) {
    return `/v1/enrollments/${this.enrollment}/${name}`;
  }

  /** Takes what the token answered to one of the two codes. */
  async answer(name, body) {
    try {
      this.verdict = await ask("POST", this.step(name), body);
    } catch (problem) {
      this.fail(problem);
      return;
    }
    const { result, attemptsLeft, code2 } = this.verdict;
    if (result === "accepted") {
      Object.assign(this, { stage: code2 ? "second" : "kept", code: code2, verdict: null });
    } else if (result !== "rejected" || attemptsLeft === 0) {
      // The bank has given this registration up.
      this.stage = "start";
    }
    this.draw(true);
    if (this.stage === "kept") this.wake();
  }

  /** The last step of a registration is the token's: it keeps the activation when its user answers Yes. */
  registered(activations) {
    if (this.stage !== "kept" || !activations.some(({ id }) => id === this.enrollment)) return;
    this.activation = this.enrollment;
    localStorage.setItem("practice", this.activation);
    this.stage = "ready";
    this.draw(true);
  }

  /** Where the digits are typed, if some are awaited. */
  field() {
    return this.body.querySelector("input[inputmode]");
  }

  async pay(evil) {
    try {
      this.evil = evil;
      this.invoice = PAYMENTS[this.turn++ % PAYMENTS.length];
      const date = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10);
      const fields = { ...(evil ? EVIL : this.invoice), accountType: "ordinary", date };
      this.challenge = await ask("POST", "/v1/challenges", { activation: this.activation, operation: "transfer", fields });
      this.code = this.challenge.code;
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
    const typed = this.field()?.value ?? "";
    const parts = {
      start: this.starting,
      working: this.working,
      refused: this.refused,
      first: this.first,
      second: this.second,
      kept: this.kept,
      ready: this.ready,
      paying: this.paying,
      settled: this.settled,
    };
    const stack = make("div", { className: "stack" });
    stack.append(...parts[this.stage].call(this));
    this.body.replaceChildren(stack);
    const field = this.field();
    if (field && !moveFocus) field.value = typed;
    if (moveFocus) this.body.querySelector("[data-first]")?.focus({ preventScroll: this.stage !== "settled" });
  }

  starting() {
    const set = button("practiceSet", () => this.register(), "primary");
    const told = this.verdict ? [this.told()] : [];
    return [...told, make("p", {}, t("practiceText")), row(set, button("practiceSteps", () => this.walk()))];
  }

  first() {
    return [make("p", { className: "invoice" }, t("firstText")), this.page("readFirst", "deviceCode", (deviceCode) => this.answer("device-code", { deviceCode }))];
  }

  second() {
    return [make("p", { className: "invoice" }, t("secondText")), this.page("readSecond", "response", (response) => this.answer("confirm", { response }))];
  }

  kept() {
    return [make("p", { className: "verdict yes", role: "status" }, t("keptText"))];
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
    return [invoice, this.page("bankText", "response", (response) => this.settle(response))];
  }

  /** A page of the bank: a code to read, and a field for what the token answers. */
  page(text, label, type) {
    const picture = make("img", { src: this.code.svg, alt: t("codeAlt"), width: 184, height: 184, draggable: true });
    const code = make("div", { className: "code" }, picture);
    const show = button("codeShow", () => this.show(this.code.text), "primary");
    show.dataset.first = "";
    const input = make("input", { inputMode: "numeric", autocomplete: "one-time-code", maxLength: 20, name: "response", required: true });
    const form = make("form", { className: "stack" }, make("label", { className: "field" }, t(label), input));
    form.append(row(make("button", { type: "submit", className: "button" }, t("confirm"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      type(input.value);
    });
    const parts = [make("p", {}, t(text)), row(show), form];
    if (this.verdict) parts.push(this.told());
    const page = make("section", { className: "page" }, code, make("div", { className: "stack" }, ...parts));
    page.setAttribute("aria-label", t("bankPage"));
    return page;
  }

  settled() {
    return [this.told(), ...this.ready().slice(1)];
  }

  told() {
    const { result, reason, attemptsLeft: left } = this.verdict;
    const words = {
      accepted: () => t(this.evil ? "acceptedEvil" : "accepted"),
      rejected: () => (reason === "Malformed" ? t("malformed") : t("rejected", { left })),
    };
    const kind = result === "accepted" && !this.evil ? "yes" : "no";
    return make("p", { className: `verdict ${kind}`, role: "alert" }, words[result]?.() ?? t("rejectedOther", { result }));
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
