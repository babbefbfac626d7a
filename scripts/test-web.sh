#!/usr/bin/env bash
# The web apps without a browser.
source "$(dirname "$0")/lib.sh"
bash scripts/web.sh
npm --prefix web run lint
npm --prefix web run test
