#!/usr/bin/env bash
# FieldLedger.xcframework and its Swift source, into target/apple. For a Mac with Xcode; see ../README.md.
source "$(dirname "$0")/../../../scripts/lib.sh"
have xcodebuild || { echo "this needs a Mac with Xcode" >&2; exit 1; }
out=target/apple
rm -rf "$out" && mkdir -p "$out/headers"
libraries=()
for target in aarch64-apple-ios aarch64-apple-ios-sim; do
    cargo rustc --locked --release -p client-ffi --lib --crate-type staticlib --target $target
    libraries+=(-library "target/$target/release/libfieldledger_core.a" -headers "$out/headers")
done
cargo build --locked -p client-ffi --features bindgen
target/debug/uniffi-bindgen generate --no-format --language swift --out-dir "$out" target/debug/libfieldledger_core.dylib
mv "$out/fieldledgerFFI.h" "$out/headers/"
mv "$out/fieldledgerFFI.modulemap" "$out/headers/module.modulemap"
xcodebuild -create-xcframework "${libraries[@]}" -output "$out/FieldLedger.xcframework"
