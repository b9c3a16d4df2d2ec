// For the tests of the package itself: a service for each worker, as it is without CAMTOKEN_URL.
import { defineConfig } from '@playwright/test';

const chromium = process.env['CHROMIUM'];

export default defineConfig({
  testDir: 'package',
  fullyParallel: true,
  workers: 4,
  use: { launchOptions: chromium ? { executablePath: chromium } : {} },
});
