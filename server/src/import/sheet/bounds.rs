//! What a ZIP file says it unpacks to, read from its directory before anything is unpacked.

use super::{MAX_UNPACKED, Trouble};

const END: [u8; 4] = *b"PK\x05\x06";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
/// The end record and the longest comment after it.
const TAIL: usize = 22 + 65_535;

/// Refuses a file whose parts would unpack to more than a ledger can have, before memory is spent on
/// it. Sizes that lie are met by the limit on cells.
pub(super) fn check(bytes: &[u8]) -> Result<(), Trouble> {
    let broken = Trouble::NotASpreadsheet("damaged");
    let from = bytes.len().saturating_sub(TAIL);
    let Some(end) = bytes[from..].windows(4).rposition(|w| w == END).map(|at| from + at) else {
        return Err(broken);
    };
    let (Some(count), Some(start)) = (u16_at(bytes, end + 10), u32_at(bytes, end + 16)) else {
        return Err(broken);
    };
    let mut at = usize::try_from(start).unwrap_or(usize::MAX);
    let mut unpacked = 0u64;
    for _ in 0..count {
        if bytes.get(at..at.saturating_add(4)) != Some(&ENTRY) {
            return Err(broken);
        }
        let (Some(size), Some(name), Some(extra), Some(comment)) =
            (u32_at(bytes, at + 24), u16_at(bytes, at + 28), u16_at(bytes, at + 30), u16_at(bytes, at + 32))
        else {
            return Err(broken);
        };
        unpacked += u64::from(size);
        if unpacked > MAX_UNPACKED {
            return Err(Trouble::TooLarge("bytes unpacked", MAX_UNPACKED));
        }
        at += 46 + usize::from(name) + usize::from(extra) + usize::from(comment);
    }
    Ok(())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
