//! Writes values. Short texts are copied in steps of a fixed length, which are a few instructions each where a
//! copy of any length is a call.

use careflex_core::{NaiveDate, Text, date_text};

/// Appends a literal.
#[inline(always)]
pub(super) fn put(out: &mut Vec<u8>, literal: &[u8]) {
    out.extend_from_slice(literal);
}

#[inline(always)]
pub(super) fn put_text(out: &mut Vec<u8>, text: &Text) {
    if !text.put_plain(out) {
        put_escaped(out, text.as_bytes());
    }
}

pub(super) fn put_str(out: &mut Vec<u8>, text: &str) {
    put_escaped(out, text.as_bytes());
}

/// The code of an incident's type: nearly always three letters.
#[inline(always)]
pub(super) fn put_kind(out: &mut Vec<u8>, code: &str) {
    match *code.as_bytes() {
        [a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'A'..=b'Z'] => put(out, &[a, b, c]),
        _ => put_str(out, code),
    }
}

/// A code of the schema.
#[inline(always)]
pub(super) fn put_code(out: &mut Vec<u8>, code: &str) {
    match *code.as_bytes() {
        [letter] if letter.is_ascii_alphanumeric() => out.push(letter),
        _ => put_str(out, code),
    }
}

#[inline(always)]
pub(super) fn put_date(out: &mut Vec<u8>, date: NaiveDate) {
    // The rules let no day without four digits for the year into a report.
    if let Some(text) = date_text(date) {
        put(out, text.as_bytes());
    }
}

#[inline(always)]
pub(super) fn put_boolean(out: &mut Vec<u8>, value: bool) {
    if value {
        put(out, b"true");
    } else {
        put(out, b"false");
    }
}

/// Appends a text and escapes what must not stand in XML: a carriage return too, which readers would turn into a
/// line feed. With `>` escaped, `]]>` cannot come about.
#[inline(never)]
fn put_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        let word = next_word(text, rest);
        let special = specials(word);
        let clean = match special {
            0 => rest.len().min(WORD),
            _ => special.trailing_zeros() as usize / 8,
        };
        // All eight, and what is too much is taken off: a copy of known length.
        put(out, &word.to_le_bytes());
        out.truncate(out.len() - (WORD - clean));
        rest = rest.get(clean..).unwrap_or_default();
        if special != 0
            && let Some((byte, behind)) = rest.split_first()
        {
            put_reference(out, *byte);
            rest = behind;
        }
    }
}

const WORD: usize = 8;

/// The first eight bytes of the rest of a text, the first one lowest. Zeros stand behind its end.
#[inline(always)]
fn next_word(text: &[u8], rest: &[u8]) -> u64 {
    if let Some(eight) = rest.first_chunk() {
        u64::from_le_bytes(*eight)
    } else if let Some(last) = text.last_chunk() {
        u64::from_le_bytes(*last) >> (8 * (WORD - rest.len()))
    } else {
        let bytes = rest.iter().rev();
        bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
    }
}

/// Where in a word something must be escaped: the highest bit of each such byte. The lowest of these bits is
/// right, those above it may be wrong.
#[inline(always)]
fn specials(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Of the bytes that are equal to this one, after some bits are cleared in both.
    let equal = |byte: u8, cleared: u8| {
        let difference = (word & !(EACH * u64::from(cleared))) ^ (EACH * u64::from(byte));
        difference.wrapping_sub(EACH) & !difference
    };
    // `"` and `&`, `<` and `>` differ in a bit each.
    let found =
        equal(b'"', b'"' ^ b'&') | equal(b'<', b'<' ^ b'>') | equal(b'\'', 0) | equal(b'\r', 0);
    found & (EACH << 7)
}

fn put_reference(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'&' => put(out, b"&amp;"),
        b'<' => put(out, b"&lt;"),
        b'>' => put(out, b"&gt;"),
        b'"' => put(out, b"&quot;"),
        b'\'' => put(out, b"&apos;"),
        _ => put(out, b"&#13;"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(text: &str) -> String {
        let characters = text.chars().map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&apos;".to_owned(),
            '\r' => "&#13;".to_owned(),
            other => other.to_string(),
        });
        characters.collect()
    }

    fn eight_by_eight(text: &str) -> String {
        let mut out = b"before".to_vec();
        put_str(&mut out, text);
        String::from_utf8(out.split_off(6)).unwrap()
    }

    #[test]
    fn each_byte_is_escaped_or_not_wherever_it_stands() {
        for byte in 0..128_u8 {
            for place in 0..19 {
                let mut text = "x".repeat(place);
                text.push(char::from(byte));
                for behind in ["", "y", "\u{ff}", "\"#$%", "'()&", ";<=>?@", "\r\u{e}"] {
                    let text = format!("{text}{behind}");
                    assert_eq!(eight_by_eight(&text), one_by_one(&text));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn texts_are_escaped_as_if_one_by_one(text in "([&<>\"'\r]|[!-@]|\\PC){0,40}") {
            prop_assert_eq!(eight_by_eight(&text), one_by_one(&text));
        }
    }
}
