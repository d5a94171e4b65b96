//! How names of a file are shown in messages.

use careflex_core::ReadError;

use crate::separator::Separator;

/// How many characters of a name are shown.
const NAME_SHOWN: usize = 40;
/// How many names of a kind are shown.
pub(super) const NAMES_SHOWN: usize = 10;

/// A name, cut and without characters that do harm in terminals: a mixed-up file may have anything in its
/// header line.
pub(super) fn shown(name: &str) -> String {
    let mut shown = String::new();
    for character in name.chars().take(NAME_SHOWN) {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

/// A few names, and how many more there are: `a, b and 70 more`.
pub(super) fn shown_list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let first: Vec<_> = names.take(NAMES_SHOWN).map(shown).collect();
    match more {
        0 => first.join(", "),
        _ => format!("{} and {more} more", first.join(", ")),
    }
}

/// A separator in a sentence.
pub(super) fn shown_separator(separator: Separator) -> String {
    match separator.as_char() {
        '\t' => "tab".to_owned(),
        '\\' | '\'' => format!("`{separator}`"),
        other => format!("`{}`", other.escape_debug()),
    }
}

/// `1 value`, `2 values`
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// What to say of another encoding to somebody who has the file from a spreadsheet.
pub(super) fn other_encoding(line: impl Into<Option<u64>>, what: &str) -> ReadError {
    ReadError::new(
        line,
        format!("{what}: save the file as UTF-8 (in Excel: \"CSV UTF-8\")"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_and_printable() {
        assert_eq!(
            shown("Maß \"netto\" d'Or\u{1b}[2J"),
            "Maß \"netto\" d'Or\\u{1b}[2J"
        );
        assert_eq!(shown(&"ä".repeat(50)), "ä".repeat(40));
        let names: Vec<_> = (0..80).map(|number| number.to_string()).collect();
        let list = |count| shown_list(names.iter().take(count).map(String::as_str));
        assert_eq!(list(2), "0, 1");
        assert_eq!(list(80), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 70 more");
    }

    #[test]
    fn separators_are_printable() {
        let shown =
            ['\t', ';', '\'', '\u{1}'].map(|one| shown_separator(Separator::new(one).unwrap()));
        assert_eq!(shown, ["tab", "`;`", "`'`", "`\\u{1}`"]);
    }
}
