#!/usr/bin/env bash
# Builds everything, makes the demo organisation if there is none, and serves it.
source "$(dirname "$0")/lib.sh"
step "set-up" bash scripts/setup.sh
step "web apps" bash scripts/web.sh
step "server" cargo build --release --locked -p server -p device-cli
data=${FIELDLEDGER_DATA:-data/demo}
# Says the accounts, and that the organisation exists already when it does.
target/release/fieldledger demo --data "$data"
echo "办公室 Office: http://127.0.0.1:8080/    手机端 Field: http://127.0.0.1:8080/field/    (Ctrl+C 停止 stops)"
exec target/release/fieldledger serve --data "$data" --listen 127.0.0.1:8080
