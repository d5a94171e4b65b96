//! Writes single values. Texts come without their quotation marks, which are parts of the literals around them.

use careflex_core::{NaiveDate, Text, date_text};

use crate::json::special::clean_part;

/// Appends a literal.
// An array, because a copy of known length is a few instructions and not a call.
#[inline(always)]
pub(super) fn put<const LENGTH: usize>(out: &mut Vec<u8>, literal: &[u8; LENGTH]) {
    out.extend_from_slice(literal);
}

/// Appends a day as `YYYY-MM-DD`; `None` if four digits cannot hold its year.
#[inline(always)]
pub(super) fn put_day(out: &mut Vec<u8>, day: NaiveDate) -> Option<()> {
    put(out, date_text(day)?.as_bytes());
    Some(())
}

/// Appends a text of the model.
#[inline(always)]
pub(super) fn put_text(out: &mut Vec<u8>, text: &Text) {
    // Nearly all are short, and known to need no second look.
    if !text.put_plain(out) {
        put_escaped(out, text.as_bytes());
    }
}

/// Appends any text.
pub(super) fn put_str(out: &mut Vec<u8>, text: &str) {
    put_escaped(out, text.as_bytes());
}

/// Appends a code of an incident's type: three capital letters, unless the rules were relaxed.
pub(super) fn put_code(out: &mut Vec<u8>, code: &str) {
    match *code.as_bytes() {
        [a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'A'..=b'Z'] => put(out, &[a, b, c]),
        _ => put_str(out, code),
    }
}

/// Appends a number.
pub(super) fn put_number(out: &mut Vec<u8>, number: u64) {
    // Digits come from the last to the first.
    let start = out.len();
    let mut rest = number;
    loop {
        out.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// Whether a text is written as a number: 1 to 9 digits without a leading zero (our decision).
#[inline]
pub(super) fn is_number(text: &Text) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.len() < 9 && rest.iter().all(u8::is_ascii_digit))
}

// Not inlined, so that what is inlined everywhere stays small.
#[inline(never)]
fn put_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let (chunks, rest) = text.as_chunks::<16>();
    for (chunk, start) in chunks.iter().zip((0..).step_by(16)) {
        if !is_clean(chunk) {
            return put_escapes(out, text.get(start..).unwrap_or_default());
        }
        put(out, chunk);
    }
    match text.last_chunk::<16>() {
        // A part of it is there already: to write that again is cheaper than to copy an unknown length.
        Some(last) if is_clean(last) => {
            let doubled = last.len() - rest.len();
            out.truncate(out.len() - doubled);
            put(out, last);
        }
        _ => put_escapes(out, rest),
    }
}

/// Compilers make vectors of it, where `first_special` has one word.
#[inline(always)]
fn is_clean(chunk: &[u8; 16]) -> bool {
    chunk.iter().fold(true, |is_clean, byte| {
        is_clean & (*byte >= 0x20) & (*byte != b'"') & (*byte != b'\\')
    })
}

fn put_escapes(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    loop {
        let (clean, special) = rest.split_at(clean_part(rest));
        out.extend_from_slice(clean);
        let Some((byte, behind)) = special.split_first() else {
            return;
        };
        put_escape(out, *byte);
        rest = behind;
    }
}

#[cold]
fn put_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        control => {
            let digit = |four_bits: u8| match four_bits {
                0..10 => b'0' + four_bits,
                _ => b'a' + four_bits - 10,
            };
            put(out, b"\\u00");
            put(out, &[digit(control >> 4), digit(control & 15)]);
            return;
        }
    };
    put(out, &[b'\\', short]);
}
