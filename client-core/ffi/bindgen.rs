//! Makes Kotlin, Swift and Python sources from the built library: `uniffi-bindgen generate --library …`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
