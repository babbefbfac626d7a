//! A server with people, and their devices.

use std::path::PathBuf;
use std::sync::Arc;

use domain::schema::Schema;

use crate::device::{Device, TestClock};
use crate::office::Office;
use crate::server::{Server, add_user};

/// Everything a scenario needs; gone with its directory when dropped.
pub struct World {
    dir: tempfile::TempDir,
    /// The server.
    pub server: Server,
    /// The schema of all.
    pub schema: Arc<Schema>,
    /// The clock of all devices.
    pub clock: TestClock,
    devices: u64,
}

impl World {
    /// A server with engineers `li` and `zhao`, office `wang` with every permission, and admin `root`.
    ///
    /// # Errors
    /// The programs are not built, or do not start.
    pub fn new() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("server");
        add_user(&data, "li", "engineer", &["--display", "李工"])?;
        add_user(&data, "zhao", "engineer", &["--display", "赵工"])?;
        add_user(
            &data,
            "wang",
            "office",
            &["--display", "王经理", "--may", "approve,close,callback,penalise"],
        )?;
        add_user(&data, "root", "admin", &["--display", "管理员"])?;
        let server = Server::start(&data)?;
        // Devices' clocks are the wall clock's neighbours, so that no skew is noted.
        #[allow(clippy::disallowed_methods)]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
        let clock = TestClock::at(i64::try_from(now)?);
        Ok(Self { dir, server, schema: Schema::builtin()?, clock, devices: 0 })
    }

    /// A path in the world's directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A new device, signed in.
    ///
    /// # Errors
    /// The sign-in fails.
    pub fn device(&mut self, user: &str) -> anyhow::Result<Device> {
        self.device_at(user, &self.server.url())
    }

    /// A new device that talks to `url`, signed in.
    ///
    /// # Errors
    /// The sign-in fails.
    pub fn device_at(&mut self, user: &str, url: &str) -> anyhow::Result<Device> {
        self.devices += 1;
        let dir = self.path(&format!("device{}", self.devices));
        let mut device = Device::open(&dir, &self.schema, url, &self.clock, 0xD0 + self.devices)?;
        device.sign_in(user)?;
        Ok(device)
    }

    /// Somebody in the office.
    ///
    /// # Errors
    /// The sign-in fails.
    pub fn office(&self, user: &str) -> anyhow::Result<Office> {
        Office::sign_in(&self.server.url(), user)
    }
}
