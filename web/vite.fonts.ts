import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Plugin } from 'vite';

const EMBEDDED = /url\(data:font\/woff2[^,]*,([^)]+)\)/g;
const ELSEWHERE = /,\s*url\((?:https?:)?\/\/[^)]*\)\s*format\([^)]*\)/g;

/**
 * Vant's style sheet carries its icon font as a data URI, with a fallback on
 * somebody else's server. The pages load nothing from elsewhere and no data
 * URIs as fonts, so the font becomes a file of the build.
 */
export function localFonts(): Plugin {
  const folder = resolve(import.meta.dirname, 'node_modules/.cache/fieldledger');
  let count = 0;
  return {
    name: 'local-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.css') || !EMBEDDED.test(code)) return null;
      mkdirSync(folder, { recursive: true });
      return code.replace(ELSEWHERE, '').replace(EMBEDDED, (_, base64: string) => {
        const file = resolve(folder, `font-${count++}.woff2`);
        writeFileSync(file, Buffer.from(base64, 'base64'));
        return `url(${relative(dirname(id), file)})`;
      });
    },
  };
}
