// The API against its own description, by strangers' tools: openapi-spec-validator reads it, schemathesis sends what it allows and forbids.
// OPENAPI_TOOLS is the folder with both programs (pip install openapi-spec-validator schemathesis).

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import * as oauth from "openid-client";

import { Token, startBank } from "./bank.mjs";
import { Customer } from "./customer.mjs";

const tools = process.env.OPENAPI_TOOLS;

async function bearer(bank) {
  const { clientSecret } = JSON.parse(readFileSync(join(bank.dir, "provider.json"), "utf8"));
  const config = await oauth.discovery(new URL(`${bank.url}/oauth`), "choubo", undefined, oauth.ClientSecretBasic(clientSecret), {
    algorithm: "oauth2", execute: [oauth.allowInsecureRequests],
  });
  const customer = new Customer(bank, new Token(bank, "KKK0000001"));
  await customer.register("KKK0000001");
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
  const expectedState = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: `${bank.provider}/callback`, scope: "balances statements transfers", state: expectedState,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
  });
  const back = await customer.consent(url);
  return (await oauth.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState })).access_token;
}

test("the API is as it is described", { skip: !tools && "OPENAPI_TOOLS is not set" }, async () => {
  const bank = await startBank();
  const dir = mkdtempSync(join(tmpdir(), "described-"));
  try {
    const document = await (await fetch(`${bank.url}/api/openapi.json`)).text();
    const file = join(dir, "openapi.json");
    writeFileSync(file, document);
    const valid = spawnSync(join(tools, "openapi-spec-validator"), [file], { encoding: "utf8" });
    assert.equal(valid.status, 0, valid.stdout + valid.stderr);
    const config = fileURLToPath(new URL("schemathesis.toml", import.meta.url));
    const token = await bearer(bank);
    const probed = spawnSync(
      join(tools, "schemathesis"),
      ["--config-file", config, "run", file, "--url", bank.url, "--header", `Authorization: Bearer ${token}`],
      { encoding: "utf8", cwd: dir, timeout: 480_000 },
    );
    assert.equal(probed.status, 0, probed.stdout + probed.stderr);
  } finally {
    await bank.stop();
    rmSync(dir, { recursive: true });
  }
});
