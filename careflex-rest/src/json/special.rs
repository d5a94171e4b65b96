//! Finds what has a meaning inside a JSON text: quotation marks, backslashes and control characters.

/// How many bytes of a text stand before the first special one.
#[inline]
pub(super) fn clean_part(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (word, start) in words.iter().zip((0..).step_by(8)) {
        if let Some(place) = first_special(*word) {
            return start + place;
        }
    }
    let is_special = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    let clean = rest.iter().position(is_special).unwrap_or(rest.len());
    text.len() - rest.len() + clean
}

/// The place of the first special byte of eight.
// All at once: eight bytes in a register, and a few operations that set the highest bit of those that are
// looked for. Subtracting borrows from the next byte only behind one that is found, so the first is right.
#[inline(always)]
pub(super) fn first_special(bytes: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    let word = u64::from_le_bytes(bytes);
    // This exchange of two bits puts the quotation mark right behind the control characters.
    let below_0x20_or_quote = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    let found = (below_0x20_or_quote | backslash) & !word & HIGHEST_BITS;
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_special_byte_is_found_in_each_place() {
        for length in 0..20 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    // Bytes all around which a borrow could be mistaken for.
                    for around in [b' ', b'#', b'!', b']', 0x80, 0xFF] {
                        let mut text = vec![around; length];
                        text.splice(place..=place, [byte]);
                        let is_special = byte < 0x20 || byte == b'"' || byte == b'\\';
                        let expected = if is_special { place } else { length };
                        assert_eq!(clean_part(&text), expected, "{byte} among {around}");
                    }
                }
            }
        }
    }
}
