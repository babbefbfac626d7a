//! Passwords are kept as argon2id hashes with the crate's parameters as the floor.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};

use crate::host::{NoRandomness, Rng, random};

/// Fewest characters of a new password.
pub const MIN_CHARS: usize = 8;
/// Most bytes of a password; longer ones are refused before they cost a hash.
pub const MAX_BYTES: usize = 1_024;

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The password is right.
    Right,
    /// It is right, but its hash is weaker than new ones are; hash it again.
    RightButWeak,
    /// It is wrong.
    Wrong,
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// No salt.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// argon2 refused.
    #[error("argon2: {0}")]
    Argon2(String),
}

/// Hashes a password with a fresh salt; a PHC string. Takes tens of milliseconds.
///
/// # Errors
/// Without randomness, or with a password argon2 cannot take.
pub fn hash(password: &str, rng: &dyn Rng) -> Result<String, HashError> {
    let salt: [u8; 16] = random(rng)?;
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|e| HashError::Argon2(e.to_string()))?;
    Ok(hash.to_string())
}

/// Compares a password with a stored hash. Without a hash (an unknown name) the same work is done for nothing, so
/// that the time does not tell which names exist.
pub fn check(password: &str, stored: Option<&str>) -> Check {
    let Some(parsed) = stored.and_then(|s| PasswordHash::new(s).ok()) else {
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let wasted = Argon2::default().hash_password_into(password.as_bytes(), b"no such account.", &mut out);
        std::hint::black_box((wasted.is_ok(), out));
        return Check::Wrong;
    };
    if Argon2::default().verify_password(password.as_bytes(), &parsed).is_err() {
        return Check::Wrong;
    }
    if is_weak(&parsed) { Check::RightButWeak } else { Check::Right }
}

fn is_weak(hash: &PasswordHash) -> bool {
    let floor = Params::default();
    let strong = Params::try_from(hash).is_ok_and(|p| {
        p.m_cost() >= floor.m_cost() && p.t_cost() >= floor.t_cost() && p.p_cost() >= floor.p_cost()
    });
    hash.algorithm.as_str() != "argon2id" || !strong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::SystemRng;

    #[test]
    fn right_wrong_and_unknown() {
        let stored = hash("correct horse", &SystemRng).unwrap();
        assert_eq!(check("correct horse", Some(&stored)), Check::Right);
        assert_eq!(check("correct hose", Some(&stored)), Check::Wrong);
        assert_eq!(check("correct horse", None), Check::Wrong);
    }

    #[test]
    fn a_weaker_hash_is_noticed() {
        let weak = Argon2::new(
            argon2::Algorithm::Argon2id,
            argon2::Version::default(),
            Params::new(8 * 1024, 1, 1, None).unwrap(),
        );
        let stored = weak.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
        assert_eq!(check("correct horse", Some(&stored)), Check::RightButWeak);
    }
}
