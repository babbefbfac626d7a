#!/usr/bin/env bash
# The core in a browser: build, sizes, declared against real interface, behaviour in Chromium.
source "$(dirname "$0")/lib.sh"
step "wasm" bash scripts/wasm.sh
pkg=web/core/pkg
node -e 'const { brotliCompressSync: brotli, gzipSync: gzip } = require("zlib");
    const wasm = require("fs").readFileSync(process.argv[1]);
    console.log(`wasm: ${wasm.length} bytes, gzip ${gzip(wasm, { level: 9 }).length}, brotli ${brotli(wasm).length}`);' \
    $pkg/client_wasm_bg.wasm

# One of the tests talks to the real programs.
[ -x target/debug/fieldledger ] && [ -x target/debug/fieldledger-device ] || build_all
[ -d web/node_modules ] || npm --prefix web ci --no-audit --no-fund
# web/core/door.ts says by hand what the generated declarations say; here they are compared.
cat >target-wasm/check.ts <<'TS'
import type * as real from '../web/core/pkg/client_wasm.js';
import type { Door } from '../web/core/door';
export const fits = (core: typeof real): Door => core;
TS
cat >target-wasm/tsconfig.json <<'JSON'
{
  "compilerOptions": {
    "noEmit": true, "strict": true, "skipLibCheck": true, "types": [],
    "target": "es2022", "module": "esnext", "moduleResolution": "bundler",
    "lib": ["es2023", "dom", "dom.iterable", "esnext.disposable"]
  },
  "files": ["check.ts"]
}
JSON
web/node_modules/.bin/tsc -p target-wasm
web/node_modules/.bin/tsc --noEmit -p tests/browser/core
NODE_PATH="$PWD/web/node_modules" web/node_modules/.bin/playwright test --config tests/browser/core/playwright.config.ts
