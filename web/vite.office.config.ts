import { defineConfig } from 'vite';
import { appConfig } from './vite.common.ts';

export default defineConfig(appConfig('office', '/'));
