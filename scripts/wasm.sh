#!/usr/bin/env bash
# client-core for the browser, into web/core/pkg. Uses rustup's wasm target where there is one, and
# otherwise Debian's compiler, which can build the standard library itself.
source "$(dirname "$0")/lib.sh"
target=wasm32-unknown-unknown
out=target-wasm/$target/wasm/client_wasm.wasm

if [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] || { have rustup && rustup target add $target >/dev/null 2>&1; }; then
    have clang || packages clang
    CARGO_TARGET_DIR=target-wasm cargo build --locked -p client-wasm --lib --target $target --profile wasm
else
    packages rustc-web cargo-web rust-web-src clang-19 lld-19 llvm-19
    # A target directory of its own: two compilers would evict each other's artefacts.
    env -u RUSTUP_TOOLCHAIN RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CC_wasm32_unknown_unknown=clang-19 AR_wasm32_unknown_unknown=llvm-ar-19 \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld-19 CARGO_TARGET_DIR=target-wasm \
        /usr/bin/cargo build --locked -Z build-std=std,panic_abort -p client-wasm --lib --target $target --profile wasm
fi
# wasm-opt is left out on purpose: of a module built with opt-level "z" it takes 8 % of the bytes on the
# disk, and the compressed file, which is what travels, becomes 4 % larger.
if [ -n "${WASM_BINDGEN_RUNNER:-}" ]; then
    "$WASM_BINDGEN_RUNNER" "$out" web/core/pkg
else
    cargo run --locked -q -p wasm-bindgen-runner -- "$out" web/core/pkg
fi
