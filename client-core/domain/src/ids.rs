//! Typed identities, so that a user's id cannot be given where a record's is wanted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// 16 bytes as 22 characters of base64url without padding: the form of ids inside documents, where
/// hexadecimal would cost twice the room.
#[must_use]
pub fn id22(bytes: &[u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The id that [`id22`] wrote, or `None` if this is not one.
#[must_use]
pub fn from_id22(text: &str) -> Option<Uuid> {
    if text.len() != 22 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(Uuid::from_bytes(bytes.try_into().ok()?))
}

macro_rules! typed_id {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The 16 bytes.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
            /// From exactly 16 bytes; anything else is not an id.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
            /// The 22-character form used inside documents.
            #[must_use]
            pub fn id22(&self) -> String {
                id22(self.0.as_bytes())
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

typed_id! {
    /// A record of any kind; a UUIDv7 made where the record was made.
    RecordId
    /// A person with an account; the `Author` of that person's changes.
    UserId
    /// One installation of the app, registered with the server at sign-in.
    DeviceId
}

/// The author of changes that the server makes itself, such as giving a number.
pub const SYSTEM_USER: UserId = UserId(Uuid::nil());

impl RecordId {
    /// The id of this record's companion document of another kind (DESIGN §3: what engineers may not
    /// read is another document). Derived, so that both sides find it without a lookup.
    #[must_use]
    pub fn companion(&self, kind: &str) -> Self {
        use sha2::{Digest as _, Sha256};
        let mut hash = Sha256::new();
        hash.update(b"companion|");
        hash.update(kind.as_bytes());
        hash.update(b"|");
        hash.update(self.bytes());
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn id22_goes_there_and_back() {
        let id = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);
        let text = id22(id.as_bytes());
        assert_eq!(text.len(), 22);
        assert_eq!(from_id22(&text), Some(id));
        assert_eq!(from_id22("short"), None);
        assert_eq!(from_id22("!!!!!!!!!!!!!!!!!!!!!!"), None);
    }

    #[test]
    fn companion_ids_differ_by_kind_and_record() {
        let a = RecordId(Uuid::from_u128(1));
        assert_eq!(a.companion("handling"), a.companion("handling"));
        assert_ne!(a.companion("handling"), a.companion("customer_private"));
        assert_ne!(a.companion("handling"), RecordId(Uuid::from_u128(2)).companion("handling"));
    }
}
