//! A device's place in the log: opaque to it, sealed by the server.
//!
//! ```text
//!  0..16   epoch
//! 16..24   seq: everything up to this commit was sent
//! 24..32   base: the last commit at which the device had everything (≤ seq)
//! 32..40   salt of the commit `seq`
//! 40..48   left: while documents leave the device after its person lost the office's view: how far that went
//! 48       1 if the device holds what the office sees
//! 49..57   seal over all of it, and the person
//! ```

use domain::ids::UserId;

use super::ReceiptKey;
use crate::store::changes::Salt;

const BODY: usize = 49;

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The incarnation of the server.
    pub epoch: [u8; 16],
    /// Everything up to this commit was sent.
    pub seq: u64,
    /// The last commit at which the device had everything.
    pub base: u64,
    /// The salt of commit `seq`.
    pub salt: Salt,
    /// How far the leaving of documents went.
    pub left: u64,
    /// Whether the device holds what the office sees.
    pub office: bool,
}

impl Cursor {
    /// The bytes that the device keeps.
    #[must_use]
    pub fn to_bytes(self, key: &ReceiptKey, user: UserId) -> Vec<u8> {
        let mut out = Vec::with_capacity(BODY + 8);
        out.extend(self.epoch);
        out.extend(self.seq.to_be_bytes());
        out.extend(self.base.to_be_bytes());
        out.extend(self.salt);
        out.extend(self.left.to_be_bytes());
        out.push(u8::from(self.office));
        let seal = key.seal(user, &out);
        out.extend(seal);
        out
    }

    /// Reads what [`Cursor::to_bytes`] wrote; `None` for anything that this server did not give to this person.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], key: &ReceiptKey, user: UserId) -> Option<Self> {
        use subtle::ConstantTimeEq as _;
        let (body, seal) = bytes.split_at_checked(BODY)?;
        if !bool::from(key.seal(user, body).ct_eq(seal)) {
            return None;
        }
        let number = |at: usize| Some(u64::from_be_bytes(body.get(at..at + 8)?.try_into().ok()?));
        Some(Self {
            epoch: body.get(..16)?.try_into().ok()?,
            seq: number(16)?,
            base: number(24)?,
            salt: body.get(32..40)?.try_into().ok()?,
            left: number(40)?,
            office: body.get(48) == Some(&1),
        })
    }
}
