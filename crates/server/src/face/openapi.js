// The description of the service, and how to go about in it.

export const api = await (await fetch("/openapi.json")).json();

/** A schema with what it refers to, as one. One that contains itself ends there. */
export function unfold(schema, seen) {
  if (schema.$ref) {
    if (seen.includes(schema.$ref)) return [{}, seen];
    const [whole, above] = unfold(resolve(schema), [...seen, schema.$ref]);
    return [{ ...whole, ...(schema.description ? { description: schema.description } : {}) }, above];
  }
  const choices = (schema.anyOf ?? schema.oneOf ?? []).filter((choice) => choice.type !== "null");
  if (choices.length === 1) {
    const [whole, above] = unfold(choices[0], seen);
    return [{ ...whole, ...schema }, above];
  }
  return [schema, seen];
}

export function resolve(found) {
  if (!found.$ref) return found;
  return found.$ref.slice(2).split("/").reduce((place, name) => place[name.replaceAll("~1", "/").replaceAll("~0", "~")], api);
}

export function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
