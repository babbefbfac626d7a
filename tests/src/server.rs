//! The real `fieldledger` program, started, killed and restarted.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};

/// A program of this workspace, built beside the test (or named by `FIELDLEDGER_BIN_DIR`).
///
/// # Errors
/// It is not there: build it with `cargo build -p server -p device-cli`.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let dir = match std::env::var_os("FIELDLEDGER_BIN_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => {
            let exe = std::env::current_exe()?;
            let mut dir = exe.parent().context("no directory")?;
            if dir.ends_with("deps") {
                dir = dir.parent().context("no directory")?;
            }
            dir.to_owned()
        }
    };
    let path = dir.join(name);
    if !path.exists() {
        bail!("{} is not built: cargo build -p server -p device-cli", path.display());
    }
    Ok(path)
}

/// Runs a program to its end; its standard output if it succeeded.
///
/// # Errors
/// With what it printed.
pub fn run(mut command: Command, input: &str) -> anyhow::Result<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("stdin")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{:?}: {}\n{text}{}", command, output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// A running server.
pub struct Server {
    child: Child,
    data: PathBuf,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl Server {
    /// Starts it on a data directory and a free port, and waits until it listens.
    ///
    /// # Errors
    /// It did not start; with what it printed.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        Self::start_on(data, "127.0.0.1:0")
    }

    /// Starts it on an address of its own choosing: a restart keeps the devices' server.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_on(data: &Path, listen: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(program("fieldledger")?);
        command.arg("serve").arg("--data").arg(data).arg("--listen").arg(listen);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.with_extension("log"))?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout")?);
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                let _ = child.wait();
                let log = std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
                bail!("the server did not start: {printed}{log}");
            }
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                // Keep reading, so that the server never blocks on a full pipe.
                std::thread::spawn(move || {
                    let mut rest = Vec::new();
                    let _ = lines.read_to_end(&mut rest);
                });
                return Ok(Self { child, data: data.to_owned(), address: address.trim().to_owned() });
            }
            printed.push_str(&line);
        }
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, at once.
    ///
    /// # Errors
    /// The process could not be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Kills it and starts it again on the same address and data.
    ///
    /// # Errors
    /// It did not start again.
    pub fn restart(mut self) -> anyhow::Result<Self> {
        self.kill()?;
        let (data, address) = (self.data.clone(), self.address.clone());
        Self::start_on(&data, &address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds an account; the password is `password`.
///
/// # Errors
/// The command failed.
pub fn add_user(data: &Path, name: &str, role: &str, more: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new(program("fieldledger")?);
    command.args(["user", "add", name, "--role", role]).args(more).arg("--data").arg(data);
    run(command, &format!("{PASSWORD}\n")).map(|_| ())
}

/// The password of every account that [`add_user`] makes.
pub const PASSWORD: &str = "corridor-lantern-42";
