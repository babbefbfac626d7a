//! Package `client-wasm`.
