//! Reading the primitives chunks are made of: bytes, LEB128 integers, chunk headers, DEFLATE.

use std::io::Read as _;

use sha2::{Digest as _, Sha256};

use super::Refused;

/// The four bytes every chunk starts with.
pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// A cursor over untrusted bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn byte(&mut self) -> Result<u8, Refused> {
        let (&first, rest) = self.rest.split_first().ok_or(Refused::malformed("bytes end early"))?;
        self.rest = rest;
        Ok(first)
    }

    pub(super) fn take(&mut self, n: u64) -> Result<&'a [u8], Refused> {
        let n = usize::try_from(n).map_err(|_| Refused::malformed("bytes end early"))?;
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Refused::malformed("bytes end early"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let (taken, rest) =
            self.rest.split_first_chunk::<N>().ok_or(Refused::malformed("bytes end early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// An unsigned LEB128 integer in its shortest form (Automerge writes no other).
    pub(super) fn u64(&mut self) -> Result<u64, Refused> {
        let mut value = 0u64;
        let mut shift = 0u32;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Refused::malformed("integer too large"));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    Err(Refused::malformed("integer not in its shortest form"))
                } else {
                    Ok(value)
                };
            }
            shift += 7;
        }
    }

    /// A signed LEB128 integer in its shortest form.
    pub(super) fn i64(&mut self) -> Result<i64, Refused> {
        let mut value = 0i64;
        let mut shift = 0u32;
        let mut previous = 0u8;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(Refused::malformed("integer too large"));
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let padding = (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 7 && padding {
                    return Err(Refused::malformed("integer not in its shortest form"));
                }
                if shift < 64 && byte & 0x40 != 0 {
                    value |= -1i64 << shift;
                }
                return Ok(value);
            }
            previous = byte;
        }
    }
}

/// Appends `value` as unsigned LEB128.
pub(super) fn push_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A chunk taken apart: header fields and the body as sent.
pub(super) struct Envelope<'a> {
    pub(super) checksum: [u8; 4],
    pub(super) kind: u8,
    pub(super) body: &'a [u8],
}

/// Reads the header of the one chunk `bytes` consists of.
pub(super) fn envelope(bytes: &[u8]) -> Result<Envelope<'_>, Refused> {
    let mut reader = Reader::new(bytes);
    if reader.array::<4>()? != MAGIC {
        return Err(Refused::malformed("not an Automerge chunk"));
    }
    let checksum = reader.array::<4>()?;
    let kind = reader.byte()?;
    let len = reader.u64()?;
    let body = reader.take(len)?;
    if !reader.is_empty() {
        return Err(Refused::malformed("bytes after the chunk"));
    }
    Ok(Envelope { checksum, kind, body })
}

/// The hash of a chunk: SHA-256 over its type, its length and its body.
pub(super) fn chunk_hash(kind: u8, body: &[u8]) -> [u8; 32] {
    let mut head = vec![kind];
    push_u64(&mut head, body.len() as u64);
    let mut sha = Sha256::new();
    sha.update(&head);
    sha.update(body);
    sha.finalize().into()
}

/// Inflates `raw`, giving up as soon as the result passes `cap` bytes.
pub(super) fn inflate(raw: &[u8], cap: usize) -> Result<Vec<u8>, Refused> {
    let mut decoder = flate2::bufread::DeflateDecoder::new(raw);
    let mut out = Vec::new();
    (&mut decoder)
        .take(cap as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| Refused::malformed("compressed bytes cannot be inflated"))?;
    if out.len() > cap {
        return Err(Refused::too_large("inflated bytes"));
    }
    if decoder.total_in() != raw.len() as u64 {
        return Err(Refused::malformed("bytes after the compressed data"));
    }
    Ok(out)
}
