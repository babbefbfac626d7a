//! What is new to a device: one page, read in one snapshot, so that who sees what and what moved agree.

use domain::authz::{Principal, Scope};
use domain::ids::RecordId;
use domain::wire::{Decision, Delta, Frame, Gone, MAX_DOCS, Snapshot as Whole};

use super::cursor::Cursor;
use super::{Ledger, LedgerError, admission, hello, unless_damaged};
use crate::store::scopes::{self, Moved, Stretch, What};
use crate::store::{Snapshot, StoreError, changes, documents, left_out, proposals};

/// Most bytes of documents and changes in a page.
pub const MAX_PAGE_BYTES: usize = 1 << 20;
/// Most bytes of documents in one answer to a request for particular ones.
const MAX_SNAPSHOT_BYTES: usize = 6 << 20;

/// A page of the feed.
#[derive(Debug)]
pub struct Pulled {
    /// The cursor after the page.
    pub cursor: Vec<u8>,
    /// Whether more is waiting.
    pub more: bool,
    /// What is new.
    pub frames: Vec<Frame>,
}

/// What the cursor of a request came to.
enum Place {
    Good(Cursor),
    /// Of another incarnation, or not of this server.
    Changed,
    /// Of this incarnation, but the log has something else there.
    Regressed,
}

impl Ledger {
    /// The next page for a device. Blocks.
    ///
    /// # Errors
    /// [`LedgerError::EpochChanged`] if the cursor is no longer (or never was) of this incarnation of the server.
    pub fn pull(
        &self,
        principal: &Principal,
        cursor: Option<&[u8]>,
        max_docs: usize,
        max_bytes: usize,
    ) -> Result<Pulled, LedgerError> {
        let max_docs = max_docs.clamp(1, MAX_DOCS);
        let max_bytes = max_bytes.clamp(1, MAX_PAGE_BYTES);
        let mut left = Vec::new();
        let page = self.store().read_blocking(|snap| {
            let cursor = match self.place(snap, principal, cursor)? {
                Place::Good(cursor) => cursor,
                Place::Changed => return Ok(None),
                Place::Regressed => return Ok::<_, StoreError>(Some(Err(self.epoch(snap)?))),
            };
            self.page(snap, principal, cursor, max_docs, max_bytes, &mut left).map(|page| Some(Ok(page)))
        })?;
        // Before the cursor that goes past them is given out.
        self.note_left_out(left)?;
        match page {
            Some(Ok(page)) => Ok(page),
            Some(Err(epoch)) => {
                self.begin_epoch(epoch)?;
                Err(LedgerError::EpochChanged)
            }
            None => Err(LedgerError::EpochChanged),
        }
    }

    fn place(
        &self,
        snap: &Snapshot<'_>,
        principal: &Principal,
        cursor: Option<&[u8]>,
    ) -> Result<Place, StoreError> {
        let epoch = self.epoch(snap)?.id;
        let office = principal.scopes().contains(&Scope::Office);
        let start = Cursor { epoch, seq: 0, base: 0, salt: [0; 8], left: 0, office };
        let Some(bytes) = cursor else { return Ok(Place::Good(start)) };
        let Some(cursor) = Cursor::from_bytes(bytes, self.key(), principal.user) else {
            return Ok(Place::Changed);
        };
        if cursor.epoch != epoch {
            return Ok(Place::Changed);
        }
        if !hello::holds(snap, &cursor)? {
            return Ok(Place::Regressed);
        }
        // Who came to see what the office sees needs all of it, however long ago it moved.
        Ok(Place::Good(if office && !cursor.office { start } else { cursor }))
    }

    fn page(
        &self,
        snap: &Snapshot<'_>,
        principal: &Principal,
        cursor: Cursor,
        max_docs: usize,
        max_bytes: usize,
        left: &mut Vec<i64>,
    ) -> Result<Pulled, StoreError> {
        let mine = principal.scopes();
        if cursor.office && !mine.contains(&Scope::Office) {
            return self.leaving(snap, principal, cursor, &mine, max_docs);
        }
        let Stretch { moved, end, more } = scopes::feed(snap, &mine, cursor.base, cursor.seq, max_docs)?;
        let decisions = proposals::decisions(snap, principal.user, cursor.seq, end)?;
        let mut decisions = decisions.into_iter().peekable();
        let mut page = PageBuilder { frames: Vec::new(), bytes: 0, docs: 0, max_docs, max_bytes };
        let (mut reached, mut full) = (end, false);
        let mut before = cursor.seq;
        for moved in moved {
            while let Some(decision) = decisions.next_if(|d| d.seq < moved.seq) {
                page.decision(decision);
            }
            let Some(frame) = unless_damaged(moved.id, self.frame(snap, &moved, cursor.base))? else {
                if !left_out::noted(snap, moved.n)? {
                    left.push(moved.n);
                }
                before = moved.seq;
                continue;
            };
            if !page.take(frame) {
                (reached, full) = (before, true);
                break;
            }
            before = moved.seq;
        }
        if !full {
            decisions.for_each(|d| page.decision(d));
        }
        let more = more || full;
        let salt = changes::salt(snap, reached)?.ok_or(StoreError::Damaged("commit log"))?;
        let base = if more { cursor.base } else { reached };
        let next = Cursor { seq: reached, base, salt, ..cursor };
        Ok(Pulled { cursor: next.to_bytes(self.key(), principal.user), more, frames: page.frames })
    }

    /// A page of what has to leave the device, because its person no longer is of the office.
    fn leaving(
        &self,
        snap: &Snapshot<'_>,
        principal: &Principal,
        cursor: Cursor,
        mine: &[Scope],
        max_docs: usize,
    ) -> Result<Pulled, StoreError> {
        let Stretch { moved, end, more } =
            scopes::out_of_sight(snap, Scope::Office, mine, cursor.left, max_docs)?;
        let frames = moved.iter().map(|m| gone(m.id)).collect();
        let next = Cursor { left: if more { end } else { 0 }, office: more, ..cursor };
        // The feed itself goes on with the next page.
        Ok(Pulled { cursor: next.to_bytes(self.key(), principal.user), more: true, frames })
    }

    fn frame(&self, snap: &Snapshot<'_>, moved: &Moved, base: u64) -> Result<Frame, StoreError> {
        Ok(match moved.what {
            What::Gone => gone(moved.id),
            What::Whole => Frame::Snapshot(self.whole(snap, moved)?),
            What::Unreadable => return Err(StoreError::Damaged("heads")),
            What::Delta => Frame::Delta(Delta {
                doc: moved.id.bytes().to_vec().into(),
                kind: moved.kind.clone(),
                changes: documents::tail_since(snap, moved.n, base)?.into_iter().map(Into::into).collect(),
                heads: moved.heads.iter().map(|h| h.to_vec().into()).collect(),
                receipt: self.key().receipt(moved.id, &moved.heads).to_vec().into(),
            }),
        })
    }

    fn whole(&self, snap: &Snapshot<'_>, moved: &Moved) -> Result<Whole, StoreError> {
        if moved.what == What::Unreadable {
            return Err(StoreError::Damaged("heads"));
        }
        let documents::Whole { plain, tail } = documents::whole(snap, moved.n)?;
        let plain =
            if tail.is_empty() { plain } else { admission::open(moved.id, &plain, &tail)?.save_plain() };
        Ok(Whole {
            doc: moved.id.bytes().to_vec().into(),
            kind: moved.kind.clone(),
            blob: plain.into(),
            heads: moved.heads.iter().map(|h| h.to_vec().into()).collect(),
            receipt: self.key().receipt(moved.id, &moved.heads).to_vec().into(),
        })
    }

    /// Remembers what a page had to leave out, so that it is sent once it can be read again.
    fn note_left_out(&self, docs: Vec<i64>) -> Result<(), LedgerError> {
        if !docs.is_empty() {
            self.store()
                .write_blocking(move |tx| docs.iter().try_for_each(|doc| left_out::note(tx, *doc)))?;
        }
        Ok(())
    }

    /// Particular documents; those that the person does not see, that cannot be read, or that no longer fit into one
    /// answer, are left out. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn snapshots(&self, principal: &Principal, ids: &[RecordId]) -> Result<Vec<Whole>, LedgerError> {
        let mine = principal.scopes();
        let mut left = Vec::new();
        let found = self.store().read_blocking(|snap| {
            let mut out = Vec::new();
            let mut bytes = 0;
            for id in ids {
                let Some(moved) = scopes::see(snap, *id, &mine)? else { continue };
                let Some(whole) = unless_damaged(*id, self.whole(snap, &moved))? else {
                    left.push(moved.n);
                    continue;
                };
                bytes += whole.blob.len();
                if bytes > MAX_SNAPSHOT_BYTES && !out.is_empty() {
                    break;
                }
                out.push(whole);
            }
            Ok::<_, StoreError>(out)
        })?;
        self.note_left_out(left)?;
        Ok(found)
    }
}

fn gone(id: RecordId) -> Frame {
    Frame::Gone(Gone { doc: id.bytes().to_vec().into(), why: "unassigned".to_owned() })
}

struct PageBuilder {
    frames: Vec<Frame>,
    bytes: usize,
    docs: usize,
    max_docs: usize,
    max_bytes: usize,
}

impl PageBuilder {
    /// Adds a frame, unless the page is full; a page takes at least one, however big.
    fn take(&mut self, frame: Frame) -> bool {
        let bytes = match &frame {
            Frame::Delta(d) => d.changes.iter().map(|c| c.len()).sum(),
            Frame::Snapshot(s) => s.blob.len(),
            Frame::Gone(_) | Frame::Decision(_) => 0,
        };
        if self.docs > 0 && (self.docs == self.max_docs || self.bytes + bytes > self.max_bytes) {
            return false;
        }
        self.docs += 1;
        self.bytes += bytes;
        self.frames.push(frame);
        true
    }

    fn decision(&mut self, decision: proposals::Decision) {
        self.frames.push(Frame::Decision(Decision {
            doc: decision.doc.bytes().to_vec().into(),
            hash: decision.hash.to_vec().into(),
            accepted: decision.accepted,
            note: decision.note,
        }));
    }
}
