// What a client generated from /openapi.json knows of each operation. Nothing here runs: it has to compile, and what is marked as an
// error has to be one.

import type { components, paths } from "./openapi.js";

type NewChallenge = paths["/v1/challenges"]["post"]["requestBody"]["content"]["application/json"];
type Catalogue = paths["/v1/operations"]["get"]["responses"][200]["content"]["application/json"];
type Batch = paths["/v1/challenges/batch"]["post"]["responses"][201]["content"]["application/json"];
type Transfer = components["schemas"]["Fields-transfer"];

const activation = "0123456789ab";

const fields: Transfer = {
  bankCode: "0001",
  bankName: "カクウ",
  branchCode: "001",
  branchName: "ホンテン",
  accountType: "ordinary",
  account: "0012345",
  payee: "ミホン ショウジ(カ",
  amount: 1_250_000,
  date: "2026-11-24",
  newPayee: true,
};

export const challenges: NewChallenge[] = [
  { activation, operation: "transfer", fields, ttl: "3m" },
  { activation, operation: "transfer", fields: { ...fields, amount: "1250000", newPayee: "yes" } },
  { activation, operation: "limit-change", fields: { limit: "transfer", old: 1_000_000, new: 5_000_000 } },
  // @ts-expect-error: a payee is a text
  { activation, operation: "transfer", fields: { ...fields, payee: true } },
  // @ts-expect-error: an amount is no flag
  { activation, operation: "transfer", fields: { ...fields, amount: false } },
  // @ts-expect-error: the fields are those of the operation
  { activation, operation: "limit-change", fields },
  // @ts-expect-error: there is no such account type
  { activation, operation: "transfer", fields: { ...fields, accountType: "gold" } },
  // @ts-expect-error: there is no such operation
  { activation, operation: "gift", fields },
];

/** Told apart by the operation. */
export function amount(challenge: NewChallenge): number | string | undefined {
  return challenge.operation === "transfer" ? challenge.fields.amount : undefined;
}

export function shown(catalogue: Catalogue, batch: Batch): string[] {
  const operation = catalogue.operations.find((operation) => operation.name === batch.operation);
  return operation?.fields.filter((field) => field.displayed).map((field) => field.en) ?? [];
}
