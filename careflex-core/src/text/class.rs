//! What the bytes of a text may be: what the formats give a meaning to, and what none of them can carry.

/// So many bytes are looked at together.
pub(super) const BLOCK: usize = 32;

/// A byte that has a meaning in JSON, XML or CSV, so that it may have to be written in another way.
const MEANINGFUL: u8 = 1;
/// A byte that may belong to a character that XML 1.0 cannot carry: control characters are single bytes below
/// 0x20; U+FFFE and U+FFFF begin with 0xEF, as does a byte order mark.
pub(super) const SUSPICIOUS: u8 = 2;

/// What each byte may be.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_usize;
    while byte < classes.len() {
        #[expect(clippy::indexing_slicing, reason = "one place for each byte")]
        {
            classes[byte] = match byte as u8 {
                ..0x20 | 0xEF => MEANINGFUL | SUSPICIOUS,
                b'"' | b'\\' | b'&' | b'\'' | b'<' | b'>' | b';' | b',' | b'|' | 0x7F => MEANINGFUL,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
};

/// Whether a text with this ASCII character in it may still be plain: then no encoder has to look for it.
#[doc(hidden)]
#[must_use]
pub fn is_plain(character: u8) -> bool {
    CLASSES.get(usize::from(character)) == Some(&0)
}

/// What the bytes of a text may be, together.
#[inline]
pub(super) fn classes(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |classes, byte| {
        classes | CLASSES.get(usize::from(*byte)).copied().unwrap_or_default()
    })
}

/// Whether these are all printable ASCII characters, no blank among them. Looks at all of them, without a branch
/// for each.
#[inline]
pub(crate) fn are_graphic(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .fold(true, |all, byte| all & byte.is_ascii_graphic())
}

/// Whether no byte of a block is of any class, but for those that a mask leaves out. The loop has no branches, and
/// compilers turn it into instructions for many bytes at once. These can look up nothing: each byte is compared.
#[inline(always)]
pub(super) fn is_plain_where(block: &[u8; BLOCK], mask: &[u8; BLOCK]) -> bool {
    let mut hits = [0; BLOCK];
    for ((hit, byte), mask) in hits.iter_mut().zip(block).zip(mask) {
        let is_any = u8::from(*byte < 0x20)
            | u8::from(*byte == 0xEF)
            | u8::from(*byte == b'"')
            // & and '
            | u8::from(*byte | 1 == b'\'')
            | u8::from(*byte == b',')
            | u8::from(*byte == b';')
            // < and >
            | u8::from(*byte | 2 == b'>')
            // \ and |
            | u8::from(*byte | 0x20 == b'|')
            | u8::from(*byte == 0x7F);
        *hit = is_any & mask;
    }
    let (words, _) = hits.as_chunks::<8>();
    let together = words
        .iter()
        .fold(0, |together, word| together | u64::from_le_bytes(*word));
    together == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_single_bytes_are_judged_alike() {
        for byte in 0..=u8::MAX {
            for place in [0, 7, 8, BLOCK - 1] {
                let mut block = [b'a'; BLOCK];
                block[place] = byte;
                assert_eq!(
                    is_plain_where(&block, &[0xFF; BLOCK]),
                    is_plain(byte),
                    "{byte}"
                );
                let mut mask = [0xFF; BLOCK];
                mask[place] = 0;
                assert!(is_plain_where(&block, &mask));
            }
        }
    }
}
