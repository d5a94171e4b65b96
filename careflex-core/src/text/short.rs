//! Short texts, which are kept in place.

use super::class::{BLOCK, SUSPICIOUS, classes, is_plain_where};
use super::piece::Piece;

/// Most bytes of a text that is kept in place. With length and kind it fills 24 bytes, as a `String` does. Longer
/// ones would need less of the heap, but all incidents would be larger, and to read them from memory is what takes
/// the time when many are written.
pub(super) const SHORT: usize = 22;

/// A text that is kept in place. The places behind its end are zero, so that it can be compared as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub(super) struct Short {
    bytes: [u8; SHORT],
    length: u8,
    /// Nothing in it has a meaning in any format.
    is_plain: bool,
}

impl Short {
    /// Stands where a text is missing in what is thrown away.
    pub(super) const STAND_IN: Self = Self::code(b"---");

    /// A code of three characters, which are plain.
    pub(super) const fn code([first, second, third]: &[u8; 3]) -> Self {
        let mut bytes = [0; SHORT];
        let [one, two, three, ..] = &mut bytes;
        (*one, *two, *three) = (*first, *second, *third);
        Self {
            bytes,
            length: 3,
            is_plain: true,
        }
    }

    /// `None` if it is too long.
    #[inline(always)]
    pub(super) fn new(text: &str, is_plain: bool) -> Option<Self> {
        let length = u8::try_from(text.len()).ok()?;
        (text.len() <= SHORT).then(|| Self {
            bytes: padded(text.as_bytes()),
            length,
            is_plain,
        })
    }

    /// A piece with enough text behind it. Nothing here depends on how long it is, so there is nothing that the
    /// processor could guess wrong. `None` if it is too long, or has too little behind it.
    #[inline(always)]
    pub(super) fn of_piece(piece: Piece<'_>, is_doubtful: &mut bool) -> Option<Self> {
        let block: &[u8; BLOCK] = piece.rest().as_bytes().first_chunk()?;
        let length = u8::try_from(piece.len()).ok()?;
        let mask: &[u8; BLOCK] = MASKS
            .get(SHORT.checked_sub(usize::from(length))?..)?
            .first_chunk()?;
        let mut masked = [0; BLOCK];
        for ((masked, byte), mask) in masked.iter_mut().zip(block).zip(mask) {
            *masked = byte & mask;
        }
        let is_plain = is_plain_where(&masked, mask);
        if !is_plain {
            *is_doubtful |= classes(piece.as_bytes()) & SUSPICIOUS != 0;
        }
        Some(Self {
            bytes: *masked.first_chunk()?,
            length,
            is_plain,
        })
    }

    #[inline(always)]
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// All places, used or not, and how many are not.
    #[inline(always)]
    pub(super) fn padded_bytes(&self) -> (&[u8; SHORT], usize) {
        (&self.bytes, SHORT - usize::from(self.length))
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

/// So many ones as a short text has bytes at most, and zeros: from some place on, the mask of each length.
static MASKS: [u8; SHORT + BLOCK] = {
    let mut masks = [0; SHORT + BLOCK];
    let mut place = 0;
    while place < SHORT {
        #[expect(clippy::indexing_slicing, reason = "the array is longer")]
        {
            masks[place] = 0xFF;
        }
        place += 1;
    }
    masks
};

/// Bytes with zeros behind them. Eight at a time, in registers: a copy of unknown length would go through memory
/// in pieces that cannot be read back as a whole at once.
#[inline(always)]
fn padded(bytes: &[u8]) -> [u8; SHORT] {
    let [a, b, c, d, e, f, g, h] = word(bytes, 0);
    let [i, j, k, l, m, n, o, p] = word(bytes, 8);
    let [q, r, s, t, u, v, _, _] = word(bytes, 16);
    [
        a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v,
    ]
}

/// Eight bytes from a place on, zeros for those behind the end.
#[inline(always)]
fn word(bytes: &[u8], begin: usize) -> [u8; 8] {
    let Some(rest) = bytes.get(begin..) else {
        return [0; 8];
    };
    if let Some(word) = rest.first_chunk() {
        return *word;
    }
    let missing = 8 - rest.len();
    let word = match (bytes.last_chunk(), rest) {
        (_, []) => 0,
        // The last eight bytes, those that belong to the word before pushed out.
        (Some(last), _) => u64::from_le_bytes(*last) >> (8 * missing),
        (None, _) => rest
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    word.to_le_bytes()
}
