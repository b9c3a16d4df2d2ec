/** What became of a code that was held before the token. */

import { CamtokenError } from './http.js';
import type { Panel } from './token.js';

/** One field, as the code has it and as the token shows it. */
export interface Field {
  /** As the catalogue names it: `payee`. */
  name: string;
  /** As the token names it, in its language. */
  label: string;
  /** In its canonical form: `1250000`. */
  value: string;
  /** As it stands on the token's screen: `¥1,250,000`. */
  shown: string;
}

/** Why a token does not answer a code. */
export interface Refusal {
  /** `T01` to `T14`. */
  code: string;
  message: string;
  /** What to do about it. Where no code was seen: what to change in the test or on the page. */
  hint: string;
  /** Where no code was seen: what was looked at, line by line. */
  where: string[];
}

/** As the service tells it. */
export interface ScannedDocument {
  outcome: 'shown' | 'refused';
  code?: string;
  message?: string;
  hint?: string;
  where?: string[];
  operation?: string;
  fields: Field[];
  screen?: { pages: Panel[] };
  response?: string;
  deviceCode?: string;
  wrongResponse?: string;
  registered?: boolean;
  expiresAt?: string;
  quality?: Quality;
  codes?: number;
  drawing?: string;
  overlayUrl?: string;
}

/** How a picture was. `toBeScannable` says more. */
export interface Quality {
  /** `A` to `F`. */
  grade: string;
  /** Pixels of the picture for one module. */
  pxPerModule?: number;
  /** What to change on the page, the worst first. */
  advice: string[];
}

/** What the token showed of a code and answered to it, or why it refused. A refusal is an answer, and throws nothing. */
export class Scan {
  readonly outcome: 'shown' | 'refused';
  /** Why the token refused; `undefined` when it did not. */
  readonly refusal: Refusal | undefined;
  /** What was to be approved, such as `transfer`. */
  readonly operation: string | undefined;
  /** What the token showed, by name and in its order. */
  readonly fields: Record<string, Field>;
  /** Every page that it showed. */
  readonly screen: { pages: Panel[] };
  /** Whether a registration is kept; `undefined` as long as the token asks. */
  readonly registered: boolean | undefined;
  /** From then on no response is accepted. */
  readonly expiresAt: Date | undefined;
  /** How the picture was, where it was one. */
  readonly quality: Quality | undefined;
  /** How many different codes were in the picture; `undefined` where it was none. */
  readonly codes: number | undefined;
  /** Where the service has the picture with what was seen drawn onto it, until the token's next scan. */
  readonly overlayUrl: string | undefined;

  readonly #document: ScannedDocument;

  /** @internal */
  constructor(document: ScannedDocument, service: string) {
    this.#document = document;
    this.outcome = document.outcome;
    const { code = '', message = '', hint = '', where = [] } = document;
    this.refusal = document.outcome === 'refused' ? { code, message, hint, where } : undefined;
    this.operation = document.operation;
    this.fields = Object.fromEntries(document.fields.map((field) => [field.name, field]));
    this.screen = document.screen ?? { pages: [] };
    this.registered = document.registered;
    this.expiresAt = document.expiresAt === undefined ? undefined : new Date(document.expiresAt);
    this.quality = document.quality;
    this.codes = document.codes;
    this.overlayUrl = document.overlayUrl === undefined ? undefined : new URL(document.overlayUrl, service).href;
  }

  /** The digits to type. Throws when the token gave none, and says why. */
  get response(): string {
    return this.#digits('response');
  }

  /** Digits of the same form that the bank must refuse. */
  get wrongResponse(): string {
    return this.#digits('wrongResponse');
  }

  /** The token's answer to the first code of a registration. */
  get deviceCode(): string {
    return this.#digits('deviceCode');
  }

  #digits(which: 'response' | 'wrongResponse' | 'deviceCode'): string {
    const digits = this.#document[which];
    if (digits !== undefined) return digits;
    if (this.refusal) throw new CamtokenError(`camtoken: there is no ${which}: ${told(this.refusal)}`);
    const has = this.#document.response ? 'response' : this.#document.deviceCode ? 'deviceCode' : undefined;
    throw new CamtokenError(
      has
        ? `camtoken: there is no ${which} for this code (${this.operation}), but a ${has}\n  hint  Use scan.${has}.`
        : `camtoken: there is no ${which}: nobody has pressed the buttons\n  hint  token.press('right') turns the pages and approves; token.screen() has the response then. Or scan with { confirm: 'auto' }.`,
    );
  }
}

/** A refusal in words. */
export function told(refusal: Refusal): string {
  const { code, message, where, hint } = refusal;
  if (where.length === 0) return `the token refused the code: ${code} ${message}\n  hint  ${hint}`;
  return [`the token saw no code: ${code} ${message}`, ...where, `  hint     ${hint}`].join('\n');
}
