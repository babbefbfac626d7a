//! `fieldledger export`

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use super::{CliError, DataDir, output};
use crate::export::{self, Format, Request};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// Kind of record: complaint, customer, visit … any
    #[arg(long)]
    kind: String,
    /// File format
    #[arg(long, value_parser = PossibleValuesParser::new(Format::ALL.map(Format::as_str)))]
    format: String,
    /// Only this month
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<String>,
    /// File to write; replaced if it is there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    data: DataDir,
}

impl Export {
    /// Writes the file.
    pub fn run(self) -> Result<(), CliError> {
        let records = self.data.open_records()?;
        let format = Format::from_text(&self.format).unwrap_or(Format::Csv);
        let request = Request { kind: &self.kind, format, month: self.month.as_deref() };
        let done = export::export(&records, &request, &self.out)
            .map_err(|e| CliError::new(e.code(), e.to_string()))?;
        output::line(&format!("{} records written to {}", done.rows, self.out.display()))?;
        if done.unreadable.is_empty() {
            return Ok(());
        }
        output::line(&format!(
            "{} records cannot be read and are not in it; run `fieldledger verify`:",
            done.unreadable.len()
        ))?;
        done.unreadable.iter().try_for_each(|id| output::line(&format!("  {id}")))
    }
}
