//! Step 5 of admission: try it on a copy, and believe only what can be loaded again.

use automerge::{Automerge, Change, LoadOptions, ReadDoc as _, SaveOptions, TextEncoding, VerificationMode};

use super::{Limits, Refused, contain, document::precheck};

/// A document that has taken the changes, been saved and been loaded again.
#[derive(Debug)]
pub struct Trial {
    /// The document as loaded from `saved`.
    pub doc: Automerge,
    /// The compressed blob to store.
    pub saved: Vec<u8>,
}

/// Applies `changes` to a copy of `doc`, saves it and loads it strictly. `doc` itself is never changed.
///
/// The changes must have passed [`Causal::check`](super::Causal::check), in this order. Changes that
/// `doc` already holds are ignored.
///
/// # Errors
/// - `malformed` when Automerge panics, refuses a change, or cannot load what it saved,
/// - `missing_deps` when the changes do not connect to the document,
/// - `too_large` when the document would pass a bound of `limits`.
pub fn trial(doc: &Automerge, changes: Vec<Change>, limits: &Limits) -> Result<Trial, Refused> {
    contain(|| {
        let mut copy = doc.clone();
        copy.apply_changes(changes).map_err(|_| Refused::malformed("change cannot be applied"))?;
        let missing = copy.get_missing_deps(&[]);
        if !missing.is_empty() {
            return Err(Refused::missing(missing.iter().map(|hash| hash.0).collect()));
        }
        let stats = copy.stats();
        if stats.num_changes > limits.document_changes {
            return Err(Refused::too_large("changes of the document"));
        }
        if stats.num_actors > limits.document_actors {
            return Err(Refused::too_large("actors of the document"));
        }
        let saved = copy.save_with_options(SaveOptions { deflate: true, retain_orphans: false });
        if saved.len() > limits.document_bytes {
            return Err(Refused::too_large("document bytes"));
        }
        let doc = load_within(&saved, limits)?;
        let (mut expected, mut loaded) = (copy.get_heads(), doc.get_heads());
        expected.sort_unstable();
        loaded.sort_unstable();
        if expected != loaded {
            return Err(Refused::malformed("document loads differently"));
        }
        Ok(Trial { doc, saved })
    })
    .unwrap_or(Err(Refused::malformed("applying the change panicked")))
}

/// `doc` with `changes`, to read what they leave behind; `None` when Automerge cannot take them. Never saved, and
/// nothing is promised of it.
pub(crate) fn applied(mut doc: Automerge, changes: Vec<Change>) -> Option<Automerge> {
    let hashes: Vec<_> = changes.iter().map(Change::hash).collect();
    contain(|| doc.apply_changes(changes).is_ok().then_some(doc))
        .flatten()
        .filter(|doc| hashes.iter().all(|h| doc.get_change_meta_by_hash(h).is_some()))
}

/// Loads a whole document: a stored blob, or a snapshot received from outside.
///
/// Accepts exactly one document chunk, compressed or not, with every bound of [`Limits::default`]
/// checked before Automerge sees it. Texts are counted in Unicode code points on every platform.
///
/// # Errors
/// `too_large` for a bound that is passed, `malformed` for anything that does not load in full.
pub fn load_strict(bytes: &[u8]) -> Result<Automerge, Refused> {
    load_within(bytes, &Limits::default())
}

fn load_within(bytes: &[u8], limits: &Limits) -> Result<Automerge, Refused> {
    precheck(bytes, limits)?;
    // The default follows a build feature; a replica that counts differently cuts texts elsewhere.
    let options = LoadOptions::new()
        .text_encoding(TextEncoding::UnicodeCodePoint)
        .verification_mode(VerificationMode::Check);
    contain(|| Automerge::load_with_options(bytes, options))
        .ok_or(Refused::malformed("loading the document panicked"))?
        .map_err(|_| Refused::malformed("document cannot be loaded"))
}
