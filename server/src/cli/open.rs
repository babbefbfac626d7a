//! Opening the records of a data directory for a command.

use super::{CliError, DataDir};
use crate::records::Records;

impl DataDir {
    /// The records of the directory, beside a server that may be running on it. What a command writes
    /// reaches devices with their next contact.
    ///
    /// # Errors
    /// As [`DataDir::open_beside`] and [`DataDir::ledger`].
    pub fn open_records(&self) -> Result<Records, CliError> {
        Ok(Records::new(self.ledger(self.open_beside()?)?))
    }
}
