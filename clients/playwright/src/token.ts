/** A virtual token in the hand of a test. */

import { readFile } from 'node:fs/promises';

import { moment, oneOf, span, type Span } from './allowed.js';
import { CamtokenError, type Http, type Send } from './http.js';
import { isCode, isLive, photograph, type Picture, type Shot } from './picture.js';
import { Scan, type ScannedDocument } from './scan.js';
import { causeOf, linesOf, sightOf } from './sight.js';
import { attach, running, step } from './steps.js';

/** What an account answers. */
interface Answer {
  code?: string;
  message?: string;
  foreign?: { response?: string };
}

/** The three buttons. */
export type Button = 'left' | 'center' | 'right';

const BUTTONS: readonly Button[] = ['left', 'center', 'right'];

/** One line of writing in its box; the panel has 320 x 240 dots. */
export interface Line {
  x: number;
  y: number;
  width: number;
  height: number;
  text: string;
  style: string;
  /** `header`, `page`, `owner`, `label`, or the name of the field. */
  role: string;
}

/** What the panel shows at one moment. */
export interface Panel {
  lit: boolean;
  lines: Line[];
  /** What the left, the centre and the right button do now. */
  softkeys: [string | null, string | null, string | null];
}

/** The screen, and what the token is doing. */
export interface Screen extends Panel {
  state: 'off' | 'pin' | 'ready' | 'menu' | 'showing' | 'answered' | 'asking' | 'done' | 'refused';
  /** `T01` to `T14`, when it refuses. */
  code?: string;
  page?: number;
  pages?: number;
  /** The same as text, as it stands on the screen. */
  text: string;
  response?: string;
  deviceCode?: string;
  now: string;
}

/** An account of another system on the token, such as an authenticator app holds. */
export interface Account {
  /** Who issued it; may be empty. */
  issuer: string;
  user: string;
  /** `otp`, `ocra`, `tiqr`, `linotp` or `powerauth`. */
  kind: string;
  /** Whether it answers with a PIN only. */
  pin: boolean;
  /** Whether its server has blocked it. */
  blocked: boolean;
}

/** How an account is to answer. */
export interface OtpOptions {
  /** What an OCRA card is asked. */
  question?: string;
  /** A text that the card's question is the hash of. */
  text?: string;
  /** The account's PIN. */
  pin?: string;
}

/** What is broken; what is left out is whole. */
export interface Faults {
  /** Percent; with 0 the token reads nothing (T13). */
  battery?: number;
  /** Every activation acts as if it had not been finished (T09). */
  halfActivated?: boolean;
  /** Seconds that the token's clock is ahead. */
  clockOffset?: number;
  /** How the next scan ends: `T01` to `T14`. */
  nextScan?: string;
}

/** What is pressed by itself when the screen shows something. */
export interface Rule {
  when: { screen: string | RegExp };
  do: (Button | 'holdCenter')[];
}

/** An activation on the token. */
export interface Activation {
  slot: number;
  id: string;
  suite: string;
  bank: string;
  contract: string;
  user: string;
}

/** How a token is made. */
export interface TokenOptions {
  /** 1 to 10 capital letters, digits or hyphens; random when left out. */
  id?: string;
  lang?: 'ja' | 'en';
  /** `auto`: a scan is approved at once; `step`: the test presses the buttons. */
  confirm?: 'auto' | 'step';
  /** 5 to 8 digits, which the token asks for each time it is switched on: see {@link Token.enterPin}. */
  pin?: string;
  /** `japan`: it has no PIN, and speaks Japanese unless `lang` says otherwise. */
  profile?: 'standard' | 'japan';
  /** How many users it takes, 1 to 8; 8 when left out. */
  slots?: number;
  /** A test token with its registrations: the path of a `*.camtoken.json`, or what `token.state()` gave. */
  state?: string | object;
}

/** How a code is held before the token. */
export interface ScanOptions {
  confirm?: 'auto' | 'step';
  /** At the second code of a registration: the answer whether the bank has confirmed it. */
  keep?: boolean;
  /** How long to wait for a code to appear on the page, in milliseconds; 5 s if left out. */
  timeout?: number;
  /** Takes a picture with several codes, of which the token reads one; else that is an error. */
  several?: boolean;
}

/** A bank's pages for a registration, however they look. */
export interface BankPages {
  /** Where the first code is. */
  firstCode: () => Picture | Promise<Picture>;
  /** Types the token's answer to it, and goes on. */
  enterDeviceCode: (digits: string) => Promise<unknown>;
  /** Where the second code is. */
  secondCode: () => Picture | Promise<Picture>;
  /** Types the token's response, and waits until the bank has confirmed. */
  enterResponse: (digits: string) => Promise<unknown>;
}

const REFUSALS = Array.from({ length: 14 }, (_, index) => `T${String(index + 1).padStart(2, '0')}`);
const PATIENCE_MS = 5_000;
const AGAIN_MS = 100;

/** The clock of a session: of its tokens, and of what the verifier of a test service issues to them. */
export class Clock {
  constructor(
    private readonly http: Http,
    private readonly session: string,
  ) {}

  /** Moves it by a span, such as `3m1s`, or back with `-5s`. */
  async advance(by: Span): Promise<Date> {
    return step(`Clock: advance by ${typeof by === 'number' ? `${by} s` : by}`, () => this.change({ advance: span(by) }));
  }

  /** Sets it to a moment; there it stands until it is moved. */
  async set(to: Date | string): Promise<Date> {
    return step(`Clock: set to ${to instanceof Date ? to.toISOString() : to}`, () => this.change({ set: moment(to) }));
  }

  async now(): Promise<Date> {
    const session = await this.http.json<{ clock: { now: string } }>('GET', this.session);
    return new Date(session.clock.now);
  }

  private async change(json: object): Promise<Date> {
    return new Date((await this.http.json<{ now: string }>('POST', `${this.session}/clock`, { json })).now);
  }
}

/** A token with a camera, a screen and three buttons. */
export class Token {
  constructor(
    private readonly http: Http,
    private readonly path: string,
    /** The token ID. */
    readonly id: string,
    readonly clock: Clock,
  ) {}

  /**
   * Holds a place on a page, a picture or the text of a code before the camera, and approves what is shown.
   *
   * On a page it looks again until there is a code that can be read. What the token refuses is an answer: see
   * {@link Scan.refusal}.
   */
  async scan(picture: Picture, options: ScanOptions = {}): Promise<Scan> {
    return step(`Token: scan ${nameOf(picture)}`, () => this.look(picture, options));
  }

  /** Presses a button: left goes back, the centre goes to the next entry, right approves. */
  async press(button: Button): Promise<Screen> {
    return step(`Token: press ${button}`, () => this.button(button, {}));
  }

  /** Holds a button; the centre button switches on and off. */
  async hold(button: Button): Promise<Screen> {
    return step(`Token: hold ${button}`, () => this.button(button, { json: { action: 'hold' } }));
  }

  /** Switches the token on and enters its PIN. With a wrong one the screen's state is still `pin`. */
  async enterPin(pin: string): Promise<Screen> {
    return step('Token: enter the PIN', () => this.http.json('POST', `${this.path}/pin`, { json: { pin } }));
  }

  async screen(): Promise<Screen> {
    return this.http.json('GET', `${this.path}/screen`);
  }

  /** The screen as a picture. */
  async screenshot(): Promise<Buffer> {
    return this.http.bytes(`${this.path}/screen.png`);
  }

  /** Waits until the screen shows a text, or what an expression describes. */
  async waitForScreen(text: string | RegExp, options: { timeout?: number } = {}): Promise<Screen> {
    return step(`Token: wait for ${text}`, () => this.await(text, options.timeout ?? PATIENCE_MS));
  }

  /** What is broken; with an argument, breaks that and mends the rest. */
  async faults(faults?: Faults): Promise<Faults> {
    if (faults === undefined) return this.http.json('GET', `${this.path}/faults`);
    if (faults.nextScan != null) oneOf('refusal of a token', faults.nextScan, REFUSALS);
    return step(`Token: faults ${JSON.stringify(faults)}`, () => this.http.json('PUT', `${this.path}/faults`, { json: faults }));
  }

  /** Says what is pressed by itself, in the place of what was said before. */
  async rules(rules: Rule[]): Promise<void> {
    for (const button of rules.flatMap((rule) => rule.do)) oneOf('button of a rule', button, [...BUTTONS, 'holdCenter']);
    const json = rules.map((rule) => ({ when: { screen: patternOf(rule.when.screen) }, do: rule.do }));
    await step(`Token: ${json.length} rules`, () => this.http.json('PUT', `${this.path}/rules`, { json }));
  }

  /** Who is registered on the token. */
  async activations(): Promise<Activation[]> {
    return this.http.json('GET', `${this.path}/activations`);
  }

  /** Deletes an activation, as the token's menu does. */
  async forget(activation: string): Promise<void> {
    await step('Token: forget an activation', () => this.http.json('DELETE', `${this.path}/activations/${activation}`));
  }

  /** The accounts of other systems on the token. A scan of the code that a sign-up shows to authenticator apps registers one. */
  async accounts(): Promise<Account[]> {
    return this.http.json('GET', `${this.path}/accounts`);
  }

  /**
   * The one-time password of an account, by the token's clock; of an OCRA card the response to a question. `account` is its user, its issuer
   * or `issuer:user`, and may be left out where there is one.
   */
  async otp(account?: string, options: OtpOptions = {}): Promise<string> {
    const json = { ...options, ...(account === undefined ? {} : { account }) };
    return step(`Token: one-time password${account === undefined ? '' : ` of ${account}`}`, async () => {
      const answer: Answer = await this.http.json('POST', `${this.path}/accounts/respond`, { json });
      if (answer.foreign?.response !== undefined) return answer.foreign.response;
      const held = (await this.accounts()).map(({ issuer, user }) => (issuer ? `${issuer}:${user}` : user));
      throw new CamtokenError(
        `camtoken: there is no one-time password: ${answer.code} ${answer.message}\n` +
          `  hint  The token holds ${held.join(', ') || 'no account: scan the code that the sign-up shows'}.`,
      );
    });
  }

  /** All that the token holds, keys included: a test token's file. A bank under test takes its device key from it. */
  async state(): Promise<Record<string, unknown>> {
    return this.http.json('GET', `${this.path}/state`);
  }

  /** Registers the token on any bank's pages: two codes, two answers. Returns the new activation. */
  async register(bank: BankPages): Promise<Activation> {
    return step('Token: register', () => this.enroll(bank));
  }

  private async button(button: Button, send: Send): Promise<Screen> {
    return this.http.json('POST', `${this.path}/buttons/${oneOf('button of the token', button, BUTTONS)}`, send);
  }

  private async look(picture: Picture, options: ScanOptions): Promise<Scan> {
    const { document, shot, looks, ms } = await this.see(picture, options);
    if (document.drawing) await attach('what the token showed', document.drawing, 'image/svg+xml');
    const codes = document.codes ?? 0;
    if (codes > 1 && !options.several) {
      await attach('what the token’s camera saw', shot.bytes, 'image/png');
      throw new CamtokenError(
        `camtoken: ${codes} codes are in view at ${nameOf(picture)}, and the token reads whichever it finds first\n` +
          '  hint  Let the page show one code alone, or name the element of one. If several are meant: scan(…, { several: true }).',
      );
    }
    if (!isUnseen(document)) return new Scan(document, this.http.url);
    const sight = await sightOf(picture, shot, looks, ms);
    const where = linesOf(sight);
    if (typeof shot.bytes !== 'string' && running()) {
      await attach('what the token’s camera saw', shot.bytes, 'image/png');
      where.push('  picture  in the report: what the token’s camera saw');
    }
    // What the service says to people is on the token's screen; here is what a tester can do.
    const seen = document.code === 'T02' ? document.quality?.advice[0] : undefined;
    const hint = causeOf(sight) ?? seen ?? 'Nothing in the picture looks like a 2D code: is it the right place, and drawn by then?';
    return new Scan({ ...document, where, hint }, this.http.url);
  }

  /** Looks until a code is seen or the time is over. */
  private async see(picture: Picture, options: ScanOptions): Promise<Seen> {
    if (options.confirm !== undefined) oneOf('way to confirm', options.confirm, ['auto', 'step']);
    const timeout = options.timeout ?? PATIENCE_MS;
    const begin = Date.now();
    const query = {
      confirm: options.confirm,
      keep: options.keep === undefined ? undefined : options.keep ? 'yes' : 'no',
      drawing: running() ? 'svg' : undefined,
    };
    // A scan that is to fail fails once; only a page that is not ready yet is looked at again.
    const looksAgain = isLive(picture) && (await this.faults()).nextScan == null;
    for (let looks = 1; ; looks++) {
      const shot = await photograph(picture, timeout, begin);
      const document = await this.http.json<ScannedDocument>('POST', `${this.path}/scan`, { bytes: shot.bytes, query });
      const ms = Date.now() - begin;
      if (!isUnseen(document) || !looksAgain || ms + AGAIN_MS >= timeout) return { document, shot, looks, ms };
      await new Promise((later) => setTimeout(later, AGAIN_MS));
    }
  }

  private async await(text: string | RegExp, timeout: number): Promise<Screen> {
    const deadline = Date.now() + timeout;
    for (;;) {
      const seconds = Math.min(Math.max(Math.ceil((deadline - Date.now()) / 1_000), 0), 60);
      const waited = await this.http.json<{ outcome: string; screen: Screen }>('GET', `${this.path}/events`, {
        query: { wait: patternOf(text), timeout: `${seconds}s` },
      });
      if (waited.outcome === 'shown') return waited.screen;
      if (Date.now() >= deadline) {
        const seen = waited.screen.lit ? waited.screen.text.trimEnd() : '(dark)';
        throw new CamtokenError(`camtoken: the screen does not show ${text}. It shows:\n${seen}`);
      }
    }
  }

  private async enroll(bank: BankPages): Promise<Activation> {
    const known = new Set((await this.activations()).map((activation) => activation.id));
    const first = await this.scan(await bank.firstCode(), { confirm: 'auto' });
    await bank.enterDeviceCode(first.deviceCode);
    // Waits until the page shows the second code: the first, approved again, would start the registration over.
    const deadline = Date.now() + PATIENCE_MS;
    while (
      (await this.see(await bank.secondCode(), { confirm: 'step' })).document.operation === first.operation &&
      Date.now() < deadline
    ) {
      await new Promise((later) => setTimeout(later, AGAIN_MS));
    }
    const second = await this.scan(await bank.secondCode(), { confirm: 'auto' });
    await bank.enterResponse(second.response);
    // The token asks whether the bank has confirmed, once its digits were read.
    await this.press('right');
    await this.press('right');
    const activation = (await this.activations()).find((activation) => !known.has(activation.id));
    if (activation) return activation;
    throw new CamtokenError(`camtoken: the token did not keep the registration. It shows:\n${(await this.screen()).text}`);
  }
}

/** A look, and what came of it. */
interface Seen {
  document: ScannedDocument;
  shot: Shot;
  looks: number;
  ms: number;
}

function isUnseen({ outcome, code }: ScannedDocument): boolean {
  return outcome === 'refused' && (code === 'T01' || code === 'T02');
}

/** A picture in the title of a step. */
function nameOf(picture: Picture): string {
  if (typeof picture === 'string') return isCode(picture) ? 'the text of a code' : picture.length > 100 ? 'a picture in base64' : picture;
  if (picture instanceof Uint8Array) return 'a picture';
  return isLive(picture) && 'url' in picture ? 'the page' : String(picture);
}

/** The content of a token's file, wherever it is. */
export async function fileOf(state: string | object): Promise<{ id: string }> {
  const wrong = (what: string, cause?: unknown) =>
    new CamtokenError(`camtoken: ${what}\n  hint  \`camtoken token export NAME\` and token.state() give one.`, undefined, { cause });
  let document: unknown = state;
  if (typeof state === 'string') {
    const text = await readFile(state, 'utf8').catch((error: unknown) => {
      throw wrong(`the token ${state} cannot be read: ${(error as Error).message}`, error);
    });
    try {
      document = JSON.parse(text);
    } catch (error) {
      throw wrong(`${state} is no test token: it is no JSON`, error);
    }
  }
  if (typeof document === 'object' && document !== null && 'id' in document && typeof document.id === 'string') {
    return document as { id: string };
  }
  throw wrong(typeof state === 'string' ? `${state} is no test token` : 'this is no test token');
}

/** A text as it is, an expression between slashes, as the service takes them. */
function patternOf(text: string | RegExp): string {
  if (typeof text === 'string') return text;
  const flags = [...text.flags].filter((flag) => 'ims'.includes(flag)).join('');
  return flags ? `/(?${flags})${text.source}/` : `/${text.source}/`;
}
