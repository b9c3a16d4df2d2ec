// A request filled in, sent, and its answer looked at.

import { api, make, unfold } from "./openapi.js";

/** What names made by one request fill in for those after it. */
const NAMES = { sessions: ["session"], tokens: ["token"], enrollments: ["enrollment", "activation"], generators: ["activation"], challenges: ["challenge"] };
const MOST_TEXT = 100_000;

/** What was typed into one route goes for the others, as long as the page is open. */
const known = new Map();
let key = "";

/** Where the API key is typed, which every request then carries. */
export function keyField() {
  const input = make("input", { type: "password", autocomplete: "off", spellcheck: false });
  input.addEventListener("input", () => (key = input.value));
  return make("label", { className: "find" }, "API key, for trying out", input);
}

/** A form for one operation: its request as curl would send it, and a button that sends it. */
export function trial(path, method, operation) {
  const form = make("form", { className: "try" });
  const fields = (operation.parameters ?? []).map(field);
  const body = bodyOf(operation.requestBody);
  const command = make("pre", { tabIndex: 0 });
  const send = make("button", { type: "submit", className: "send" }, "Send");
  const stop = make("button", { type: "button", className: "quiet", hidden: true }, "Stop");
  const answer = make("div", { className: "answer", role: "status" });
  const request = () => written(path, method, fields, body);
  const rewrite = () => (command.textContent = curl(request()));
  form.append(make("h3", {}, "Try it"), ...fields.map(({ label }) => label));
  if (body) form.append(...body.parts);
  form.append(make("p", { className: "go" }, send, stop), answer, make("h3", {}, "With curl"), command);
  form.addEventListener("input", rewrite);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    rewrite();
    const abort = new AbortController();
    stop.onclick = () => abort.abort();
    [send.disabled, stop.hidden] = [true, false];
    try {
      await told(answer, path, method, request(), abort.signal);
    } catch (problem) {
      if (problem.name !== "AbortError") answer.replaceChildren(make("p", { className: "bad" }, String(problem.message)));
    }
    [send.disabled, stop.hidden] = [false, true];
    form.dispatchEvent(new Event("told", { bubbles: true }));
  });
  // Another route may have learned a name meanwhile.
  document.addEventListener("told", () => {
    for (const { name, input, place } of fields) if (place === "path" && !input.value) input.value = known.get(name) ?? "";
    rewrite();
  });
  rewrite();
  return form;
}

function field({ name, in: place, required = false, schema, description = "" }) {
  const [whole] = unfold(schema, []);
  const input = whole.enum
    ? make("select", {}, ...[required ? [] : [""], whole.enum].flat().map((word) => make("option", { value: word }, String(word))))
    : make("input", { type: "text", autocomplete: "off", spellcheck: false, value: known.get(name) ?? "" });
  input.required = required;
  if (place === "path") input.addEventListener("input", () => known.set(name, input.value));
  const label = make("label", {}, make("span", {}, make("b", {}, name), description ? ` ${description}` : ""), input);
  return { name, place, input, label };
}

/** The body's parts of the form: its kind where there are several, a text or a file. */
function bodyOf(described) {
  if (!described) return null;
  const kinds = Object.keys(described.content).filter((kind) => kind !== "multipart/form-data");
  const kind = make("select", {}, ...kinds.map((name) => make("option", { value: name }, name)));
  const text = make("textarea", { rows: 1, spellcheck: false });
  const file = make("input", { type: "file" });
  const kindLabel = make("label", {}, make("span", {}, make("b", {}, "Content-Type")), kind);
  const textLabel = make("label", {}, make("span", {}, make("b", {}, "Body"), described.required ? "" : " may be left out"), text);
  const fileLabel = make("label", {}, make("span", {}, make("b", {}, "Body"), " a file"), file);
  const show = () => {
    const { schema } = described.content[kind.value];
    const binary = unfold(schema, [])[0].format === "binary";
    [textLabel.hidden, fileLabel.hidden] = [binary, !binary];
    text.value = kind.value === "application/json" ? JSON.stringify(example(schema, []), null, 2) : "";
    text.rows = Math.min(14, text.value.split("\n").length + 1);
  };
  kind.addEventListener("input", show);
  kindLabel.hidden = kinds.length < 2;
  show();
  return { kind, file, text, parts: [kindLabel, textLabel, fileLabel] };
}

/** A document that fits a schema, or has empty texts where only a person can say what fits. */
function example(schema, seen) {
  const [whole, above] = unfold(schema, seen);
  if (whole.examples) return whole.examples[0];
  if ("const" in whole) return whole.const;
  if (whole.enum) return whole.enum[0];
  const choice = (whole.oneOf ?? whole.anyOf)?.find(({ type }) => type !== "null");
  if (choice) return example(choice, above);
  const type = [whole.type].flat().find((name) => name !== "null");
  if (type === "array") return whole.items ? [example(whole.items, above)] : [];
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return whole.default ?? whole.minimum ?? 0;
  if (type !== "object") return "";
  const required = new Set(whole.required ?? []);
  const parts = Object.entries(whole.properties ?? {}).filter(([name]) => required.has(name));
  return Object.fromEntries(parts.map(([name, found]) => [name, known.get(name) ?? example(found, above)]));
}

/** The request as the form has it. */
function written(path, method, fields, body) {
  const given = fields.filter(({ input }) => input.value !== "");
  const at = (place) => given.filter((found) => found.place === place).map(({ name, input }) => [name, input.value]);
  const parts = new Map(at("path"));
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name) => (parts.has(name) ? encodeURIComponent(parts.get(name)) : whole));
  const query = new URLSearchParams(at("query")).toString();
  const request = { method: method.toUpperCase(), address: `${location.origin}${filled}${query ? `?${query}` : ""}`, headers: Object.fromEntries(at("header")) };
  if (!body) return request;
  const file = body.file.files[0];
  const isFile = !body.file.parentElement.hidden;
  const sent = isFile ? file : body.text.value.trim();
  if (sent) {
    // Many kinds of picture, one field: the service looks at the bytes.
    request.headers["Content-Type"] = isFile && file.type ? file.type : body.kind.value;
    Object.assign(request, { body: sent, fileName: isFile ? file.name : null });
  }
  return request;
}

/** Quoted for a shell. The key stands in a variable: what is copied is shown around. */
function curl({ method, address, headers, body, fileName }) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const words = ["curl", ...(method === "GET" ? [] : ["-X", method]), quoted(address)];
  for (const [name, value] of Object.entries(headers)) words.push("-H", quoted(`${name}: ${value}`));
  if (api.security) words.push("-H", '"Authorization: Bearer $CAMTOKEN_API_KEY"');
  if (body) words.push("--data-binary", fileName ? quoted(`@${fileName}`) : quoted(body));
  return words.join(" ");
}

async function told(answer, path, method, { address, headers, body, method: verb }, signal) {
  answer.replaceChildren(make("p", { className: "muted" }, "Waiting …"));
  const start = performance.now();
  const authorization = key ? { Authorization: `Bearer ${key}` } : {};
  const response = await fetch(address, { method: verb, headers: { ...headers, ...authorization }, body, signal });
  const kind = response.headers.get("Content-Type")?.split(";")[0] ?? "";
  const took = Math.round(performance.now() - start);
  const status = make("span", { className: response.ok ? "status" : "status bad" }, String(response.status));
  answer.replaceChildren(make("p", {}, status, make("span", { className: "kind" }, [kind, `${took} ms`].filter(Boolean).join(", "))));
  if (kind.startsWith("image/")) {
    const picture = make("img", { src: URL.createObjectURL(await response.blob()), alt: "The picture that was answered" });
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    return answer.append(picture);
  }
  const text = make("pre", { tabIndex: 0 });
  answer.append(text);
  if (kind === "text/event-stream") return stream(response, text);
  const said = await response.text();
  if (!said) return text.remove();
  text.textContent = kind.endsWith("json") ? JSON.stringify(JSON.parse(said), null, 2) : said.slice(0, MOST_TEXT);
  if (response.status === 201 && kind === "application/json" && method === "post") {
    for (const name of NAMES[path.split("/").at(-1)] ?? []) known.set(name, JSON.parse(said).id);
  }
}

/** Events as they come, until the user ends it. */
async function stream(response, text) {
  const decoder = new TextDecoder();
  for await (const piece of response.body) text.textContent = (text.textContent + decoder.decode(piece, { stream: true })).slice(-MOST_TEXT);
}
