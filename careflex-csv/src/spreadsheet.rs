//! What spreadsheets do to values.

use std::borrow::Cow;

use careflex_core::{LeafKind, ViolationCode};

mod clean;

pub(crate) use clean::is_clean;

/// Makes a cell harmless for spreadsheets: with an apostrophe in front of `=`, `+`, `-` or `@`, which would make it
/// a formula, also behind white space, which some trim first; and in front of a tab or a carriage return.
///
/// ```
/// assert_eq!(careflex_csv::harmless("=1+1"), "'=1+1");
/// assert_eq!(careflex_csv::harmless("1+1"), "1+1");
/// ```
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['\t', '\r']) || cell.trim_start().starts_with(['=', '+', '-', '@']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// A cell as a spreadsheet leaves it alone: [`harmless`], and with an apostrophe in front of what would be taken for
/// a number or a day and come back as another one, like `0042`, `3-5` and `4915112345678`. Days are not: they are
/// read again in the form that a spreadsheet gives them.
pub(crate) fn kept(cell: &str, kind: LeafKind) -> Cow<'_, str> {
    if needs_apostrophe(cell, kind) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// What stood in a cell before it was [`kept`], also when the spreadsheet has taken the apostrophe away.
pub(crate) fn unkept(cell: &str, kind: LeafKind) -> &str {
    match cell.strip_prefix('\'') {
        Some(bare) if needs_apostrophe(bare, kind) => bare,
        _ => cell,
    }
}

/// What was there before makes no difference, be it white space or an apostrophe: so that one of ours, and no other,
/// is there to be taken away.
fn needs_apostrophe(cell: &str, kind: LeafKind) -> bool {
    let is_before = |first: char| first == '\'' || first.is_whitespace();
    let bare = cell.trim_start_matches(is_before);
    let before = cell.strip_suffix(bare).unwrap_or_default();
    before.contains(['\t', '\r'])
        || matches!(harmless(bare), Cow::Owned(_))
        || (kind != LeafKind::Date && is_taken_for_another(bare.trim_end()))
}

/// Spreadsheets show numbers of up to eleven digits as they are, as long as no zero leads. `5 a` is five in the
/// morning.
fn is_taken_for_another(cell: &str) -> bool {
    let is_plain = are_digits(cell) && cell.len() <= 11 && (cell == "0" || !cell.starts_with('0'));
    let is_part = |byte: u8| byte.is_ascii_digit() || b".,-/:+eE ".contains(&byte);
    let is_hour = |half: &str| ["a", "am", "p", "pm"].contains(&half.to_ascii_lowercase().as_str());
    let hour = cell.rsplit_once(' ').filter(|(_, half)| is_hour(half));
    let number = hour.map_or(cell, |(number, _)| number);
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(is_part)
        && (hour.is_some() || !is_plain)
}

/// What a spreadsheet has left in place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    /// `=A1`, and `="01234"` too: it is meant to keep zeros, but is no value.
    Formula,
    /// `#NV`, or `####` where a column was too narrow.
    ErrorValue,
    /// `'+49 151`, as [`harmless`] leaves it: who corrects an error report hands its cells in again.
    MadeHarmless,
    /// `4,92397E+10`: digits are lost.
    Rounded,
    /// `4711,00`
    Decimals,
    /// `43945` in place of a day.
    DayNumber,
}

/// Tells what a spreadsheet has left in place of a value. What could have been entered by a person on purpose is
/// none of it; this is why the rules below are narrow (our decision).
pub(crate) fn trace(value: &str, kind: LeafKind) -> Option<Trace> {
    match value.as_bytes().first()? {
        b'=' => Some(Trace::Formula),
        b'#' | b'E' if is_error_value(value) => Some(Trace::ErrorValue),
        b'\'' if is_made_harmless(value) => Some(Trace::MadeHarmless),
        b'0'..=b'9' => match kind {
            LeafKind::Text if is_scientific(value) => Some(Trace::Rounded),
            LeafKind::Text if is_whole_with_decimals(value) => Some(Trace::Decimals),
            LeafKind::Date if value.len() == DAY_NUMBER && are_digits(value) => {
                Some(Trace::DayNumber)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Excel's day numbers have so many digits.
const DAY_NUMBER: usize = 5;

impl Trace {
    /// A day number is a day in another form; nothing is lost.
    pub(crate) const fn code(self) -> ViolationCode {
        match self {
            Self::DayNumber => ViolationCode::DateFormat,
            _ => ViolationCode::Spreadsheet,
        }
    }

    /// What has happened and what to do, as the rest of a sentence. `form` is that of the column's days.
    pub(crate) fn in_words(self, form: &str) -> Cow<'static, str> {
        let words = match self {
            Self::Formula => {
                "is a formula in place of a value. Export the values, not the formulas; if it is there to keep leading zeros, format the column as text instead"
            }
            Self::ErrorValue => {
                "is what a spreadsheet shows for a formula that has failed, or for a column that is too narrow. Correct the formula or widen the column, and export it again"
            }
            Self::MadeHarmless => {
                "has an apostrophe in front, as an error report writes it so that no spreadsheet takes it for a formula. Delete the apostrophe"
            }
            Self::Rounded => {
                "looks like a number that a spreadsheet has rounded: its digits are lost. Format the column as text, enter the values again, and export it again"
            }
            Self::Decimals => {
                "looks like a number to which a spreadsheet has added decimals. Format the column as text and export it again"
            }
            Self::DayNumber => {
                return Cow::Owned(format!(
                    "looks like the number by which Excel counts days. Format the column as a date in the form {form}, or as text, and export it again"
                ));
            }
        };
        Cow::Borrowed(words)
    }
}

fn is_made_harmless(value: &str) -> bool {
    let rest = value.strip_prefix('\'');
    rest.is_some_and(|rest| matches!(harmless(rest), Cow::Owned(_)))
}

/// `#NV`, `#DIV/0!`, `#NAME?`, `#ÜBERLAUF!`, `###`, `Err:502`
fn is_error_value(value: &str) -> bool {
    if let Some(number) = value.strip_prefix("Err:") {
        return number.len() == 3 && are_digits(number);
    }
    let Some(name) = value.strip_prefix('#') else {
        return false;
    };
    // All others have names in capital letters and end like a cry for help, in all languages.
    let is_name = |name: &str| {
        let is_part = |letter: char| {
            letter.is_uppercase() || letter.is_ascii_digit() || "/_".contains(letter)
        };
        name.starts_with(char::is_uppercase)
            && name.chars().count() > 2
            && name.chars().all(is_part)
    };
    matches!(
        name,
        "N/A" | "NV" | "N/V" | "GETTING_DATA" | "DATEN_ABRUFEN"
    ) || name.bytes().all(|byte| byte == b'#')
        || name.strip_suffix(['!', '?']).is_some_and(is_name)
}

/// `4,92397E+10`, `4.9E+10`, `5E+10`, but neither `12E05` nor `4E-12`, which may be keys or rooms: a spreadsheet
/// writes one digit in front, the sign, and two digits or more behind it. Programs that read spreadsheets also
/// write `4.92397E10`.
fn is_scientific(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['E', 'e']) else {
        return false;
    };
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let is_mantissa = whole.len() == 1
        && are_digits(whole)
        && whole != "0"
        && (decimals.is_empty() == (whole == mantissa))
        && all_digits(decimals);
    let is_exponent =
        |digits: &str, least: usize| (least..=3).contains(&digits.len()) && are_digits(digits);
    is_mantissa
        && match (exponent.strip_prefix('+'), exponent.strip_prefix('-')) {
            (Some(digits), _) => {
                is_exponent(digits, 2) && (!decimals.is_empty() || !value.contains('e'))
            }
            (None, Some(digits)) => is_exponent(digits, 2) && !decimals.is_empty(),
            (None, None) => is_exponent(exponent, 1) && decimals.len() >= 3,
        }
}

/// `4711.0`, `4711,00`, but not `007.00`: a spreadsheet leaves no leading zero.
fn is_whole_with_decimals(value: &str) -> bool {
    value
        .split_once(['.', ','])
        .is_some_and(|(whole, decimals)| {
            matches!(decimals, "0" | "00")
                && are_digits(whole)
                && (whole == "0" || !whole.starts_with('0'))
        })
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && all_digits(text)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const KINDS: [LeafKind; 4] = [
        LeafKind::Text,
        LeafKind::Date,
        LeafKind::Boolean,
        LeafKind::Code,
    ];

    #[test]
    fn what_a_spreadsheet_would_change_is_kept_and_comes_back() {
        for changed in [
            "0042",
            "01234",
            "00",
            "4915112345678",
            "3-5",
            "1/2",
            "1.5",
            "12E05",
            "0151 123",
            "5 a",
            "12 PM",
            "=1+1",
            "-1",
            "'0042",
            "'=1",
            "''3-5",
        ] {
            assert_eq!(kept(changed, LeafKind::Text), format!("'{changed}"));
            assert_eq!(
                unkept(&kept(changed, LeafKind::Text), LeafKind::Text),
                changed
            );
        }
        for same in [
            "",
            "'",
            "0",
            "9",
            "4711",
            "12345678901",
            "9a",
            "9 b",
            "Werk 1",
            "'t Hooft",
            "a=b",
            "x1",
            "O'Neil",
        ] {
            assert_eq!(kept(same, LeafKind::Text), same);
            assert_eq!(unkept(same, LeafKind::Text), same);
        }
        // The spreadsheet takes the apostrophe for its own when somebody enters the cell again.
        assert_eq!(unkept("0042", LeafKind::Text), "0042");
    }

    #[test]
    fn formulas_and_error_values_are_found_in_every_kind_of_field() {
        for value in ["=A1", "=\"01234\"", "=", "=1+1"] {
            for kind in KINDS {
                assert_eq!(trace(value, kind), Some(Trace::Formula), "{value}");
            }
        }
        for value in [
            "#N/A",
            "#NV",
            "#REF!",
            "#BEZUG!",
            "#VALUE!",
            "#WERT!",
            "#NAME?",
            "#DIV/0!",
            "#NUM!",
            "#ZAHL!",
            "#NULL!",
            "#ÜBERLAUF!",
            "#SPILL!",
            "#VALEUR!",
            "#GETTING_DATA",
            "#",
            "####",
            "Err:502",
        ] {
            for kind in KINDS {
                assert_eq!(trace(value, kind), Some(Trace::ErrorValue), "{value}");
            }
        }
    }

    #[test]
    fn what_an_error_report_made_harmless_is_not_taken_as_it_is() {
        for value in ["+49 151", "=1+1", "-1", "@x"] {
            let cell = harmless(value);
            for kind in KINDS {
                assert_eq!(trace(&cell, kind), Some(Trace::MadeHarmless), "{value}");
            }
        }
    }

    #[test]
    fn numbers_that_are_no_longer_the_same_are_found_in_texts() {
        for (value, expected) in [
            ("4,92397E+10", Trace::Rounded),
            ("4.9E+10", Trace::Rounded),
            ("4,9e+10", Trace::Rounded),
            ("5E+10", Trace::Rounded),
            ("1,5E-05", Trace::Rounded),
            ("4.92397123E10", Trace::Rounded),
            ("4.92397E+123", Trace::Rounded),
            ("4711.0", Trace::Decimals),
            ("4711,00", Trace::Decimals),
            ("0,00", Trace::Decimals),
        ] {
            assert_eq!(trace(value, LeafKind::Text), Some(expected), "{value}");
            for kind in [LeafKind::Date, LeafKind::Boolean, LeafKind::Code] {
                assert_eq!(trace(value, kind), None, "{value}");
            }
        }
    }

    #[test]
    fn the_day_number_is_found_where_a_day_belongs() {
        assert_eq!(trace("43945", LeafKind::Date), Some(Trace::DayNumber));
        assert_eq!(trace("01234", LeafKind::Text), None);
        for value in ["20200424", "4394", "2020-04-24", "43945x"] {
            assert_eq!(trace(value, LeafKind::Date), None, "{value}");
        }
    }

    #[test]
    fn what_a_person_may_have_entered_is_no_trace() {
        for value in [
            "",
            "-",
            "+49 151 2345678",
            "+4915112345678",
            "@",
            "'t Hooft",
            "'",
            "''",
            "'70er",
            "4711",
            "0",
            "01234",
            "9a",
            "12-14",
            "12E05",
            "7E10",
            "4E-12",
            "4e+10",
            "1.E05",
            "2.1E05",
            "3E5",
            "12,5E+10",
            "0,5E+10",
            "E+10",
            ".5E+10",
            "5,E+10",
            "5E+1",
            "5,0E+1234",
            "5,0E+10x",
            "007.00",
            "4711.5",
            "4711,000",
            "4711,",
            ",00",
            "4.711",
            "1.2.0",
            "Werk 2.0",
            "2.0a",
            "# 7",
            "#7",
            "#12!",
            "#a!",
            "#A1",
            "#ok!",
            "#NVX",
            "Err:",
            "Err:5020",
            "Erika",
            "E",
            "Ems!",
            "Raum 4,9E+10",
            "ＡＢＣ",
            "٤٧١١.0",
        ] {
            assert_eq!(trace(value, LeafKind::Text), None, "{value}");
        }
    }
}
