// The service, asked by its own page.

export class Problem extends Error {
  constructor(status, document) {
    super(document.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = document.code ?? "";
    this.hint = document.hint ?? "";
  }
}

let language = "en";

export function speak(lang) {
  language = lang;
}

/** Asks, and gives the document of the answer. */
export async function ask(method, path, body, headers = {}) {
  const options = { method, headers: { "Accept-Language": language, ...headers } };
  if (body instanceof Blob || body instanceof Uint8Array) {
    options.body = body;
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(path, options);
  const text = response.status === 204 ? "" : await response.text();
  const document = text ? JSON.parse(text) : {};
  if (!response.ok) throw new Problem(response.status, document);
  return document;
}

/** The token that the address names: `/ui#session=…&token=…`, for a site that gives its visitor a token. */
const named = () => {
  const words = new URLSearchParams(location.hash.slice(1));
  const [session, id] = [words.get("session") ?? "", words.get("token") ?? ""];
  return /^[0-9a-f]{32}$/.test(session) && /^[A-Z0-9-]{1,10}$/.test(id) ? { session, id } : null;
};

/** Whether the address holds a code before the token. */
export const hasCode = () => new URLSearchParams(location.hash.slice(1)).has("code");

/** A code that the address holds before the token (`#…&code=…`), once: when the page is loaded again, it is gone. */
export function handed() {
  const words = new URLSearchParams(location.hash.slice(1));
  const code = words.get("code");
  if (code === null) return null;
  words.delete("code");
  history.replaceState(null, "", `#${words}`);
  return /^CT\d+:/.test(code) ? code : null;
}

/** One token in one session: the one that is named, else one's own, found again when the page is opened again. */
export class Token {
  /** It stands in for one that was named, and is gone. */
  instead = false;

  constructor(session, id) {
    this.session = session;
    this.id = id;
    this.path = `/v1/sessions/${session}/tokens/${id}`;
  }

  static async open(lang) {
    const wanted = named();
    const token = (await Token.found(wanted)) ?? (await Token.found(JSON.parse(localStorage.getItem("token") ?? "null"))) ?? (await Token.made(lang));
    token.instead = wanted !== null && wanted.session !== token.session;
    return token;
  }

  static async found(place) {
    if (!place) return null;
    const token = new Token(place.session, place.id);
    try {
      await ask("GET", token.path);
      return token;
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      return null;
    }
  }

  /** A new one of one's own. */
  static async made(lang) {
    const session = await ask("POST", "/v1/sessions", { lang, ttl: "24h" });
    const made = await ask("POST", `/v1/sessions/${session.id}/tokens`, { confirm: "step" });
    localStorage.setItem("token", JSON.stringify({ session: session.id, id: made.id }));
    return new Token(session.id, made.id);
  }

  /** Whether the address names this one, or none. */
  isNamed() {
    const wanted = named();
    return !wanted || (wanted.session === this.session && wanted.id === this.id);
  }

  report() {
    return ask("GET", this.path);
  }

  screen() {
    return ask("GET", `${this.path}/screen`);
  }

  /** The session's time, and whether it goes on by itself. */
  async clock() {
    return (await ask("GET", `/v1/sessions/${this.session}`)).clock;
  }

  press(button, action = "press") {
    return ask("POST", `${this.path}/buttons/${button}`, { action });
  }

  /** Holds something before the camera: a file, a code's text, or luma with its size. */
  scan(seen, query = "confirm=step") {
    if (typeof seen === "string") {
      return ask("POST", `${this.path}/scan?${query}`, new Blob([seen]), { "Content-Type": "text/plain" });
    }
    if (seen instanceof Blob) {
      return ask("POST", `${this.path}/scan?${query}`, seen, { "Content-Type": seen.type || "application/octet-stream" });
    }
    const size = `&width=${seen.width}&height=${seen.height}`;
    const frame = seen.frame === undefined ? "" : `&frame=${seen.frame}`;
    const headers = { "Content-Type": "application/octet-stream" };
    return ask("POST", `${this.path}/scan?${query}${size}${frame}`, seen.luma, headers);
  }

  /** What it speaks is in its file, which is put back changed. */
  async speak(lang) {
    const state = await ask("GET", `${this.path}/state`);
    if (state.language === lang) return;
    state.language = lang;
    await ask("PUT", `${this.path}/state`, state);
  }

  /** Calls back with every screen, the present one first. */
  watch(shown, lost) {
    const events = new EventSource(`${this.path}/events`);
    events.addEventListener("screen", (event) => shown(JSON.parse(event.data)));
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) lost();
    });
    return events;
  }
}
