//! `fieldledger import`

use std::path::PathBuf;

use domain::schema::Schema;

use super::{CliError, DataDir, output};
use crate::import;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// XLSX workbook or CSV table (UTF-8, GB18030)
    file: PathBuf,
    /// What the rows are: complaint, customer, visit … any kind of record
    #[arg(long, value_parser = kind)]
    kind: String,
    /// Show what would be done, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataDir,
}

/// A kind of record that can be imported: any but companions, whose columns are those of the record that they
/// accompany.
fn kind(text: &str) -> Result<String, String> {
    let schema = Schema::builtin().map_err(|e| e.to_string())?;
    let kinds: Vec<&str> =
        schema.kinds().filter(|k| k.companion_of.is_none()).map(|k| k.key.as_str()).collect();
    match kinds.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("one of {}", kinds.join(", "))),
    }
}

impl Import {
    /// Imports the file. The same file again changes nothing.
    pub fn run(self) -> Result<(), CliError> {
        let records = self.data.open_records()?;
        let done = import::import(&records, &self.kind, &self.file, self.dry_run);
        let done = done.map_err(|e| CliError::new(e.code(), e.to_string()))?;
        let summary = &done.summary;
        if self.json {
            output::json(summary)?;
        } else {
            let mark = if self.dry_run { " (dry run, nothing written)" } else { "" };
            output::line(&format!(
                "{} rows: {} created, {} updated, {} unchanged, {} need a person, {} new customers{mark}",
                summary.rows,
                summary.created,
                summary.updated,
                summary.unchanged,
                summary.needs_review.len(),
                done.new_customers,
            ))?;
            for review in &summary.needs_review {
                let params = serde_json::Value::Object(review.params.clone());
                output::line(&format!("  row {:>5}  {}  {params}", review.row, review.code))?;
            }
        }
        Ok(())
    }
}
