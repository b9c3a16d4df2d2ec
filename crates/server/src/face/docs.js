// /openapi.json, to be read and tried out: every route with what it takes and what it answers.

import { api, make, resolve, unfold } from "./openapi.js";
import { keyField, trial } from "./try.js";

const METHODS = ["get", "post", "put", "delete"];
const DEEPEST = 5;

document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
document.getElementById("about").textContent = api.info.description;
if (api.security) document.getElementById("about").after(keyField());

const sections = new Map();
for (const [path, item] of Object.entries(api.paths)) {
  for (const method of METHODS.filter((name) => item[name])) {
    const operation = item[method];
    const tag = operation.tags?.[0] ?? "service";
    if (!sections.has(tag)) sections.set(tag, make("section", {}, make("h2", {}, tag)));
    sections.get(tag).append(route(path, method, operation));
  }
}
document.getElementById("routes").replaceChildren(...sections.values());

const find = document.getElementById("find");
find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/);
  for (const section of sections.values()) {
    const routes = [...section.querySelectorAll(".route")];
    for (const found of routes) {
      const text = found.firstElementChild.textContent.toLowerCase();
      found.hidden = !words.every((word) => text.includes(word));
    }
    section.hidden = routes.every((found) => found.hidden);
  }
});

function route(path, method, operation) {
  const named = make("span", { className: "path" });
  for (const piece of path.split(/(\{\w+\})/)) named.append(piece.startsWith("{") ? make("i", {}, piece) : piece);
  const label = make("span", { className: "method" }, method);
  label.dataset.method = method;
  const made = make("details", { className: "route" });
  made.append(make("summary", {}, label, named, make("span", { className: "does" }, operation.summary)));
  // Filled when it is opened: most never are.
  made.addEventListener("toggle", () => made.children.length < 2 && made.append(inside(path, method, operation)));
  return made;
}

function inside(path, method, operation) {
  const page = make("div", { className: "inside" });
  const parameters = operation.parameters ?? [];
  if (parameters.length) {
    const parts = parameters.map((found) => part(found.name, found.schema, `${found.in}${found.required ? "" : ", optional"}`, found.description));
    page.append(make("h3", {}, "Parameters"), make("ul", { className: "parts" }, ...parts));
  }
  if (operation.requestBody) page.append(make("h3", {}, "Body"), ...bodies(operation.requestBody.content));
  page.append(make("h3", {}, "Answers"));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const { description, content } = resolve(answer);
    page.append(make("p", {}, make("span", { className: "status" }, status), description));
    if (!status.endsWith("XX")) page.append(...bodies(content ?? {}));
  }
  page.append(trial(path, method, operation));
  return page;
}

/** Each kind of body; those that are alike on one line. */
function bodies(content) {
  const kinds = new Map();
  for (const [kind, { schema }] of Object.entries(content)) {
    const key = JSON.stringify(schema);
    kinds.set(key, { schema, names: [...(kinds.get(key)?.names ?? []), kind] });
  }
  return [...kinds.values()].flatMap(({ schema, names }) => {
    const line = make("p", { className: "kind" }, names.join(", "));
    const tree = properties(schema, 0, []);
    return tree ? [line, tree] : [line];
  });
}

function properties(schema, depth, seen) {
  const [whole, above] = unfold(schema, seen);
  const of = whole.items ? unfold(whole.items, above)[0] : whole;
  if (of.discriminator) return forms(of.discriminator.mapping, depth, above);
  const known = Object.entries(of.properties ?? {});
  if (!known.length || depth > DEEPEST) return null;
  const parts = known.map(([name, found]) => {
    const entry = part(name, found, (of.required ?? []).includes(name) ? "" : "optional", unfold(found, [])[0].description);
    const tree = properties(found, depth + 1, above);
    if (tree) entry.append(tree);
    return entry;
  });
  return make("ul", { className: "parts" }, ...parts);
}

/** One of several forms, told apart by a word: each is opened by itself. */
function forms(mapping, depth, seen) {
  const form = ([name, $ref]) => {
    const tree = properties({ $ref }, depth + 1, seen);
    return make("li", {}, make("details", {}, make("summary", {}, name), ...(tree ? [tree] : [])));
  };
  return make("ul", { className: "parts" }, ...Object.entries(mapping).map(form));
}

function part(name, schema, note, description = "") {
  const kind = [kindOf(schema), note].filter(Boolean).join(", ");
  return make("li", {}, make("b", {}, name), " ", make("span", { className: "kind" }, kind), description ? ` – ${description}` : "");
}

function kindOf(schema) {
  const [whole] = unfold(schema, []);
  if (whole.enum) return whole.enum.join(" | ");
  if ("const" in whole) return String(whole.const);
  const type = [whole.type ?? "any"].flat().filter((name) => name !== "null").join(" | ");
  return type === "array" ? `array of ${kindOf(whole.items ?? {})}` : whole.format ?? whole.pattern ?? type;
}
