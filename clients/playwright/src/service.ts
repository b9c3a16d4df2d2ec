/** The service behind the tokens: started for a worker, or one that runs already. */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from 'camtoken';

import { moment, oneOf, span, type Span } from './allowed.js';
import { CamtokenError, Http } from './http.js';
import { Clock, fileOf, Token, type TokenOptions } from './token.js';
import { Verifier } from './verifier.js';

/** Which service. */
export interface ServiceOptions {
  /** One that runs already; else `CAMTOKEN_URL`, else a service is started. */
  url?: string;
  /** The binary; else `CAMTOKEN_BIN`, else that of the package `camtoken` for this platform, else `camtoken` on the path. */
  bin?: string;
  /** What a service that others reach asks for; else `CAMTOKEN_API_KEY`. */
  apiKey?: string;
}

/** A session of tokens with a clock and random numbers of its own. */
export interface SessionOptions {
  lang?: 'ja' | 'en';
  /** A moment at which the clock stands; without it the clock is the system's. */
  clock?: Date | string;
  /** Makes keys and numbers the same in every run. */
  seed?: string;
  /** How long it lives after its last use: `1h`, which it is without. */
  ttl?: Span;
}

const LANGUAGES = ['ja', 'en'] as const;
const STARTING_MS = 30_000;
const ENDING_MS = 15_000;

/** A service. */
export class Camtoken {
  readonly verifier: Verifier;

  /** @internal */
  constructor(
    /** @internal */
    readonly http: Http,
    private readonly end: () => Promise<void>,
  ) {
    this.verifier = new Verifier(http);
  }

  /** Uses the service that runs already, or starts one that ends with this process, however that ends. */
  static async start(options: ServiceOptions = {}): Promise<Camtoken> {
    const url = options.url ?? process.env['CAMTOKEN_URL'];
    const apiKey = options.apiKey ?? process.env['CAMTOKEN_API_KEY'];
    if (url) return new Camtoken(new Http(url, apiKey), async () => {});
    const bin = binary(options.bin);
    const dir = mkdtempSync(join(tmpdir(), 'camtoken-'));
    const clear = () => rmSync(dir, { recursive: true, force: true });
    const args = ['serve', '--json', '--port', '0', '--emulator', '--accept-test-keys', '--end-with-stdin', '--log', 'warn'];
    let child: ChildProcess;
    try {
      child = spawn(bin, [...args, '--state-dir', dir], { cwd: dir, env: surroundings(dir), stdio: 'pipe' });
    } catch (error) {
      // Some errors of the system come so, the others as an event.
      clear();
      throw notStarted(bin, error as Error);
    }
    try {
      const url = await listening(child, bin);
      return new Camtoken(new Http(url, undefined), async () => {
        await ended(child);
        clear();
      });
    } catch (error) {
      child.kill('SIGKILL');
      // Another process may have inherited the other ends: then they stay open, and this process would not end.
      for (const stream of child.stdio) stream?.destroy();
      clear();
      throw error;
    }
  }

  /** Its address, for what is no JavaScript. */
  get url(): string {
    return this.http.url;
  }

  /** Opens a session. */
  async session(options: SessionOptions = {}): Promise<Session> {
    const { clock, ttl, ...rest } = options;
    if (rest.lang !== undefined) oneOf('language of the token', rest.lang, LANGUAGES);
    const json = {
      ...rest,
      ...(clock === undefined ? {} : { clock: moment(clock) }),
      ...(ttl === undefined ? {} : { ttl: span(ttl) }),
    };
    const { id } = await this.http.json<{ id: string }>('POST', '/v1/sessions', { json });
    return new Session(this.http, `/v1/sessions/${id}`);
  }

  /** Ends the service, if it was started here. */
  async close(): Promise<void> {
    await this.end();
  }
}

/** Tokens that share a clock. */
export class Session {
  readonly clock: Clock;

  /** @internal */
  constructor(
    private readonly http: Http,
    private readonly path: string,
  ) {
    this.clock = new Clock(http, path);
  }

  /** Makes a token, or brings one back. */
  async token(options: TokenOptions = {}): Promise<Token> {
    const { state, ...rest } = options;
    if (rest.lang !== undefined) oneOf('language of the token', rest.lang, LANGUAGES);
    if (rest.confirm !== undefined) oneOf('way to confirm', rest.confirm, ['auto', 'step']);
    if (rest.profile !== undefined) oneOf('profile of a token', rest.profile, ['standard', 'japan']);
    let id: string;
    if (state === undefined) {
      ({ id } = await this.http.json<{ id: string }>('POST', `${this.path}/tokens`, { json: rest }));
    } else {
      const file = await fileOf(state);
      id = file.id;
      await this.http.json('PUT', `${this.path}/tokens/${id}/state`, { json: file });
    }
    return new Token(this.http, `${this.path}/tokens/${id}`, id, this.clock);
  }

  /** Ends it with all that is in it. */
  async close(): Promise<void> {
    await this.http.json('DELETE', this.path);
  }
}

/** The binary: as it was said, of the platform's package, or on the path. */
function binary(said: string | undefined): string {
  try {
    return findProgram(said);
  } catch (error) {
    throw new CamtokenError(`${(error as Error).message}\n        Or set CAMTOKEN_URL to a service that runs.`);
  }
}

/** A configuration of its own: a developer's own tokens and records stay out of the tests. */
function surroundings(dir: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CAMTOKEN_'));
  return { ...Object.fromEntries(own), CAMTOKEN_LANG: 'en', XDG_CONFIG_HOME: dir };
}

function notStarted(bin: string, { message }: Error): CamtokenError {
  return new CamtokenError(`camtoken: ${bin} did not start: ${message}\n  hint  Is it a program for this machine? CAMTOKEN_BIN is the path of the binary \`camtoken\`.`);
}

/** Waits for the line that says where it listens. */
async function listening(child: ChildProcess, bin: string): Promise<string> {
  let said = '';
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  return new Promise((found, failed) => {
    const fail = (why: string) => {
      clearTimeout(patience);
      // What camtoken complains of, it says; another program has other things to say.
      const isOurs = complaints.includes('error[CT-');
      const hint = isOurs ? '' : `\n  hint  Is it camtoken? \`${bin} --version\` tells. CAMTOKEN_BIN is the path of the binary \`camtoken\`.`;
      failed(new CamtokenError(`camtoken: ${bin} serve ${why}\n${said}${complaints}`.trimEnd() + hint));
    };
    const patience = setTimeout(() => fail(`did not say where it listens in ${STARTING_MS / 1_000} s`), STARTING_MS);
    const early = (code: number | null, signal: string | null) =>
      fail(`${signal ? `was ended by ${signal}` : `ended with exit code ${code}`}, and did not say where it listens`);
    child.once('error', (error) => {
      clearTimeout(patience);
      failed(notStarted(bin, error));
    });
    child.once('close', early);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 4_000);
      const [, url] = /^\{"schema":"camtoken\/listening\/1","url":"([^"]+)".*\n/.exec(said) ?? [];
      if (url === undefined) return;
      clearTimeout(patience);
      child.off('close', early);
      found(url);
    });
  });
}

/** Lets the service end by itself; it is ended when it does not. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((over) => {
    const patience = setTimeout(() => child.kill('SIGKILL'), ENDING_MS);
    child.once('exit', () => {
      clearTimeout(patience);
      over();
    });
    child.stdin?.end();
  });
}
