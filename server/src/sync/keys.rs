//! The key that certifies what the server has accepted. It is a file beside the database, not a row in it: a restored
//! or copied database must be able to prove what its devices were promised.

use std::path::Path;

use domain::document::Hash;
use domain::ids::{RecordId, UserId};
use domain::wire;
use hmac::{Hmac, KeyInit as _, Mac as _};
use subtle::ConstantTimeEq as _;

use crate::host::{Rng, random};
use crate::store::StoreError;

/// Signs receipts and cursors.
#[derive(Clone)]
pub struct ReceiptKey([u8; 32]);

impl ReceiptKey {
    /// Reads the key from its file, or makes one.
    ///
    /// # Errors
    /// What the disk reports; `Damaged` if the file is not a key.
    pub fn open(file: &Path, rng: &dyn Rng) -> Result<Self, StoreError> {
        match std::fs::read(file) {
            Ok(bytes) => {
                let key = bytes.as_slice().try_into().map_err(|_| StoreError::Damaged("receipt.key"))?;
                Ok(Self(key))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let key: [u8; 32] = random(rng).map_err(std::io::Error::other)?;
                match write_private(file, &key) {
                    Ok(()) => Ok(Self(key)),
                    // Another command made it at the same moment.
                    Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Self::open(file, rng),
                    Err(e) => Err(e.into()),
                }
            }
            Err(e) => Err(e.into()),
        }
    }

    /// The receipt for a document with these heads (sorted).
    #[must_use]
    pub fn receipt(&self, doc: RecordId, heads: &[Hash]) -> [u8; 16] {
        wire::receipt(&self.0, doc.bytes(), heads)
    }

    /// Whether the server once gave this receipt.
    #[must_use]
    pub fn gave(&self, doc: RecordId, heads: &[Hash], receipt: &[u8]) -> bool {
        self.receipt(doc, heads).ct_eq(receipt).into()
    }

    /// Eight bytes that bind a cursor to this server and to one person.
    #[must_use]
    pub fn seal(&self, user: UserId, body: &[u8]) -> [u8; 8] {
        let mut out = [0; 8];
        // HMAC takes a key of any length.
        if let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.0) {
            mac.update(b"cursor1");
            mac.update(user.bytes());
            mac.update(body);
            out.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        }
        out
    }
}

/// Writes a new file that only its owner can read, and makes sure it is on the disk.
fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut out = options.open(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}
