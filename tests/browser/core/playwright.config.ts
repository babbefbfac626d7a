import { defineConfig } from '@playwright/test';

/**
 * The Rust core in a browser, without the apps and without our server: `scripts/test-wasm.sh`. The file
 * is not called `.spec.ts`, so that the apps' tests next door do not pick it up.
 */
export default defineConfig({
  testDir: '.',
  testMatch: '*.pw.ts',
  outputDir: '../test-results/core',
  workers: 1,
  forbidOnly: true,
  retries: 0,
  timeout: 180_000,
  reporter: [['list']],
});
