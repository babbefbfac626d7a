import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';
import { alias } from './vite.common.ts';

export default defineConfig({
  plugins: [vue()],
  resolve: { alias },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    // Element Plus ships ES modules that import CSS; Vite has to handle them.
    server: { deps: { inline: ['element-plus'] } },
  },
});
