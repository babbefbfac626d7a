#!/usr/bin/env bash
# What building and (with --tests) testing need. Run again at will: what is there is left alone.
source "$(dirname "$0")/lib.sh"

have cc || packages build-essential
have cargo || { echo "please install Rust (https://rustup.rs): stable, 1.95 or newer" >&2; exit 1; }
have node || { echo "please install Node.js 20.19 or newer (https://nodejs.org)" >&2; exit 1; }
node -e 'const [a,b]=process.versions.node.split(".").map(Number); if (a<20||(a===20&&b<19)) { console.error("Node.js 20.19 or newer is needed, this is "+process.version); process.exit(1) }'

if [ "${1:-}" = --tests ]; then
    # The browser tests drive the distribution's Chromium; Chinese text needs a font to be looked at.
    if [ ! -x /usr/bin/chromium ]; then packages chromium fonts-noto-cjk; fi
fi
