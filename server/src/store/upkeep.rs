//! What keeps the database quick and small over the years.

use super::{Store, StoreError, Tx, documents};

/// Index entries that are looked at for statistics; more would hold up writers.
const SAMPLE: i64 = 1_000;

/// Counts how selective each index is. Without that a list that is filtered by one column and sorted by another is
/// sorted from scratch (180 ms instead of 1 ms at 100,000 records).
///
/// # Errors
/// A failure of the database.
pub fn analyse(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().pragma_update(None, "analysis_limit", SAMPLE)?;
    tx.conn().execute_batch("ANALYZE")?;
    Ok(())
}

/// Drops changes that are in their documents' blobs and came before `seq`; deltas reach back to there.
///
/// # Errors
/// A failure of the database.
pub fn prune(tx: &Tx<'_>, seq: u64) -> Result<usize, StoreError> {
    documents::prune_tails(tx, seq)
}

impl Store {
    /// Lets go of idle reading connections: statistics are read when a connection is opened.
    pub fn renew_readers(&self) {
        self.readers.renew();
    }
}
