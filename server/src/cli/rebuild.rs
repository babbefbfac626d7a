//! `fieldledger rebuild`: lists, search, scopes and counters again from documents.

use serde_json::json;

use super::{CliError, DataDir, output};
use crate::store::Store;

/// `rebuild`
#[derive(Debug, clap::Args)]
pub struct Rebuild {
    #[command(flatten)]
    data: DataDir,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Rebuild {
    /// Needs the server to be stopped: it would wait for the whole rebuild.
    pub fn run(self) -> Result<(), CliError> {
        let ledger = self.data.ledger(Store::open(&self.data.data)?)?;
        let rebuilt = ledger.rebuild().map_err(|e| CliError::new("server_fault", e.to_string()))?;
        if self.json {
            output::json(&json!(rebuilt))?;
        } else {
            output::line(&format!("rebuilt from {} records", rebuilt.records))?;
        }
        if rebuilt.unreadable == 0 {
            Ok(())
        } else {
            let message =
                format!("{} records could not be read; see `fieldledger verify`", rebuilt.unreadable);
            Err(CliError::new("damaged", message))
        }
    }
}
