// The FAPI 2.0 Security Profile (Final), requirement by requirement, against the bank under TLS. The table is in fapi/table.mjs; it runs
// in a process of its own, which trusts the bank's authority from its start.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { binary, startBank } from "./bank.mjs";
import { newClient } from "./fapi/client.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

test("every requirement of the FAPI 2.0 Security Profile is met on the wire", async () => {
  const files = mkdtempSync(join(tmpdir(), "clients-"));
  const clients = await Promise.all(["ledger", "other"].map((name) => newClient(name, ["http://127.0.0.1:9000/callback"])));
  const more = clients.flatMap(({ metadata }) => {
    const file = join(files, `${metadata.client_id}.json`);
    writeFileSync(file, JSON.stringify(metadata));
    return ["--client", file];
  });
  const bank = await startBank(undefined, ["--test-clock", ...more]);
  try {
    const { url, tls, tokens, session, provider, dir } = bank;
    const known = { url, tls, tokens, session, provider, dir, binary, clients };
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(bank.dir, "authority.pem"), BANK: JSON.stringify(known) };
    const { status, stdout, stderr } = spawnSync(process.execPath, [here("fapi/table.mjs")], { env, encoding: "utf8" });
    console.log(stdout);
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  } finally {
    await bank.stop();
    rmSync(files, { recursive: true });
  }
});
