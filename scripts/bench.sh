#!/usr/bin/env bash
# Figures of docs/PERFORMANCE.md, one JSON line each, against release programs.
source "$(dirname "$0")/lib.sh"
cargo build --release --locked -q -p server -p device-cli -p e2e
exec target/release/fieldledger-bench "$@"
