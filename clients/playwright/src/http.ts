/** Requests to the service. What goes wrong says what to do about it. */

/** Why something could not be done. `code` is stable: `camtoken explain CODE` says more. */
export class CamtokenError extends Error {
  override readonly name = 'CamtokenError';

  constructor(
    message: string,
    /** The stable code of the service's problem, such as `CT-E071`. */
    readonly code?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What is sent with a request. */
export interface Send {
  json?: unknown;
  bytes?: Uint8Array | string;
  query?: Record<string, string | undefined>;
  /** Sent again with the same name, the request gets the same answer. */
  idempotencyKey?: string;
}

interface Problem {
  title: string;
  hint: string;
  docs: string;
  code: string;
  detail?: string;
}

/** A full service asks to come again in a moment, and has done nothing. */
const FULL = 'CT-E107';
const TRIES = 5;

/** One service, by its address. */
export class Http {
  readonly url: string;

  constructor(
    url: string,
    private readonly apiKey: string | undefined,
  ) {
    this.url = addressOf(url);
  }

  async json<T>(method: string, path: string, send: Send = {}): Promise<T> {
    const answer = await this.call(method, path, send);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  async bytes(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.call('GET', path, {})).arrayBuffer());
  }

  async text(path: string): Promise<string> {
    return (await this.call('GET', path, {})).text();
  }

  private async call(method: string, path: string, send: Send): Promise<Response> {
    const url = new URL(this.url + path);
    for (const [name, value] of Object.entries(send.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers: Record<string, string> = { 'accept-language': 'en' };
    if (this.apiKey) headers['authorization'] = `Bearer ${this.apiKey}`;
    if (send.idempotencyKey) headers['idempotency-key'] = send.idempotencyKey;
    if (send.json !== undefined) headers['content-type'] = 'application/json';
    else if (typeof send.bytes === 'string') headers['content-type'] = 'text/plain';
    else if (send.bytes) headers['content-type'] = 'application/octet-stream';
    const body = send.json === undefined ? send.bytes : JSON.stringify(send.json);

    for (let tries = 1; ; tries++) {
      let answer: Response;
      try {
        answer = await fetch(url, { method, headers, body: (body as BodyInit | undefined) ?? null });
      } catch (error) {
        const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
        throw new CamtokenError(
          `camtoken: ${this.url} does not answer: ${why}\n  hint  Is the service running? Without CAMTOKEN_URL the tests start their own.`,
          undefined,
          { cause: error },
        );
      }
      if (answer.ok) return answer;
      const problem = await problemOf(answer);
      if (problem?.code === FULL && tries < TRIES) {
        await new Promise((later) => setTimeout(later, 100 * 2 ** tries));
        continue;
      }
      throw new CamtokenError(told(method, path, answer.status, problem), problem?.code);
    }
  }
}

/** An address with its scheme and without a slash at the end. */
function addressOf(url: string): string {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  const meant = `http://${url.replace(/^(https?:)?\/*/, '') || '127.0.0.1:4870'}`;
  throw new CamtokenError(
    `camtoken: '${url}' is no address of a service\n` +
      `  hint  It begins with http:// or https://, such as ${meant} (CAMTOKEN_URL, or \`url\` in camtokenOptions).`,
  );
}

async function problemOf(answer: Response): Promise<Problem | undefined> {
  const text = await answer.text();
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  return JSON.parse(text) as Problem;
}

function told(method: string, path: string, status: number, problem: Problem | undefined): string {
  if (!problem) return `camtoken: ${method} ${path} was answered ${status}\n  hint  Is it camtoken that answers there?`;
  const detail = problem.detail ? `: ${problem.detail}` : '';
  return [
    `camtoken: error[${problem.code}]: ${problem.title}${detail}`,
    `  call  ${method} ${path} (${status})`,
    `  hint  ${problem.hint}`,
    `  docs  ${problem.docs}`,
  ].join('\n');
}
