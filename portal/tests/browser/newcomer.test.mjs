// The two clients of LINKAGE.md, taken from the page and run as they stand there: with curl, and with openid-client under TLS.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { startBank } from "./bank.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const page = readFileSync(here("../../LINKAGE.md"), "utf8");

/// A block of the page, by its language and a text in it.
function block(language, text) {
  const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)].filter(([, known, code]) => known === language && code.includes(text));
  assert.equal(blocks.length, 1, `one block of ${language} with ${text}`);
  return blocks[0][2];
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/// Runs a program until it has asked a customer to open an address; the customer permits it, and `answer` gets where that leads.
async function linked(bank, program, args, options, answer) {
  const child = spawn(program, args, options);
  let told = "";
  const asked = new Promise((done) => {
    child.stdout.on("data", (data) => {
      told += data;
      const [address] = told.match(/https?:\/\/\S+(?=\n)/) ?? [];
      if (address) done(address);
    });
  });
  child.stderr.on("data", (data) => (told += data));
  const ended = new Promise((done) => child.on("exit", done));
  const address = await Promise.race([asked, ended]);
  assert.equal(typeof address, "string", told);
  // In a process of its own, which trusts the bank's authority.
  const { url, tls, tokens, session } = bank;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(bank.dir, "authority.pem"), BANK: JSON.stringify({ url, tls, tokens, session }) };
  const customer = spawnSync(process.execPath, [here("customer.mjs"), address], { env, encoding: "utf8" });
  assert.equal(customer.status, 0, customer.stderr);
  await answer(new URL(customer.stdout.trim()), child);
  return { status: await ended, told };
}

test("the client with curl links, sees a balance, and asks for a transfer", async () => {
  const dir = mkdtempSync(join(tmpdir(), "newcomer-"));
  writeFileSync(join(dir, "my-ledger.json"), block("json", "my-ledger"));
  const bank = await startBank(undefined, ["--client", join(dir, "my-ledger.json")]);
  try {
    const script = block("bash", "openssl").replaceAll("http://127.0.0.1:4880", bank.url);
    const { status, told } = await linked(bank, "bash", ["-c", script], { cwd: dir }, (back, child) => {
      child.stdin.end(`${back.searchParams.get("code")}\n`);
    });
    assert.equal(status, 0, told);
    assert.match(told, /"balance": 58420000/);
    assert.match(told, /"state": "pending"/);
  } finally {
    await bank.stop();
    rmSync(dir, { recursive: true });
  }
});

test("the client with openid-client makes its key, links by FAPI 2.0 under TLS, and ends the linkage", async () => {
  const dir = mkdtempSync(join(tmpdir(), "newcomer-"));
  const port = await freePort();
  symlinkSync(here("node_modules"), join(dir, "node_modules"));
  const write = (bank) =>
    writeFileSync(join(dir, "link.mjs"), block("js", "openid-client").replace("https://127.0.0.1:4882", bank).replace(":9000/", `:${port}/`));
  write("https://127.0.0.1:4882");
  const first = spawnSync(process.execPath, ["link.mjs"], { cwd: dir, encoding: "utf8" });
  assert.match(first.stdout, /--client my-fapi-ledger.json/, first.stderr);
  const bank = await startBank(undefined, ["--client", join(dir, "my-fapi-ledger.json")]);
  try {
    write(bank.tls);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(bank.dir, "authority.pem") };
    const { status, told } = await linked(bank, process.execPath, ["link.mjs"], { cwd: dir, env }, async (back) => {
      assert.equal((await fetch(back)).status, 200);
    });
    assert.equal(status, 0, told);
    assert.match(told, /102-0012345/);
    assert.match(told, /The linkage has ended/);
  } finally {
    await bank.stop();
    rmSync(dir, { recursive: true });
  }
});
