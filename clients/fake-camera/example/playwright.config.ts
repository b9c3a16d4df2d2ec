import { defineConfig } from '@playwright/test';

const chromium = process.env.CHROMIUM; // a browser of your own, such as Debian's /usr/bin/chromium

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  use: { launchOptions: chromium ? { executablePath: chromium } : {} },
});
