#!/usr/bin/env bash
# Both web apps into web/dist, which the server embeds.
source "$(dirname "$0")/lib.sh"
if [ ! -d web/node_modules ] || [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
    npm --prefix web ci --no-audit --no-fund
fi
npm --prefix web run build
