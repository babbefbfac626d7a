//! What the host brings.

use domain::time::Timestamp;
use uuid::Uuid;

use crate::error::Error;

/// The device's clock. Advisory: no order depends on it.
pub trait Clock: Send {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

/// The device's source of secure random bytes.
pub trait Rng: Send {
    /// Fills `out`.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the system has none to give.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error>;
}

/// Clock and randomness together.
pub struct Host {
    clock: Box<dyn Clock>,
    rng: Box<dyn Rng>,
}

impl Host {
    /// A host of these two.
    #[must_use]
    pub fn new(clock: Box<dyn Clock>, rng: Box<dyn Rng>) -> Self {
        Self { clock, rng }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }

    /// 16 random bytes, for an actor.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn actor(&mut self) -> Result<[u8; 16], Error> {
        let mut bytes = [0; 16];
        self.rng.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A UUIDv7.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn uuid(&mut self) -> Result<Uuid, Error> {
        let mut random = [0; 10];
        self.rng.fill(&mut random)?;
        let ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }
}
