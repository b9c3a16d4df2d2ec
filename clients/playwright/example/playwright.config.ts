import { defineConfig } from '@playwright/test';
import type { WorkerSetup } from '@camtoken/playwright';

const verifier = 'http://127.0.0.1:4870';
const bank = 'http://127.0.0.1:4880';
const camtoken = process.env.CAMTOKEN_BIN ?? 'camtoken';
const chromium = process.env.CHROMIUM; // a browser of your own, such as Debian's /usr/bin/chromium

export default defineConfig<object, WorkerSetup>({
  testDir: 'tests',
  fullyParallel: true,
  workers: 4,
  webServer: [
    {
      command: `"${camtoken}" serve --listen 127.0.0.1:4870 --emulator --accept-test-keys --state-dir test-results/verifier --log warn`,
      url: `${verifier}/readyz`,
    },
    { command: 'node bank.mjs', url: bank, env: { VERIFIER: verifier, PORT: '4880' } },
  ],
  use: {
    baseURL: bank,
    camtokenOptions: { url: verifier },
    launchOptions: chromium ? { executablePath: chromium } : {},
  },
});
