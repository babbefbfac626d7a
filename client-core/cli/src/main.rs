//! `fieldledger-device`: a device for desktops, scripts and tests. Everything it knows is in `client-core`;
//! this is a command line around it.
//!
//! Exit status: 0 done, 1 refused by a rule, 2 wrong usage, 3 server not reachable (nothing lost),
//! 4 sign-in needed. With `--json` every command prints one object or one array.

mod args;
mod host;
mod http;
mod run;
mod text;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let args = args::Args::parse();
    ExitCode::from(run::run(&args))
}
