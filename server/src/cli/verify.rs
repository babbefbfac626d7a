//! `fieldledger verify`: is everything on the disk as it was written?

use serde_json::json;

use super::{CliError, DataDir, output};
use crate::store::audit::{self, Chain};
use crate::store::{StoreError, backup};

/// `verify`
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    data: DataDir,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Reads everything; fails with `damaged` if something is not as it should be.
    pub fn run(self) -> Result<(), CliError> {
        let store = self.data.open_beside()?;
        let (faults, chain) = store
            .read_blocking(|snap| Ok::<_, StoreError>((backup::faults(snap)?, audit::verify_chain(snap)?)))?;
        let ledger = self.data.ledger(store)?;
        let (records, differences) =
            ledger.verify().map_err(|e| CliError::new("server_fault", e.to_string()))?;
        let (audit_rows, broken_at) = match chain {
            Chain::Whole { rows } => (rows, None),
            Chain::Broken { seq } => (seq - 1, Some(seq)),
        };
        let sound = faults.is_empty() && differences.is_empty() && broken_at.is_none();
        if self.json {
            output::json(&json!({
                "ok": sound, "records": records, "differences": differences, "database": faults,
                "audit": { "rows": audit_rows, "broken_at": broken_at },
            }))?;
        } else {
            for fault in &faults {
                output::line(&format!("database: {fault}"))?;
            }
            for difference in &differences {
                output::line(&format!("record {}: {}", difference.id, difference.what))?;
            }
            if let Some(seq) = broken_at {
                output::line(&format!("audit log: row {seq} does not follow from the one before it"))?;
            }
            output::line(&format!("{records} records and {audit_rows} rows of the audit log were read"))?;
        }
        if sound { Ok(()) } else { Err(CliError::new("damaged", "not everything is as it was written")) }
    }
}
