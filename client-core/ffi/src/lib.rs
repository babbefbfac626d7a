//! Package `client-ffi`.
