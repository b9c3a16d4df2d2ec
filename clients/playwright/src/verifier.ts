/** The verifier behind the service: for banks' back ends in tests, and to prepare what a test needs. */

import { randomUUID } from 'node:crypto';

import { span, type Span } from './allowed.js';
import { CamtokenError, type Http } from './http.js';
import { step } from './steps.js';
import type { Token } from './token.js';

/** Who is registered. */
export interface Subscriber {
  contract: string;
  user: string;
}

/** A transaction for an activation; `camtoken schema fields` lists operations and fields. */
export interface NewChallenge {
  activation: string;
  operation: string;
  fields: Record<string, string | number | boolean | string[]>;
  /** How long it may be answered: `3m`, which it is without. */
  ttl?: Span;
}

/** What came of a response. Execute `transaction`: it is what the token showed. */
export interface Verdict {
  result: 'accepted' | 'rejected' | 'expired' | 'used' | 'superseded' | 'suspended';
  /** All that a browser may learn beside `attemptsLeft`. */
  browser: 'accepted' | 'rejected';
  reason?: string;
  attemptsLeft?: number;
  suspended?: boolean;
  transaction?: { operation: string; fields: Record<string, string> };
  first?: boolean;
}

interface ChallengeDocument {
  id: string;
  activation: string;
  operation: string;
  expiresAt: string;
  code: { text: string; png: string; svg: string };
}

/** A challenge that was issued. */
export class Challenge {
  readonly id: string;
  readonly activation: string;
  readonly operation: string;
  readonly expiresAt: Date;
  /** What the 2D code carries. */
  readonly code: string;

  constructor(
    private readonly http: Http,
    private readonly document: ChallengeDocument,
  ) {
    this.id = document.id;
    this.activation = document.activation;
    this.operation = document.operation;
    this.expiresAt = new Date(document.expiresAt);
    this.code = document.code.text;
  }

  /** The code as a picture. */
  async png(): Promise<Buffer> {
    return this.http.bytes(this.document.code.png);
  }

  /** The code as a drawing. */
  async svg(): Promise<string> {
    return this.http.text(this.document.code.svg);
  }
}

/** Issues challenges and settles responses. */
export class Verifier {
  constructor(private readonly http: Http) {}

  /** Registers a test token with the verifier, as a bank does before it hands one out. */
  async addToken(token: Token): Promise<void> {
    const json = await token.state();
    await step(`Verifier: add token ${token.id}`, () => this.http.json('POST', '/v1/tokens', { json }));
  }

  /** Registers a test token with the verifier, and a user on it by both codes. Returns the activation. */
  async enroll(token: Token, subscriber: Subscriber): Promise<string> {
    return step(`Verifier: enroll ${subscriber.user} on token ${token.id}`, () => this.begin(token, subscriber));
  }

  private async begin(token: Token, subscriber: Subscriber): Promise<string> {
    await this.addToken(token);
    const begun = await this.http.json<{ id: string; code1: { text: string } }>('POST', '/v1/enrollments', {
      json: { tokenId: token.id, ...subscriber },
      idempotencyKey: randomUUID(),
    });
    let code2 = '';
    const post = async <T>(step: string, json: object) => {
      const answer = await this.http.json<T & { result: string }>('POST', `/v1/enrollments/${begun.id}/${step}`, { json });
      if (answer.result === 'accepted') return answer;
      throw new CamtokenError(`camtoken: the registration was refused at ${step}: ${JSON.stringify(answer)}`);
    };
    await token.register({
      firstCode: () => begun.code1.text,
      enterDeviceCode: async (deviceCode) => {
        code2 = (await post<{ code2: { text: string } }>('device-code', { deviceCode })).code2.text;
      },
      secondCode: () => code2,
      enterResponse: async (response) => post('confirm', { response }),
    });
    return begun.id;
  }

  /** Puts a transaction to an activation; the challenge before it is superseded. */
  async issue(challenge: NewChallenge): Promise<Challenge> {
    const { ttl, ...rest } = challenge;
    const json = ttl === undefined ? rest : { ...rest, ttl: span(ttl) };
    const send = { json, idempotencyKey: randomUUID() };
    const issue = () => this.http.json<ChallengeDocument>('POST', '/v1/challenges', send);
    return new Challenge(this.http, await step(`Verifier: issue ${challenge.operation}`, issue));
  }

  /** Settles a response. The same `attempt` gets the same answer. */
  async verify(challenge: Challenge | string, response: string, attempt: string = randomUUID()): Promise<Verdict> {
    const id = typeof challenge === 'string' ? challenge : challenge.id;
    const send = { json: { response }, idempotencyKey: attempt };
    return step(`Verifier: verify ${response}`, () => this.http.json('POST', `/v1/challenges/${id}/verify`, send));
  }

  /** Suspends an activation: nothing is accepted from it until it is resumed. */
  async suspend(activation: string): Promise<void> {
    await step('Verifier: suspend the activation', () => this.http.json('POST', `/v1/activations/${activation}/suspend`));
  }

  /** Resumes a suspended activation. */
  async resume(activation: string): Promise<void> {
    await step('Verifier: resume the activation', () => this.http.json('POST', `/v1/activations/${activation}/resume`));
  }

  /** Revokes an activation for good. */
  async revoke(activation: string): Promise<void> {
    await step('Verifier: revoke the activation', () => this.http.json('POST', `/v1/activations/${activation}/revoke`));
  }
}
