//! Package `e2e`.
