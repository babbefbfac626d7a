#!/usr/bin/env bash
# Libraries and Kotlin sources for an Android library module, into target/android. For a machine with the
# Android NDK and cargo-ndk; see ../README.md.
source "$(dirname "$0")/../../../scripts/lib.sh"
have cargo-ndk || { echo "please install: cargo install cargo-ndk, and the Android NDK" >&2; exit 1; }
out=target/android/src/main
cargo ndk -t arm64-v8a -t armeabi-v7a -t x86_64 -o "$out/jniLibs" build --locked --release -p client-ffi --lib
# The sources are made from a library of this machine: they are the same for every target.
cargo build --locked -p client-ffi --features bindgen
target/debug/uniffi-bindgen generate --no-format --language kotlin --out-dir "$out/kotlin" \
    target/debug/libfieldledger_core.$([ "$(uname)" = Darwin ] && echo dylib || echo so)
echo "$out"
