use std::io::{BufReader, Read};

use proptest::prelude::*;

use super::*;

/// A record as a test writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    lines: (u64, u64),
    values: Vec<String>,
    flaw: Option<Flaw>,
}

/// What is in a file: its records, and what ends it before its time.
type File = (Vec<Found>, Option<String>);

fn read_from(input: impl BufRead, separator: char) -> File {
    let mut records = Records::new(input, Separator::new(separator).unwrap());
    let mut record = Record::default();
    let mut found = Vec::new();
    loop {
        match records.next(&mut record) {
            Ok(true) => {
                let values: Vec<_> = record.iter().map(str::to_owned).collect();
                assert_eq!(record.len(), values.len());
                for (place, value) in values.iter().enumerate() {
                    assert_eq!(record.get(place), Some(value.as_str()));
                }
                assert_eq!(record.get(values.len()), None);
                assert_eq!(record.line(), record.lines().0);
                found.push(Found {
                    lines: record.lines(),
                    values,
                    flaw: record.flaw(),
                });
            }
            Ok(false) => return (found, None),
            Err(error) => {
                // An error is the last item.
                assert!(!records.next(&mut record).unwrap());
                return (found, Some(error.to_string()));
            }
        }
    }
}

/// Reads a text in pieces of every length: all splits of it say the same.
fn read(text: impl AsRef<[u8]>, separator: char) -> File {
    let text = text.as_ref();
    let whole = read_from(text, separator);
    for capacity in 1..=text.len().min(40) {
        let pieces = BufReader::with_capacity(capacity, text);
        assert_eq!(read_from(pieces, separator), whole, "{capacity}");
    }
    whole
}

/// The values of a text without any flaw, and the line of each record.
fn values(text: &str) -> Vec<(u64, Vec<String>)> {
    let (records, error) = read(text, ';');
    assert_eq!(error, None, "{text:?}");
    let records = records.into_iter();
    records
        .map(|record| {
            assert_eq!(record.flaw, None, "{text:?}");
            (record.lines.0, record.values)
        })
        .collect()
}

fn rows<const N: usize>(rows: [(u64, &[&str]); N]) -> Vec<(u64, Vec<String>)> {
    let own = |values: &[&str]| values.iter().map(ToString::to_string).collect();
    rows.map(|(line, values)| (line, own(values))).into()
}

#[test]
fn values_stand_between_separators() {
    for (text, expected) in [
        ("a;b", &["a", "b"][..]),
        ("a;b;", &["a", "b", ""]),
        (";", &["", ""]),
        (";;a", &["", "", "a"]),
        (" a ; b", &[" a ", " b"]),
        ("ä;€;😀", &["ä", "€", "😀"]),
        ("a\u{0};b\u{1A}", &["a\u{0}", "b\u{1A}"]),
        // In quotation marks anything goes.
        ("\"a\";\"b\"", &["a", "b"]),
        ("\"\";\"\"", &["", ""]),
        ("\"\"", &[""]),
        ("\"a;b\";c", &["a;b", "c"]),
        ("\"a\nb\";c", &["a\nb", "c"]),
        ("\"a\r\nb\";c", &["a\r\nb", "c"]),
        ("\"a\rb\";\"c\r\"", &["a\rb", "c\r"]),
        ("\"\n\"", &["\n"]),
        // Doubled quotation marks, at each place.
        ("\"\"\"\"", &["\""]),
        ("\"\"\"\"\"\"", &["\"\""]),
        ("\"\"\"a\"\"\"", &["\"a\""]),
        ("\"a\"\"b\"", &["a\"b"]),
        ("\"\"\";\"\"\"", &["\";\""]),
        // Without quotation marks around it a value may hold them.
        ("5\" pipe;c", &["5\" pipe", "c"]),
        ("a\"b\"c;\"d\"", &["a\"b\"c", "d"]),
        ("a\"\";b\"", &["a\"\"", "b\""]),
    ] {
        for end in ["", "\n", "\r\n", "\r", "\n\n", "\r\r\n\n"] {
            let found = values(&format!("{text}{end}"));
            assert_eq!(found, rows([(1, expected)]), "{text:?} {end:?}");
        }
    }
}

#[test]
fn any_line_break_ends_a_record_and_is_one_line() {
    let expected = rows([(1, &["a", "b"]), (2, &["c", "d"]), (3, &["e", ""])]);
    for (first, second) in [
        ("\n", "\n"),
        ("\r\n", "\r\n"),
        ("\r", "\r"),
        ("\n", "\r\n"),
        ("\r\n", "\r"),
        ("\r", "\n"),
    ] {
        for begin in ["a;b", "a;\"b\"", "\"a\";b"] {
            let text = format!("{begin}{first}c;d{second}e;");
            assert_eq!(values(&text), expected, "{text:?}");
        }
    }
    // An old Mac's line break before a quotation mark is not the first half of one behind it.
    let expected = rows([(1, &["a"]), (2, &["\nb"]), (4, &["c"])]);
    assert_eq!(values("a\r\"\nb\"\rc"), expected);
    assert_eq!(
        values("\"a\r\"\n\"\n\""),
        rows([(1, &["a\r"]), (3, &["\n"])])
    );
}

#[test]
fn lines_are_those_of_the_file() {
    assert_eq!(
        values("\n\r\n\ra\n\n\"b\nb\r\nb\rb\";\"\n\"\n\nc"),
        rows([(4, &["a"]), (6, &["b\nb\r\nb\rb", "\n"]), (12, &["c"])])
    );
    let (records, _) = read("a\n\"b\n\n\";c\nd", ';');
    let lines: Vec<_> = records.iter().map(|record| record.lines).collect();
    assert_eq!(lines, [(1, 1), (2, 4), (5, 5)]);
}

#[test]
fn blank_lines_are_no_records() {
    for text in ["", "\n", "\r\n\r\n", "\n\r\r", "\u{FEFF}", "\u{FEFF}\n"] {
        assert_eq!(values(text), rows([]), "{text:?}");
    }
    // Blanks are a value.
    assert_eq!(values(" \n;\n"), rows([(1, &[" "]), (2, &["", ""])]));
}

#[test]
fn a_byte_order_mark_is_skipped_at_the_beginning_only() {
    assert_eq!(values("\u{FEFF}a;b"), rows([(1, &["a", "b"])]));
    assert_eq!(values("\u{FEFF}\"a;b\""), rows([(1, &["a;b"])]));
    assert_eq!(values("\u{FEFF}\n\na"), rows([(3, &["a"])]));
    assert_eq!(
        values("a\n\u{FEFF}b"),
        rows([(1, &["a"]), (2, &["\u{FEFF}b"])])
    );
    // The first two bytes of this letter are those of a byte order mark.
    assert_eq!(values("\u{FEFC}\"a"), rows([(1, &["\u{FEFC}\"a"])]));
    for cut in [&b"\xEF"[..], b"\xEF\xBB", b"\xEF\na", b"\xEF;a"] {
        let (_, error) = read(cut, ';');
        assert!(error.unwrap().starts_with("line 1: is not UTF-8"));
    }
}

#[test]
fn any_character_can_separate() {
    for separator in [',', '\t', '|', ' ', '\u{1}', '§', '¦', '→', '😀'] {
        let text = "aXbX\"X\"X\"\"X\"\"\"\"X\nX\n\"a\"XcX".replace('X', &separator.to_string());
        let own = separator.to_string();
        let (records, error) = read(&text, separator);
        assert_eq!(error, None);
        let values: Vec<_> = records.iter().map(|record| record.values.clone()).collect();
        let expected = [
            &["a", "b", &own, "", "\"", ""][..],
            &["", ""],
            &["a", "c", ""],
        ];
        assert_eq!(values, expected, "{separator:?}");
        assert!(records.iter().all(|record| record.flaw.is_none()));
    }
    // Other characters that end like the separator or begin like it are none.
    let (records, _) = read("a¦b\u{E6}\u{26}c§d\"\nç¦\"¦\"", '¦');
    assert_eq!(records[0].values, ["a", "bæ&c§d\""]);
    assert_eq!(records[1].values, ["ç", "¦"]);
    let (records, _) = read("§¥§a", '§');
    assert_eq!(records[0].values, ["", "¥", "a"]);
}

#[test]
fn behind_a_closing_quotation_mark_only_a_separator_may_follow() {
    let not_doubled = |place| {
        let kind = FlawKind::NotDoubled;
        Some(Flaw { place, kind })
    };
    for (row, place) in [
        ("\"Werk \"Nord\" 1\";b", 0),
        ("a;\"Werk \"Nord\" 1\"", 1),
        ("a;\"Werk \"Nord\"\";b", 1),
        ("a;\"Werk \"Nord;b", 1),
        ("a;\"Nord\" Werk;b", 1),
        ("a;\"5\" pipe\";b", 1),
        ("a;\"5\" pipe;b", 1),
        ("a;\"5\"\"\" pipe\"\"\";b", 1),
        ("\"a\"b", 0),
        ("\"a\" ;b", 0),
        ("\"a\"x\"", 0),
        ("\"a\"x\"\"", 0),
        // The values behind it are read as usual.
        ("a;\"Werk \"Nord\" 1\";\"b\nb\";\"c;\"\"c\"", 1),
        ("a;\"b\nb\";\"Werk \"Nord\" 1\";\"c\n\"", 2),
        ("\"a\"b\";\"c\"d\"", 0),
    ] {
        for end in ["", "\n", "\r", "\r\n"] {
            let text = format!("a;b{end}{row}{end}c;d");
            if end.is_empty() {
                let (records, error) = read(row, ';');
                assert_eq!((error, records.len()), (None, 1), "{row:?}");
                assert_eq!(records[0].flaw, not_doubled(place), "{row:?}");
                continue;
            }
            let (records, error) = read(&text, ';');
            assert_eq!((error, records.len()), (None, 3), "{text:?}: {records:?}");
            assert_eq!(records[1].flaw, not_doubled(place), "{text:?}");
            assert_eq!(records[2].values, ["c", "d"], "{text:?}");
            assert_eq!(records[2].flaw, None);
            let breaks = row.matches('\n').count() as u64;
            assert_eq!(records[1].lines, (2, 2 + breaks));
            assert_eq!(records[2].lines.0, 3 + breaks);
        }
    }
    // Half of a separator is none.
    for row in [
        "\"a\"\u{A4}b",
        "\"a\"\u{A4}\n",
        "\"a\"\u{A4}\"",
        "\"a\"\u{A4}",
    ] {
        let (records, error) = read(row, '§');
        assert_eq!((error, records.len()), (None, 1));
        assert_eq!(records[0].flaw, not_doubled(0));
    }
}

#[test]
fn a_quotation_mark_behind_a_blank_is_a_flaw() {
    for (row, place) in [(" \"a\";b", 0), ("a; \"b\"", 1), ("a;\t \"b;c\nd", 1)] {
        let (records, error) = read(format!("{row}\nc;d"), ';');
        assert_eq!(error, None);
        let kind = FlawKind::BehindBlank;
        assert_eq!(records[0].flaw, Some(Flaw { place, kind }));
        assert_eq!(records.last().unwrap().values, ["c", "d"]);
    }
    // Where blanks separate it is none.
    let (records, _) = read("a \"b c\" \"d\"", ' ');
    assert_eq!(records[0].values, ["a", "b c", "d"]);
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_the_file() {
    for (text, rows, line) in [
        ("\"", 0, 1),
        ("a\n\"b", 1, 2),
        ("a\n\nb;\"c\nd\ne;f\n", 1, 3),
        ("a;\"b\nb\";\"c\nd", 0, 2),
        ("\"a\"\"", 0, 1),
        ("\"a\n\"\"\n", 0, 1),
    ] {
        let (records, error) = read(text, ';');
        let expected = format!("line {line}: a quotation mark is opened here and never closed");
        assert_eq!((records.len(), error), (rows, Some(expected)), "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_told_by_their_line() {
    for (text, line) in [
        (&b"M\xFCller"[..], 1),
        (b"a\nb;M\xFCller;c\nd", 2),
        (b"a\n\"b\nb\r\nb\rM\xFCller\";\"\n\"", 5),
        (b"\"a\r\";\"\n\xFC\"", 3),
        (b"\"a\"\xFC", 1),
        (b"a;\"b\"c\xFC", 1),
        // Two halves of a letter in two values are no letter.
        (b"a\nx\xC3;\xBCy", 2),
        (b"\"\n\xC3\";\"\xBC\"", 2),
        // Neither is half a letter at the end, or one that is written in too many bytes.
        (b"a\nb\xC3\n", 2),
        (b"\xC0\xAF", 1),
        (b"\xED\xA0\x80", 1),
    ] {
        let (_, error) = read(text, ';');
        let expected = format!(
            "line {line}: is not UTF-8 (it looks like Latin-1 or Windows-1252): save the file as UTF-8 (in Excel: \"CSV UTF-8\")"
        );
        assert_eq!(error, Some(expected), "{text:?}");
    }
}

#[test]
fn a_record_may_have_a_mebibyte() {
    let long = "a".repeat(MAX_RECORD - 2);
    for (text, is_whole) in [
        (format!("{long};b\nc"), true),
        (format!("{long};b\r\nc"), true),
        (format!("{long};b"), true),
        (format!("\"{long}\"\nc"), true),
        (format!("{long};bb\nc"), false),
        (format!("{long};bb"), false),
        (";".repeat(MAX_RECORD), true),
        (";".repeat(MAX_RECORD + 1), false),
        (format!("\"{long}\";"), false),
    ] {
        let pieces = BufReader::with_capacity(1000, text.as_bytes());
        let (records, error) = read_from(pieces, ';');
        assert_eq!(read_from(text.as_bytes(), ';').0, records);
        assert_eq!(records.is_empty(), !is_whole);
        assert_eq!(error.is_none(), is_whole, "{error:?}");
        if let Some(error) = error {
            assert!(error.starts_with("line 1: a record is longer than 1 MiB"));
        }
    }
}

/// A beginning, and then the same without end.
struct Endless<'a> {
    begin: &'a [u8],
    filling: u8,
    read: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.begin.read(out)?;
        let length = if length == 0 {
            out.fill(self.filling);
            out.len()
        } else {
            length
        };
        self.read += length;
        Ok(length)
    }
}

#[test]
fn of_an_endless_record_no_more_is_read_than_one_may_have() {
    let too_long = "line 2: a record is longer than 1 MiB";
    let never_closed = "line 3: a quotation mark is opened here and never closed";
    for (begin, filling, expected) in [
        ("a\n", b'a', too_long),
        ("a\n", b';', too_long),
        ("a\nb\"", b'"', too_long),
        ("a\n\"b\"c", b'a', too_long),
        ("a\n\"b\n\";c", b'a', too_long),
        ("a\n\n\"", b'a', never_closed),
        ("a\n\n\"", b'\n', never_closed),
        ("a\n\"b\n\";\"", b'\r', never_closed),
    ] {
        let mut endless = Endless {
            begin: begin.as_bytes(),
            filling,
            read: 0,
        };
        let (records, error) = read_from(BufReader::with_capacity(4096, &mut endless), ';');
        assert_eq!(records.len(), 1);
        assert!(error.unwrap().starts_with(expected), "{begin:?}");
        assert!(endless.read < MAX_RECORD + 3 * 4096, "{begin:?}");
    }
}

#[test]
fn the_memory_of_a_record_is_used_again() {
    let text = "aaaaaaaaaa;bbbbbbbbbb\n".repeat(100);
    let mut records = Records::new(text.as_bytes(), Separator::default());
    let mut record = Record::default();
    assert!(records.next(&mut record).unwrap());
    let places = (record.text.as_ptr(), record.ends.as_ptr());
    while records.next(&mut record).unwrap() {
        assert_eq!((record.text.as_ptr(), record.ends.as_ptr()), places);
    }
}

/// Fails once in the middle, and is interrupted all the time.
struct Failing<'a>(&'a [u8], bool);

impl Read for Failing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.0.is_empty() {
            return Err(io::Error::other("the disk is gone"));
        }
        let length = out.len().min(1);
        self.0.read(&mut out[..length])
    }
}

#[test]
fn an_error_of_the_input_is_told_with_its_line() {
    for (text, rows, line) in [
        ("", 0, 1),
        ("a\n", 1, 2),
        ("a\nb\n\"c\n", 2, 4),
        ("\u{FEFF}", 0, 1),
    ] {
        let (records, error) = read_from(BufReader::new(Failing(text.as_bytes(), false)), ';');
        assert_eq!(records.len(), rows);
        let expected = format!("line {line}: cannot be read: the disk is gone");
        assert_eq!(error.unwrap(), expected, "{text:?}");
    }
}

/// How the `csv` crate reads a text.
fn of_csv_crate(text: &str) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(b';')
        .buffer_capacity(64)
        .from_reader(text.as_bytes())
        .into_records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// What is well-formed by our rules is read in the same way by the `csv` crate. `false` if it is not.
fn is_read_equally(text: &str) -> bool {
    let (records, error) = read_from(text.as_bytes(), ';');
    let is_well_formed = error.is_none() && records.iter().all(|record| record.flaw.is_none());
    if is_well_formed {
        let values: Vec<_> = records.into_iter().map(|record| record.values).collect();
        assert_eq!(values, of_csv_crate(text), "{text:?}");
    }
    is_well_formed
}

#[test]
fn every_short_text_is_read_like_by_the_csv_crate() {
    const ALPHABET: [char; 6] = ['a', ';', '"', '\n', '\r', ' '];
    let mut texts = vec![String::new()];
    let mut well_formed = 0;
    for _ in 0..6 {
        let longer = texts.iter().flat_map(|text| {
            ALPHABET.map(|character| {
                let mut text = text.clone();
                text.push(character);
                text
            })
        });
        texts = longer.collect();
        well_formed += texts.iter().filter(|text| is_read_equally(text)).count();
    }
    // Of 55,986 texts so many are well-formed.
    assert_eq!(well_formed, 31_273);
}

/// Anything, and much of what is special.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a;,\t|\"\r\n §\u{FEFF}]{0,8}",
        "\\PC{0,12}",
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn longer_texts_are_read_like_by_the_csv_crate(text in "(a|;|\"|\"\"|\n|\r\n|\r| |\"a\"|\"a;\";){0,40}") {
        is_read_equally(&text);
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        table in prop::collection::vec(prop::collection::vec(value(), 2..6), 1..6),
        separator in prop::sample::select(b";,\t|:^".to_vec()),
        line_end in prop::sample::select(vec![
            csv::Terminator::CRLF,
            csv::Terminator::Any(b'\n'),
            csv::Terminator::Any(b'\r'),
        ]),
        quotes in prop::sample::select(vec![csv::QuoteStyle::Necessary, csv::QuoteStyle::Always]),
        has_mark: bool,
    ) {
        let mark = if has_mark { "\u{FEFF}" } else { "" };
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .delimiter(separator)
            .terminator(line_end)
            .quote_style(quotes)
            .from_writer(mark.as_bytes().to_vec());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        // Only in a file without a mark is it a part of the first value.
        let is_ambiguous = !has_mark && table[0][0].starts_with('\u{FEFF}');
        prop_assume!(!is_ambiguous);
        let (records, error) = read(&text, char::from(separator));
        prop_assert_eq!(error, None);
        prop_assert!(records.iter().all(|record| record.flaw.is_none()));
        let values: Vec<_> = records.into_iter().map(|record| record.values).collect();
        prop_assert_eq!(values, table);
    }

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b";\"\r\n".to_vec())], 0..60)) {
        for separator in [';', '§'] {
            let (records, _) = read(&bytes, separator);
            let mut line = 0;
            for record in records {
                prop_assert!(record.lines.0 > line && record.lines.1 >= record.lines.0);
                line = record.lines.0;
            }
        }
    }
}
