//! Attached files, kept by content: `files/<sha256>`.

use std::fs::{self, File};
use std::io::Write as _;

use domain::ids::RecordId;
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use super::journal::sync_directory;
use super::{Store, Tx, documents};
use crate::error::Error;

/// A file as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub mime: String,
    /// The name it had.
    pub name: String,
}

impl StoredFile {
    /// What a content with this name is, before it is stored.
    pub(crate) fn of(name: &str, mime: &str, content: &[u8]) -> Self {
        let sha256 = Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect();
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        Self { sha256, size, mime: mime.to_owned(), name: name.to_owned() }
    }
}

impl Store {
    /// Writes a file's content, fsynced, before anything names it. The same content is stored once.
    pub(crate) fn put_file(&self, file: &StoredFile, content: &[u8]) -> Result<(), Error> {
        let dir = self.dir().ok_or_else(|| Error::Io(std::io::ErrorKind::Unsupported.into()))?.join("files");
        let path = dir.join(&file.sha256);
        if !path.exists() {
            let beside = dir.join(format!("{}.part", file.sha256));
            let mut part = File::create(&beside)?;
            part.write_all(content)?;
            part.sync_all()?;
            fs::rename(&beside, &path)?;
            sync_directory(&path)?;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Notes a file whose content is stored, and the document that has it.
    pub(crate) fn add_file(&mut self, file: &StoredFile, doc: RecordId, at: i64) -> Result<(), Error> {
        let sql = "INSERT INTO file(sha256, size, mime, name, doc, at) VALUES (?1,?2,?3,?4,?5,?6)
                   ON CONFLICT(sha256, doc) DO NOTHING";
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        self.db.execute(sql, params![file.sha256, size, file.mime, file.name, doc.bytes(), at])?;
        Ok(())
    }

    /// Forgets a file whose entry the person threw away, unless the document has it by another entry.
    pub(crate) fn forget_file(&mut self, doc: RecordId, sha256: &str) -> Result<(), Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM pending WHERE doc = ?1 AND instr(intent, ?2) > 0)
                   OR EXISTS (SELECT 1 FROM refused WHERE doc = ?1 AND instr(intent, ?2) > 0)";
        let mut used: bool = self.db.query_row(sql, params![doc.bytes(), sha256], |r| r.get(0))?;
        used = used
            || match documents::current(&self.db, doc) {
                Ok(Some(record)) => self.schema.kind(record.kind()).is_none_or(|kind| {
                    let collections = record.view(kind).to_json().remove("collections");
                    collections.unwrap_or_default().to_string().contains(sha256)
                }),
                Ok(None) => false,
                // Until the record can be read again, nobody can say that it does not have it.
                Err(Error::RecordDamaged(_)) => true,
                Err(e) => return Err(e),
            };
        if !used {
            let sql = "DELETE FROM file WHERE doc = ?1 AND sha256 = ?2 AND uploaded = 0";
            self.db.execute(sql, params![doc.bytes(), sha256])?;
        }
        Ok(())
    }
}

/// A file that the server does not have: what, in which document, since when (ms).
pub(crate) struct Waiting {
    pub(crate) file: StoredFile,
    pub(crate) doc: RecordId,
    pub(crate) at: i64,
}

/// Files that the server does not have, oldest first.
pub(crate) fn waiting(db: &Connection) -> Result<Vec<Waiting>, Error> {
    let sql =
        "SELECT sha256, size, mime, name, doc, at FROM file WHERE uploaded = 0 ORDER BY at, sha256, doc";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |r| {
        let size = r.get::<_, i64>(1)?.unsigned_abs();
        let file = StoredFile { sha256: r.get(0)?, size, mime: r.get(2)?, name: r.get(3)? };
        Ok(Waiting { file, doc: RecordId(uuid::Uuid::from_bytes(r.get(4)?)), at: r.get(5)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many of them.
pub(crate) fn not_uploaded(db: &Connection) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM file WHERE uploaded = 0";
    Ok(db.query_row(sql, [], |r| r.get::<_, i64>(0))?.unsigned_abs())
}
