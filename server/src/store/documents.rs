//! Documents: a blob, and the changes since.

use domain::document::Hash;
use domain::ids::RecordId;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest as _, Sha256};

use super::{Snapshot, StoreError, Tx};

/// A tail of this many changes is folded into the blob.
const FOLD_CHANGES: usize = 16;
/// A blob of at most this many bytes is written anew with every commit: cheaper than applying a tail when reading.
const SMALL_BLOB: usize = 32 << 10;
/// How hard blobs are compressed; higher costs admission more than it saves of the disk.
const ZSTD_LEVEL: i32 = 3;
/// Most bytes of a document once inflated, as in `domain::guard`.
const MAX_PLAIN: usize = 8 << 20;

/// A document as it is stored.
#[derive(Debug)]
pub struct Stored {
    /// Its number inside this database.
    pub n: i64,
    /// Its kind.
    pub kind: String,
    /// Its newest commit.
    pub seq: u64,
    /// Its heads, sorted.
    pub heads: Vec<Hash>,
    /// The document as of the last folding, uncompressed.
    pub plain: Vec<u8>,
    /// Changes since, in order.
    pub tail: Vec<Vec<u8>>,
}

/// What a commit stores of a document.
pub struct Content<'a> {
    /// The document, uncompressed.
    pub plain: &'a [u8],
    /// Its heads, sorted.
    pub heads: &'a [Hash],
    /// Changes, genesis included.
    pub n_changes: usize,
    /// The changes that are new, in order.
    pub chunks: &'a [&'a [u8]],
}

/// Where a document stands: number inside the database, and newest commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its number inside this database.
    pub n: i64,
    /// Its newest commit.
    pub seq: u64,
}

/// Reads a document for changing it.
///
/// # Errors
/// `Damaged` if a stored value has lost its shape.
pub fn load(snap: &Snapshot<'_>, id: RecordId) -> Result<Option<Stored>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT d.n, d.kind, d.seq, d.heads, d.blob_seq, b.data FROM doc d JOIN doc_blob b ON b.doc = d.n WHERE d.id = ?1",
    )?;
    let found = stmt
        .query_row([id.bytes()], |r| {
            let blob: Vec<u8> = r.get(5)?;
            let heads: Vec<u8> = r.get(3)?;
            Ok((
                r.get::<_, i64>(0)?,
                r.get::<_, String>(1)?,
                r.get::<_, u64>(2)?,
                heads,
                r.get::<_, u64>(4)?,
                blob,
            ))
        })
        .optional()?;
    let Some((n, kind, seq, heads, blob_seq, blob)) = found else { return Ok(None) };
    let tail = if blob_seq < seq { tail_since(snap, n, blob_seq)? } else { Vec::new() };
    Ok(Some(Stored { n, kind, seq, heads: hashes(&heads)?, plain: inflate(&blob)?, tail }))
}

/// Where a document stands; `None` if there is none.
///
/// # Errors
/// A failure of the database.
pub fn position(snap: &Snapshot<'_>, id: RecordId) -> Result<Option<Position>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT n, seq FROM doc WHERE id = ?1")?;
    Ok(stmt.query_row([id.bytes()], |r| Ok(Position { n: r.get(0)?, seq: r.get(1)? })).optional()?)
}

/// Id and kind of a document by its number.
///
/// # Errors
/// A failure of the database.
pub fn identity(snap: &Snapshot<'_>, n: i64) -> Result<Option<(RecordId, String)>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT id, kind FROM doc WHERE n = ?1")?;
    let found = stmt.query_row([n], |r| Ok((r.get::<_, [u8; 16]>(0)?, r.get(1)?))).optional()?;
    Ok(found.map(|(id, kind)| (RecordId(uuid::Uuid::from_bytes(id)), kind)))
}

/// Every document's id and kind, in the order in which they came.
///
/// # Errors
/// A failure of the database.
pub fn all(snap: &Snapshot<'_>) -> Result<Vec<(i64, RecordId, String)>, StoreError> {
    let mut stmt = snap.conn().prepare("SELECT n, id, kind FROM doc ORDER BY n")?;
    let rows = stmt.query_map([], |r| {
        Ok((r.get(0)?, RecordId(uuid::Uuid::from_bytes(r.get::<_, [u8; 16]>(1)?)), r.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the stored blob is the one that was written.
///
/// # Errors
/// A failure of the database.
pub fn blob_is_sound(snap: &Snapshot<'_>, n: i64) -> Result<bool, StoreError> {
    let (data, sha): (Vec<u8>, Vec<u8>) =
        snap.conn().query_row("SELECT data, sha FROM doc_blob WHERE doc = ?1", [n], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })?;
    Ok(Sha256::digest(&data)[..] == sha[..])
}

/// A whole document for the wire.
#[derive(Debug)]
pub struct Whole {
    /// The document as of the last folding, uncompressed.
    pub plain: Vec<u8>,
    /// Changes since; usually none.
    pub tail: Vec<Vec<u8>>,
}

/// Reads a document for sending it. Nobody opens it on the way, so that it is compared with its digest here.
///
/// # Errors
/// `Damaged` if a stored value has lost its shape, or is not the one that was written.
pub fn whole(snap: &Snapshot<'_>, n: i64) -> Result<Whole, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT b.data, d.blob_seq, d.seq, b.sha FROM doc d JOIN doc_blob b ON b.doc = d.n WHERE d.n = ?1",
    )?;
    let (blob, blob_seq, seq, sha): (Vec<u8>, u64, u64, Vec<u8>) =
        stmt.query_row([n], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    if Sha256::digest(&blob)[..] != sha[..] {
        return Err(StoreError::Damaged("document blob"));
    }
    let tail = if blob_seq < seq { tail_since(snap, n, blob_seq)? } else { Vec::new() };
    Ok(Whole { plain: inflate(&blob)?, tail })
}

/// The changes of a document after a commit, in order.
///
/// # Errors
/// A failure of the database.
pub fn tail_since(snap: &Snapshot<'_>, n: i64, seq: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut stmt = snap
        .conn()
        .prepare_cached("SELECT data FROM doc_tail WHERE doc = ?1 AND seq > ?2 ORDER BY seq, n")?;
    let rows = stmt.query_map(params![n, seq], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number that the next new document gets.
///
/// # Errors
/// A failure of the database.
pub fn next_number(tx: &Tx<'_>) -> Result<i64, StoreError> {
    let mut stmt = tx.conn().prepare_cached("SELECT coalesce(max(n), 0) + 1 FROM doc")?;
    Ok(stmt.query_row([], |r| r.get(0))?)
}

/// Stores a new document under number `n`, as of commit `seq`.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &Tx<'_>,
    n: i64,
    id: RecordId,
    kind: &str,
    seq: u64,
    content: &Content<'_>,
) -> Result<(), StoreError> {
    let blob = deflate(content.plain)?;
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO doc (n, id, kind, seq, heads, blob_seq, blob_len, tail_n, tail_bytes, tail_floor, n_changes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6, 0, 0, ?4, ?7)",
    )?;
    let heads = content.heads.concat();
    stmt.execute(params![n, id.bytes(), kind, seq, heads, blob.len(), content.n_changes])?;
    // Nobody can have seen the document before its first commit, so no delta ever needs these changes.
    put_blob(tx, n, &blob)
}

/// Adds a commit to a document.
///
/// # Errors
/// A failure of the database.
pub fn append(tx: &Tx<'_>, n: i64, seq: u64, content: &Content<'_>) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached("SELECT blob_len, tail_n, tail_bytes FROM doc WHERE n = ?1")?;
    let (blob_len, tail_n, tail_bytes): (usize, usize, usize) =
        stmt.query_row([n], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    let mut stmt =
        tx.conn().prepare_cached("INSERT INTO doc_tail (doc, seq, n, data) VALUES (?1, ?2, ?3, ?4)")?;
    for (i, chunk) in content.chunks.iter().enumerate() {
        stmt.execute(params![n, seq, i, chunk])?;
    }
    let tail_n = tail_n + content.chunks.len();
    let tail_bytes = tail_bytes + content.chunks.iter().map(|c| c.len()).sum::<usize>();
    let fold = blob_len <= SMALL_BLOB || tail_n >= FOLD_CHANGES || tail_bytes > (blob_len / 2).max(4_096);
    let heads = content.heads.concat();
    if fold {
        let blob = deflate(content.plain)?;
        let mut stmt = tx.conn().prepare_cached(
            "UPDATE doc SET seq = ?2, heads = ?3, blob_seq = ?2, blob_len = ?4, tail_n = 0, tail_bytes = 0, n_changes = ?5
             WHERE n = ?1",
        )?;
        stmt.execute(params![n, seq, heads, blob.len(), content.n_changes])?;
        put_blob(tx, n, &blob)
    } else {
        let mut stmt = tx.conn().prepare_cached(
            "UPDATE doc SET seq = ?2, heads = ?3, tail_n = ?4, tail_bytes = ?5, n_changes = ?6 WHERE n = ?1",
        )?;
        stmt.execute(params![n, seq, heads, tail_n, tail_bytes, content.n_changes])?;
        Ok(())
    }
}

/// Drops changes that are in the blob and older than `seq`; deltas reach back to there.
///
/// # Errors
/// A failure of the database.
pub fn prune_tails(tx: &Tx<'_>, seq: u64) -> Result<usize, StoreError> {
    let gone = tx.conn().execute(
        "DELETE FROM doc_tail WHERE seq <= ?1 AND seq <= (SELECT blob_seq FROM doc WHERE n = doc_tail.doc)",
        [seq],
    )?;
    tx.conn().execute(
        "UPDATE doc SET tail_floor = min(?1, blob_seq) WHERE tail_floor < min(?1, blob_seq)",
        [seq],
    )?;
    Ok(gone)
}

fn put_blob(tx: &Tx<'_>, n: i64, blob: &[u8]) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO doc_blob (doc, data, sha) VALUES (?1, ?2, ?3)
         ON CONFLICT (doc) DO UPDATE SET data = excluded.data, sha = excluded.sha",
    )?;
    stmt.execute(params![n, blob, &Sha256::digest(blob)[..]])?;
    Ok(())
}

fn deflate(plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(zstd::bulk::compress(plain, ZSTD_LEVEL)?)
}

fn inflate(blob: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::decompress(blob, MAX_PLAIN).map_err(|_| StoreError::Damaged("document blob"))
}

/// Hashes that were stored one after the other.
pub(super) fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, StoreError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(StoreError::Damaged("heads")) }
}
