import { defineConfig } from '@playwright/test';
import type { Options } from './support/fixtures';

/**
 * The built web apps in Chromium against the real server program and real
 * devices, once in each language. Run from `web/`: `npm run e2e`.
 */
export default defineConfig<Options>({
  testDir: '.',
  outputDir: './test-results',
  // One server per worker; on a small machine a second one only slows the first.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    // Another zone than the organisation's, so that a mix-up of the two shows.
    timezoneId: 'America/New_York',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'zh-CN', use: { language: 'zh-CN' } },
    { name: 'en', use: { language: 'en' } },
  ],
});
