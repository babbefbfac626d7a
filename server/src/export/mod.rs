//! Records as files for people and programs: workbooks, CSV tables and JSON lines.
//!
//! Columns come from the schema. Nothing of a record is left out: collections have sheets of their own
//! (in CSV, columns), and what this version does not know stands in a last column as JSON.

mod delimited;
mod json;
mod run;
mod table;
mod workbook;

use std::io::{Seek, Write};

use domain::document::RecordView;
use domain::schema::{Kind, Schema};
use domain::time::{Timestamp, Zone};
use serde_json::Value as Json;
use uuid::Uuid;

pub use delimited::{FORMULA, neutral};
pub use run::{Exported, Known, Request, RunError, export};

/// Headers of what every record has, beside those of the schema's fields.
pub mod labels {
    /// The status.
    pub const STATUS: &str = "状态";
    /// Who leads the work.
    pub const LEAD: &str = "负责人";
    /// Who helps.
    pub const OTHERS: &str = "协办人";
    /// Fields with several values.
    pub const CONFLICTS: &str = "有分歧";
    /// Who made the record.
    pub const CREATED_BY: &str = "创建人";
    /// When it was made.
    pub const CREATED_AT: &str = "创建时间";
    /// When the server last changed it or its companion.
    pub const UPDATED_AT: &str = "更新时间";
    /// The record's id.
    pub const ID: &str = "记录ID";
    /// What this version of the program does not know of it.
    pub const UNKNOWN: &str = "其他内容";
    /// Whether an entry of a collection was removed.
    pub const REMOVED: &str = "删除标记";
    /// Those of records.
    pub const OF_RECORDS: [&str; 9] =
        [STATUS, LEAD, OTHERS, CONFLICTS, CREATED_BY, CREATED_AT, UPDATED_AT, ID, UNKNOWN];
}

/// A record to be written.
pub struct Item {
    /// Its document.
    pub main: RecordView,
    /// Its companion's, where there is one.
    pub companion: Option<RecordView>,
    /// Its official or else temporary number.
    pub number: Option<String>,
    /// When the server last changed it or its companion.
    pub updated_at: Option<Timestamp>,
    /// The record as the API answers it.
    pub json: Json,
}

/// Names of what references point to.
pub trait Names {
    /// The name of a user or the title of a record, or of what it was merged into; `None` if there is no such thing.
    fn name(&self, target: &str, id: Uuid) -> Option<String>;

    /// As [`Names::name`], of that very record and not of what it was merged into.
    fn own_name(&self, target: &str, id: Uuid) -> Option<String> {
        self.name(target, id)
    }
}

/// File format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Excel workbook.
    Xlsx,
    /// UTF-8 with a byte-order mark, CRLF.
    Csv,
    /// One JSON object per line, as the API answers it.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Xlsx, Self::Csv, Self::Json];

    /// The stable word, also the file extension.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// The format with this word.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == text)
    }
}

/// Names of the personal fields that an export of the kind shows, its companion's among them: `field`, or
/// `collection/field`.
#[must_use]
pub fn personal_fields(schema: &Schema, kind: &Kind) -> Vec<String> {
    let of = |kind: &Kind| {
        let own = kind.fields.iter().filter(|f| f.personal).map(|f| f.key.clone());
        let entries = kind.collections.iter().flat_map(|c| {
            c.fields.iter().filter(|f| f.personal).map(move |f| format!("{}/{}", c.key, f.key))
        });
        own.chain(entries).collect::<Vec<_>>()
    };
    std::iter::once(kind).chain(schema.companion(kind)).flat_map(of).collect()
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error("cannot write the file: {0}")]
    Io(#[from] std::io::Error),
    /// More rows than a sheet of a workbook holds; CSV and JSON have no such limit.
    #[error("a sheet holds at most {0} rows")]
    TooManyRows(u32),
    /// The workbook library reports a fault.
    #[error("cannot write the workbook: {0}")]
    Workbook(String),
}

impl ExportError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "file_unwritable",
            Self::TooManyRows(_) => "too_large",
            Self::Workbook(_) => "server_fault",
        }
    }
}

/// What an export reads from.
pub struct Context<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The kind exported.
    pub kind: &'a Kind,
    /// The zone in which times are shown.
    pub zone: &'a Zone,
    /// Names of references.
    pub names: &'a dyn Names,
}

/// Takes records one after the other and holds none of them.
pub trait Sink {
    /// Writes a record.
    ///
    /// # Errors
    /// [`ExportError`].
    fn put(&mut self, item: &Item) -> Result<(), ExportError>;
    /// Completes the file.
    ///
    /// # Errors
    /// [`ExportError`].
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// A sink that writes `format` to `out`.
///
/// # Errors
/// [`ExportError`].
pub fn sink<'a, W: Write + Seek + Send + 'a>(
    context: Context<'a>,
    format: Format,
    out: W,
) -> Result<Box<dyn Sink + 'a>, ExportError> {
    Ok(match format {
        Format::Xlsx => Box::new(workbook::Workbook::new(context, out)?),
        Format::Csv => Box::new(delimited::Delimited::new(context, out)?),
        Format::Json => Box::new(json::Lines::new(out)),
    })
}

#[cfg(test)]
mod tests;
