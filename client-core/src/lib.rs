//! Package `client-core`.
