//! The check for Bloom filters of Automerge's own sync protocol (interoperability only).

use super::read::Reader;

const MAX_ENTRIES: u64 = 100_000;
const MAX_BITS_PER_ENTRY: u64 = 64;
const MAX_PROBES: u64 = 32;

/// Whether a serialised Bloom filter is safe to hand to Automerge's sync.
///
/// Its layout is entries, bits per entry and probes (uLEB each), then the bits. Automerge sets aside
/// memory for as many probes as the sender claims, which aborts the process, and divides by the number
/// of bits, which may be zero. No bytes at all is the empty filter.
pub fn bloom_ok(bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return true;
    }
    let mut reader = Reader::new(bytes);
    let (Ok(entries), Ok(bits), Ok(probes)) = (reader.u64(), reader.u64(), reader.u64()) else {
        return false;
    };
    (1..=MAX_ENTRIES).contains(&entries)
        && (1..=MAX_BITS_PER_ENTRY).contains(&bits)
        && (1..=MAX_PROBES).contains(&probes)
        && reader.rest().len() as u64 == (entries * bits).div_ceil(8)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::bloom_ok;

    #[test]
    fn honest_filters_pass() {
        assert!(bloom_ok(&[]));
        for entries in [1usize, 2, 10, 300] {
            let hashes: Vec<_> = (0..entries).map(|i| automerge::ChangeHash([i as u8; 32])).collect();
            let filter = automerge::sync::BloomFilter::from_hashes(hashes.iter());
            assert!(bloom_ok(&filter.to_bytes()), "{entries} entries");
        }
    }

    #[test]
    fn hostile_filters_do_not() {
        // 2^32 - 1 probes: 16 GiB set aside.
        assert!(!bloom_ok(&[1, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]));
        // No bits per entry: a remainder by zero.
        assert!(!bloom_ok(&[1, 0, 7]));
        assert!(!bloom_ok(&[0, 10, 7]));
        assert!(!bloom_ok(&[1, 10, 0, 0, 0]));
        // Fewer and more bits than announced, and a filter that ends early.
        assert!(!bloom_ok(&[1, 10, 7, 0]));
        assert!(!bloom_ok(&[1, 10, 7, 0, 0, 0]));
        assert!(!bloom_ok(&[1, 10]));
        // A size that does not fit 64 bits when multiplied.
        assert!(!bloom_ok(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 64, 7]));
    }
}
