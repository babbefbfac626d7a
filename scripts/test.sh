#!/usr/bin/env bash
# Every test. --long runs the same code with the counts of a release.
source "$(dirname "$0")/lib.sh"
if [ "${1:-}" = --long ]; then
    export FL_LONG=1 FL_MUTANTS=${FL_MUTANTS:-2000000} FL_KILLS=${FL_KILLS:-1000} PROPTEST_CASES=${PROPTEST_CASES:-4096}
fi
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

step "set-up" bash scripts/setup.sh --tests
step "format" cargo fmt --all --check
step "web: install, lint, types, unit tests, build" bash scripts/test-web.sh
step "lints" cargo clippy --locked "${workspace[@]}" --all-targets -- -D warnings
step "programs" build_all
step "rust tests" cargo test --locked "${workspace[@]}"
step "phone bindings" bash scripts/test-ffi.sh
step "browser core" env WASM_BINDGEN_RUNNER=target/debug/wasm-bindgen-runner bash scripts/test-wasm.sh
step "browser tests" npm --prefix web run e2e
echo
echo "all tests passed"
