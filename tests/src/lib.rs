//! Whole-system scenarios: the real server program, real device stores, a network that fails.

pub mod chance;
pub mod command;
pub mod device;
pub mod network;
pub mod office;
pub mod server;
pub mod world;
