import vue from '@vitejs/plugin-vue';
import { resolve } from 'node:path';
import type { UserConfig } from 'vite';
import { localFonts } from './vite.fonts.ts';

const root = import.meta.dirname;

export const alias = {
  '@core': resolve(root, 'core'),
  '@shared': resolve(root, 'shared'),
};

/**
 * One app's build. `base` is the path the server mounts it under; during
 * development calls to the API go to FIELDLEDGER_URL.
 */
export function appConfig(app: 'office' | 'field', base: string): UserConfig {
  return {
    root: resolve(root, 'apps', app),
    base,
    plugins: [vue(), localFonts()],
    resolve: { alias },
    build: {
      outDir: resolve(root, 'dist', app),
      emptyOutDir: true,
      target: 'es2022',
      chunkSizeWarningLimit: 1500,
    },
    server: {
      host: '127.0.0.1',
      proxy: { '/api': process.env.FIELDLEDGER_URL ?? 'http://127.0.0.1:8080' },
    },
  };
}
