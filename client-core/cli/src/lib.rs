//! Package `device-cli`.
