//! Finds the bytes at which anything can begin or end: quotation marks, separators, line breaks.

/// So many bytes are looked at together.
const BLOCK: usize = 64;

/// A bit for each byte of a text; those of special bytes are set.
#[derive(Default)]
pub(super) struct Masks(Vec<u64>);

impl Masks {
    /// Finds those of a text, in place of those before. The memory is used again.
    pub(super) fn find(&mut self, text: &[u8], separator: u8) {
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        self.0.clear();
        self.0
            .extend(blocks.iter().map(|block| mask(block, separator)));
        // What is behind the end must not be special: no separator is zero.
        let mut last = [0; BLOCK];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.0.push(mask(&last, separator));
    }

    /// The special bytes from a place on.
    #[inline]
    pub(super) fn from(&self, place: usize) -> Specials<'_> {
        let mut masks = self.0.get(place / BLOCK..).unwrap_or_default().iter();
        let bits = masks.next().copied().unwrap_or_default();
        Specials {
            bits: bits & (u64::MAX << (place % BLOCK)),
            base: place - place % BLOCK,
            masks,
        }
    }
}

/// Where the special bytes are, one after the other.
pub(super) struct Specials<'a> {
    /// Those of the block that are still to come.
    bits: u64,
    /// Where the block begins.
    base: usize,
    masks: std::slice::Iter<'a, u64>,
}

impl Iterator for Specials<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.bits = *self.masks.next()?;
            self.base += BLOCK;
        }
        let place = self.base + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(place)
    }
}

/// The special bytes of a block. The loop is one that compilers turn into instructions for many bytes at once.
#[inline]
fn mask(block: &[u8; BLOCK], separator: u8) -> u64 {
    let mut hits = [0; BLOCK];
    for (hit, byte) in hits.iter_mut().zip(block) {
        *hit = u8::from(*byte == separator)
            | u8::from(*byte == b'"')
            | u8::from(*byte == b'\n')
            | u8::from(*byte == b'\r');
    }
    gathered(&hits)
}

/// The lowest bits of all bytes. A product with this number brings those of eight bytes together in its highest
/// byte: each bit is added to itself in eight places, and no two meet.
#[inline]
fn gathered(hits: &[u8; BLOCK]) -> u64 {
    const TOGETHER: u64 = 0x0102_0408_1020_4080;
    let (words, _) = hits.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| {
        let bits = u64::from_le_bytes(*word).wrapping_mul(TOGETHER) >> 56;
        mask << 8 | bits
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_specials_are_found_and_nothing_else(
            text in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b";,\"\r\n:".to_vec())], 0..300),
            separator in prop::sample::select(b";,\t:\x01~".to_vec()),
            begin in 0_usize..300,
        ) {
            let mut masks = Masks::default();
            masks.find(b";;;;;", b';');
            masks.find(&text, separator);
            let is_special = |byte: u8| byte == separator || b"\"\r\n".contains(&byte);
            let begin = begin.min(text.len());
            let expected: Vec<_> =
                (begin..text.len()).filter(|place| is_special(text[*place])).collect();
            prop_assert_eq!(masks.from(begin).collect::<Vec<_>>(), expected);
        }
    }
}
