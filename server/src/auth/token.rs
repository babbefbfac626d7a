//! Access tokens (JWT, 10 minutes) and refresh tokens (random, rotated).
//!
//! Every key comes from one secret in `DATA/secret.key`. The successor of a refresh token is
//! `HMAC(key, old token ‖ request id)`: a retry of the same request gets the same successor although the server keeps
//! nothing but hashes.

use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::{DeviceId, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::ServerError;
use crate::host::{DAY, MINUTE, Millis, NoRandomness, Rng, SECOND, random};
use crate::store::sessions::TokenHash;

/// Life of an access token.
pub const ACCESS_LIFE: Millis = 10 * MINUTE;
/// A refresh token that was not used for this long is worth nothing.
pub const REFRESH_IDLE: Millis = 30 * DAY;
/// After this time one signs in again, however busy the session was.
pub const SESSION_LIFE: Millis = 90 * DAY;

const ISSUER: &str = "fieldledger";
const AUDIENCE: &str = "fieldledger-api";
const TYPE: &str = "at+jwt";
/// Longer ones are not looked at.
const MAX_TOKEN: usize = 2_048;
const KEY_FILE: &str = "secret.key";

/// What an access token says. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: Uuid,
    /// The device, if the user named one at sign-in.
    pub dev: Option<DeviceId>,
    iat: i64,
    exp: i64,
}

/// The server's keys.
pub struct Keys {
    encode: EncodingKey,
    decode: DecodingKey,
    validation: Validation,
    refresh: [u8; 32],
}

impl Keys {
    /// Reads the secret of a data directory, making it at first use (mode 0600).
    ///
    /// # Errors
    /// When the file cannot be read, written, or is not 32 bytes long.
    pub fn load(dir: &Path, rng: &dyn Rng) -> std::io::Result<Self> {
        let path = dir.join(KEY_FILE);
        let secret = match std::fs::read(&path) {
            Ok(secret) => secret,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create_secret(&path, rng)?,
            Err(error) => return Err(error),
        };
        let secret: [u8; 32] = secret.try_into().map_err(|_| {
            std::io::Error::new(std::io::ErrorKind::InvalidData, format!("{KEY_FILE} is not 32 bytes long"))
        })?;
        Ok(Self::from_secret(&secret))
    }

    fn from_secret(secret: &[u8; 32]) -> Self {
        let access = keyed(secret, &[b"access token 1"]);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // Expiry is compared with the server's own clock below; the library would ask the system's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            encode: EncodingKey::from_secret(&access),
            decode: DecodingKey::from_secret(&access),
            validation,
            refresh: keyed(secret, &[b"refresh token 1"]),
        }
    }

    /// An access token that lives for [`ACCESS_LIFE`].
    ///
    /// # Errors
    /// [`ServerError::Fault`] when the library cannot sign.
    pub fn access(
        &self,
        user: UserId,
        sid: Uuid,
        device: Option<DeviceId>,
        now: Millis,
    ) -> Result<String, ServerError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid,
            dev: device,
            iat: now / SECOND,
            exp: (now + ACCESS_LIFE) / SECOND,
        };
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.encode).map_err(ServerError::fault)
    }

    /// Reads an access token. That its session still lives is for the caller to check.
    ///
    /// # Errors
    /// [`ServerError::TokenExpired`] or [`ServerError::TokenInvalid`].
    pub fn read_access(&self, token: &str, now: Millis) -> Result<Claims, ServerError> {
        if token.len() > MAX_TOKEN {
            return Err(ServerError::TokenInvalid);
        }
        let data =
            jsonwebtoken::decode::<Claims>(token, &self.decode, &self.validation).map_err(|e| {
                match e.kind() {
                    ErrorKind::ExpiredSignature => ServerError::TokenExpired,
                    _ => ServerError::TokenInvalid,
                }
            })?;
        if data.header.typ.as_deref() != Some(TYPE) {
            return Err(ServerError::TokenInvalid);
        }
        if now / SECOND >= data.claims.exp {
            return Err(ServerError::TokenExpired);
        }
        Ok(data.claims)
    }

    /// A new family's first refresh token.
    ///
    /// # Errors
    /// Without randomness.
    pub fn first_refresh(&self, rng: &dyn Rng) -> Result<String, NoRandomness> {
        Ok(URL_SAFE_NO_PAD.encode(random::<32>(rng)?))
    }

    /// The token that follows `old` when `request` exchanges it.
    pub fn next_refresh(&self, old: &str, request: Uuid) -> String {
        URL_SAFE_NO_PAD.encode(keyed(&self.refresh, &[old.as_bytes(), request.as_bytes()]))
    }
}

/// Form in which refresh tokens are stored and looked up.
pub fn refresh_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a key to the block's 64 bytes with zeros; done here, the constructor cannot fail.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn create_secret(path: &Path, rng: &dyn Rng) -> std::io::Result<Vec<u8>> {
    let secret: [u8; 32] = random(rng).map_err(std::io::Error::other)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    Ok(secret.to_vec())
}
