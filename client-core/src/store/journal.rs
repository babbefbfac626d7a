//! `pending.log`: the second, independent copy of work that the server has not certified.
//!
//! The database alone would be one file between a day's work and its loss. Every saved intent is
//! appended here and fsynced before the database commits; if the database is damaged, this file brings
//! the work back, and if this file is damaged, the database does ([`super::rescue`]).
//!
//! # Byte by byte
//!
//! The file is a sequence of frames, nothing before, between or after them:
//!
//! ```text
//! 0..4      length of the payload in bytes, u32 little endian, 1 ..= 4 MiB
//! 4..12     the first 8 bytes of SHA-256 of the payload
//! 12..      the payload: one JSON object in UTF-8
//! ```
//!
//! The object's `op` says what it is; unknown ones are passed over:
//!
//! ```text
//! save  {"op","doc":uuid,"kind","intent":{…},"hash":hex,"bytes":base64,"user":uuid,"at":ms}
//! done  {"op","hash"}                       certified by the server, replaced, or discarded by the person
//! box   {"op","hash","code","params","at"}  not accepted; waits for the person
//! who   {"op","device":uuid,"temp":n,"session":{server,user,device,locked}}   the newest one counts
//! ```
//!
//! A torn last frame is one that was never acknowledged. After a bad frame, reading goes on at the next
//! offset at which a whole frame begins. The file is written anew (beside it, fsynced, renamed) when
//! nothing in it waits any more, or when most of it is done.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::engine::general_purpose::STANDARD as BASE64;
use domain::document::Hash;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::Error;

/// Longest payload; a change has at most 256 KiB.
const MAX_PAYLOAD: usize = 4 << 20;
/// Above this size the file is written anew once most of it is done.
const REWRITE_ABOVE: u64 = 1 << 20;

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// An intent was saved.
    Save(Save),
    /// Nothing waits for it any more.
    Done {
        #[serde(with = "hex32")]
        hash: Hash,
    },
    /// It was not accepted.
    Box {
        #[serde(with = "hex32")]
        hash: Hash,
        code: String,
        params: Map<String, Json>,
        at: i64,
    },
    /// Who works here.
    Who { device: Uuid, temp: u64, session: Option<Json> },
}

/// A saved intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Save {
    pub(crate) doc: Uuid,
    pub(crate) kind: String,
    pub(crate) intent: Json,
    #[serde(with = "hex32")]
    pub(crate) hash: Hash,
    #[serde(with = "base64_bytes")]
    pub(crate) bytes: Vec<u8>,
    pub(crate) user: Uuid,
    pub(crate) at: i64,
}

/// What is in the file.
pub(crate) struct Contents {
    pub(crate) entries: Vec<Entry>,
    /// Whether every byte belongs to a good frame.
    pub(crate) sound: bool,
}

/// The file.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    path: PathBuf,
}

impl Journal {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends and, if `sync`, fsyncs. On failure the file is as it was.
    pub(crate) fn append(&self, entries: &[Entry], sync: bool) -> Result<Undo<'_>, Error> {
        let mut bytes = Vec::new();
        for entry in entries {
            frame(entry, &mut bytes)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let undo = Undo { journal: self, length: file.metadata()?.len() };
        let written = file.write_all(&bytes).and_then(|()| if sync { file.sync_data() } else { Ok(()) });
        match written {
            Ok(()) => Ok(undo),
            Err(e) => {
                undo.undo();
                Err(e.into())
            }
        }
    }

    /// Reads every good frame.
    pub(crate) fn read(&self) -> Result<Contents, Error> {
        let mut bytes = Vec::new();
        match File::open(&self.path) {
            Ok(mut file) => file.read_to_end(&mut bytes)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
            Err(e) => return Err(e.into()),
        };
        Ok(parse(&bytes))
    }

    /// Replaces the file's contents, atomically.
    pub(crate) fn rewrite(&self, entries: &[Entry]) -> Result<(), Error> {
        let mut bytes = Vec::new();
        for entry in entries {
            frame(entry, &mut bytes)?;
        }
        let beside = self.path.with_extension("log.new");
        let mut file = File::create(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        sync_directory(&self.path)
    }

    /// Whether the file is so large that it should be written anew.
    pub(crate) fn is_large(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|m| m.len() > REWRITE_ABOVE)
    }
}

/// Takes an append back, when the database did not commit what it says.
pub(crate) struct Undo<'a> {
    journal: &'a Journal,
    length: u64,
}

impl Undo<'_> {
    /// Best effort: a frame that stays is dropped at the next opening, because the database lacks it.
    pub(crate) fn undo(self) {
        if let Ok(file) = OpenOptions::new().write(true).open(&self.journal.path) {
            let _ = file.set_len(self.length);
        }
    }
}

/// Makes a rename last through a power cut.
pub(crate) fn sync_directory(path: &Path) -> Result<(), Error> {
    match path.parent() {
        #[cfg(unix)]
        Some(parent) => Ok(File::open(parent)?.sync_all()?),
        // Elsewhere a directory cannot be opened as a file, and a rename is in the file system's journal.
        _ => Ok(()),
    }
}

fn frame(entry: &Entry, out: &mut Vec<u8>) -> Result<(), Error> {
    let payload = serde_json::to_vec(entry)?;
    let length = u32::try_from(payload.len()).ok().filter(|l| *l as usize <= MAX_PAYLOAD);
    let length = length.ok_or_else(|| Error::Io(std::io::ErrorKind::FileTooLarge.into()))?;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&Sha256::digest(&payload)[..8]);
    out.extend_from_slice(&payload);
    Ok(())
}

fn parse(bytes: &[u8]) -> Contents {
    let mut contents = Contents { entries: Vec::new(), sound: true };
    let mut at = 0;
    while at < bytes.len() {
        match frame_at(&bytes[at..]) {
            Some((payload, length)) => {
                if let Ok(entry) = serde_json::from_slice(payload) {
                    contents.entries.push(entry);
                }
                at += length;
            }
            None => {
                contents.sound = false;
                at += 1;
            }
        }
    }
    contents
}

fn frame_at(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    if length == 0 || length > MAX_PAYLOAD {
        return None;
    }
    let payload = bytes.get(12..12 + length)?;
    // Cheap first: every payload is a JSON object.
    let good = payload.first() == Some(&b'{') && Sha256::digest(payload)[..8] == bytes[4..12];
    good.then_some((payload, 12 + length))
}

pub(crate) mod hex32 {
    use domain::document::Hash;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn text(hash: &Hash) -> String {
        hash.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub(super) fn serialize<S: Serializer>(hash: &Hash, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&text(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(d)?;
        let digits = text.as_bytes();
        let byte = |i: usize| {
            let pair = std::str::from_utf8(digits.get(2 * i..2 * i + 2)?).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let mut hash = [0; 32];
        for (i, out) in hash.iter_mut().enumerate() {
            *out = byte(i).ok_or_else(|| serde::de::Error::custom("not a hash"))?;
        }
        Ok(hash)
    }
}

mod base64_bytes {
    use base64::Engine as _;

    use super::BASE64;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        BASE64.decode(String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn done(n: u8) -> Entry {
        Entry::Done { hash: [n; 32] }
    }

    #[test]
    fn frames_survive_a_torn_tail_and_a_flipped_byte() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::at(dir.path().join("pending.log"));
        journal.append(&[done(1), done(2)], true).unwrap();
        journal.append(&[done(3)], true).unwrap();
        let whole = fs::read(journal.path()).unwrap();
        assert!(journal.read().unwrap().sound);

        for cut in 1..whole.len() {
            let contents = parse(&whole[..cut]);
            assert!(contents.entries.len() <= 3);
            assert!(contents.entries.iter().enumerate().all(|(i, e)| *e == done(i as u8 + 1)));
        }
        for flip in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[flip] ^= 0x10;
            let contents = parse(&bytes);
            assert!(!contents.sound);
            assert!(contents.entries.len() >= 2, "one bad frame loses no other");
        }
    }

    #[test]
    fn an_append_can_be_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::at(dir.path().join("pending.log"));
        journal.append(&[done(1)], true).unwrap();
        journal.append(&[done(2)], true).unwrap().undo();
        assert_eq!(journal.read().unwrap().entries, [done(1)]);
    }
}
