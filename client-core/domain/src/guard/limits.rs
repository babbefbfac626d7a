//! The bounds inside which bytes from outside may reach Automerge.

/// Upper bounds for one change chunk and for a whole document.
///
/// The defaults are those of the sync protocol. They are checked before anything is decoded, so a
/// bound is also a promise about memory: parsing a chunk never holds more than a few times
/// [`inflated_bytes`](Limits::inflated_bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one change chunk as sent (256 KiB).
    pub chunk_bytes: usize,
    /// Bytes of one change chunk's body once inflated, and of its strings once their runs are spelt
    /// out (1 MiB).
    pub inflated_bytes: usize,
    /// Rows in any column of a change (20,000: editing long text is one operation per character).
    pub rows: u64,
    /// Dependencies of a change (64).
    pub deps: u64,
    /// Other actors a change refers to (256).
    pub actors: u64,
    /// Bytes of a change's message (256).
    pub message_bytes: u64,
    /// Bytes after a change's columns, where the author footer lives (80).
    pub extra_bytes: usize,
    /// How far a change's first counter may lie above the one its ancestors call for (0). Only an
    /// interoperability endpoint needs more: editors that write at old heads skip counters.
    pub counter_slack: u64,
    /// Bytes of a document as saved with compression (1 MiB).
    pub document_bytes: usize,
    /// Bytes of a document's columns once inflated, and the longest blob looked at (8 MiB).
    pub document_inflated_bytes: usize,
    /// Operations of a document, deletions included (500,000).
    pub document_rows: u64,
    /// Changes of a document (10,000).
    pub document_changes: u64,
    /// Actors of a document (2,000).
    pub document_actors: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chunk_bytes: 256 << 10,
            inflated_bytes: 1 << 20,
            rows: 20_000,
            deps: 64,
            actors: 256,
            message_bytes: 256,
            extra_bytes: 80,
            counter_slack: 0,
            document_bytes: 1 << 20,
            document_inflated_bytes: 8 << 20,
            document_rows: 500_000,
            document_changes: 10_000,
            document_actors: 2_000,
        }
    }
}

/// The latest time a change may carry: the end of the year 9999, in ms since 1970.
///
/// Automerge stores times as differences, so two extreme ones overflow when the document is next
/// saved, and a document nobody can save is lost to everybody.
pub const MAX_TIME_MS: i64 = 253_402_300_799_999;
