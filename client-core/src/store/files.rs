//! Attached files, kept by content: `files/<sha256>`.

use std::fs::{self, File};
use std::io::Write as _;

use domain::ids::RecordId;
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use super::journal::sync_directory;
use super::{Store, Tx};
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

impl Store {
    /// Writes a file's content, fsynced, before anything names it. The same content is stored once.
    pub(crate) fn put_file(&self, name: &str, mime: &str, content: &[u8]) -> Result<StoredFile, Error> {
        let sha256: String = Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect();
        let dir = self.dir().ok_or_else(|| Error::Io(std::io::ErrorKind::Unsupported.into()))?.join("files");
        let path = dir.join(&sha256);
        if !path.exists() {
            let beside = dir.join(format!("{sha256}.part"));
            let mut file = File::create(&beside)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            sync_directory(&path)?;
        }
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        Ok(StoredFile { sha256, size, mime: mime.to_owned(), name: name.to_owned() })
    }
}

impl Tx<'_> {
    /// Notes a file whose content is stored.
    pub(crate) fn add_file(&mut self, file: &StoredFile, doc: RecordId, at: i64) -> Result<(), Error> {
        let sql = "INSERT INTO file(sha256, size, mime, name, doc, at) VALUES (?1,?2,?3,?4,?5,?6)
                   ON CONFLICT(sha256) DO NOTHING";
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        self.db.execute(sql, params![file.sha256, size, file.mime, file.name, doc.bytes(), at])?;
        Ok(())
    }
}

/// How many files the server does not have.
pub(crate) fn not_uploaded(db: &Connection) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM file WHERE uploaded = 0";
    Ok(db.query_row(sql, [], |r| r.get::<_, i64>(0))?.unsigned_abs())
}
