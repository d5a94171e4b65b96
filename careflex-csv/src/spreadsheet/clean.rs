//! A quick look at a value: a spreadsheet has changed hardly any, and that is seen from a few of their bytes.

use careflex_core::LeafKind;
use careflex_core::codec::is_trimmed;

use super::DAY_NUMBER;

/// Whether a value surely has no [`trace`](super::trace) of a spreadsheet, and no white space at its ends. `false`
/// where that would have to be looked at more closely.
#[inline]
pub(crate) fn is_clean(value: &[u8], kind: LeafKind) -> bool {
    if !is_trimmed(value) {
        return false;
    }
    let first = value.first().copied().unwrap_or_default();
    match FIRST.get(usize::from(first)) {
        Some(First::Clean) => true,
        Some(First::Error) => !value.starts_with(b"Err:"),
        Some(First::Digit) => match kind {
            LeafKind::Text => !may_be_another_number(value),
            LeafKind::Date => value.len() != DAY_NUMBER,
            _ => true,
        },
        Some(First::Doubtful) | None => false,
    }
}

/// What the first byte of a value says. It is looked up: to compare it with all that it may be costs more than to
/// look at the rest.
#[derive(Clone, Copy)]
enum First {
    Clean,
    Digit,
    /// An error value, if more of `Err:` comes.
    Error,
    Doubtful,
}

/// By the first byte of a value that is trimmed. Error values begin with `#` or `Err:`.
static FIRST: [First; 256] = {
    let mut table = [First::Clean; 256];
    let mut byte = 0_usize;
    while byte < table.len() {
        #[expect(clippy::indexing_slicing, reason = "one place for each byte")]
        {
            table[byte] = match byte as u8 {
                b'0'..=b'9' => First::Digit,
                b'=' | b'#' | b'\'' => First::Doubtful,
                b'E' => First::Error,
                _ => First::Clean,
            };
        }
        byte += 1;
    }
    table
};

/// A rounded number has one digit in front of what is not one. The decimals of a whole number are zeros.
#[inline]
fn may_be_another_number(value: &[u8]) -> bool {
    matches!(value, [_, b'E' | b'e' | b'.' | b',', ..])
        || matches!(
            value,
            [.., b'.' | b',', b'0'] | [.., b'.' | b',', b'0', b'0']
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::tests::KINDS;
    use super::super::trace;
    use super::*;

    proptest! {
        #[test]
        fn what_is_clean_has_no_trace_and_nothing_to_trim(
            value in prop_oneof![
                "[0-9]{1,5}([.,][0-9]{0,3})?([Ee][+-]?[0-9]{1,3})?",
                "[='#E@+0-9][A-Za-z0-9:!?.,+='#-]{0,6}",
                "Er?r?:?[0-9]{0,4}",
                "\\PC{0,6}",
                "[\\s\u{85}\u{a0}a0]{1,3}[a-z]{0,2}[\\s\u{85}\u{a0}a0]{0,3}",
            ],
            kind in select(KINDS.as_slice()),
        ) {
            if is_clean(value.as_bytes(), kind) {
                prop_assert_eq!(trace(&value, kind), None);
                prop_assert_eq!(value.trim(), value.as_str());
            }
        }
    }

    #[test]
    fn usual_values_are_clean() {
        for (value, kind) in [
            ("Thomas", LeafKind::Text),
            ("Erika", LeafKind::Text),
            ("René", LeafKind::Text),
            ("Äußere Straße", LeafKind::Text),
            ("01234", LeafKind::Text),
            ("9a", LeafKind::Text),
            ("069 305 12345", LeafKind::Text),
            ("2026-12-01", LeafKind::Date),
            ("false", LeafKind::Boolean),
            ("w", LeafKind::Code),
        ] {
            assert!(is_clean(value.as_bytes(), kind), "{value}");
        }
    }
}
