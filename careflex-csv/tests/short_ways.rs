//! Regular records are read in short ways. Whatever a file is like, they end where the long ones do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use careflex_core::Field;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use both_ways::{LAYOUTS, Settings, assert_same};

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;
mod both_ways;

/// What means something in a file, or nearly so.
const PARTS: &[&str] = &[
    ";",
    ",",
    "\t",
    "\"",
    "\"\"",
    "\"\"\"",
    ";\"",
    "\";",
    "\";\"",
    "\n",
    "\r",
    "\r\n",
    "\r\r\n",
    "\n\n",
    "\"\n",
    "\n\"",
    " ",
    "  ",
    " \"",
    "\u{a0}",
    "\u{FEFF}",
    "\u{FFFE}",
    "\u{2003}",
    "\u{85}",
    "\0",
    "\u{1}",
    "\u{1A}",
    "ä",
    "€",
    "😀",
    "§",
    "=A1",
    "'+49",
    "''",
    "'0042",
    "#NV",
    "###",
    "4,9E+10",
    "4711,00",
    "4711.0",
    "43945",
    "Err:502",
    "E",
    "0",
    "2026-12-01",
    "24.04.2020",
    "NEW",
    "RST",
    "NEU",
    "Eintritt",
    "true",
    "X",
    "DE",
    "5\" pipe",
    "\"Werk \"Nord\" 1\"",
    "employeeId",
    ";;;;;;",
];
/// Bytes that are no UTF-8, or but a part of a character.
const BYTES: &[u8] = b"\xFC\xC3\x84\xE2\x82\xAC\xEF\xBB\xBF\xF0\x9F\xC0\xED\xA0\xFF";

/// A change of a file.
#[derive(Debug, Clone)]
enum Change {
    Put(Index, &'static str),
    PutByte(Index, u8),
    Replace(Index, u8),
    Remove(Index, usize),
    Double(Index, usize),
    CutOff(Index),
    /// A line comes somewhere else again.
    Line(Index, Index),
    /// A value becomes longer than what is looked at together.
    Lengthen(Index, &'static str, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        8 => (at(), select(PARTS)).prop_map(|(at, part)| Change::Put(at, part)),
        1 => (at(), select(BYTES)).prop_map(|(at, byte)| Change::PutByte(at, byte)),
        2 => (at(), prop_oneof![any::<u8>(), select(b";\"\n\r, a0".to_vec())])
            .prop_map(|(at, byte)| Change::Replace(at, byte)),
        4 => (at(), 1_usize..12).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (at(), 1_usize..300).prop_map(|(at, length)| Change::Double(at, length)),
        1 => at().prop_map(Change::CutOff),
        1 => (at(), at()).prop_map(|(from, to)| Change::Line(from, to)),
        1 => (at(), select(["x", "ä", "\"\"", "\n", ";", "ä;\n"].as_slice()), 1_usize..30_000)
            .prop_map(|(at, part, times)| Change::Lengthen(at, part, times)),
    ]
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        let place = |at: &Index, file: &[u8]| at.index(file.len() + 1);
        let run = |at: &Index, length: usize, file: &[u8]| {
            let begin = place(at, file);
            begin..file.len().min(begin + length)
        };
        match self {
            Self::Put(at, part) => insert(file, place(at, file), part.as_bytes()),
            Self::PutByte(at, byte) => insert(file, place(at, file), &[*byte]),
            Self::Replace(at, byte) => {
                let run = run(at, 1, file);
                file[run].fill(*byte);
            }
            Self::Remove(at, length) => drop(file.drain(run(at, *length, file))),
            Self::Double(at, length) => file.extend_from_within(run(at, *length, file)),
            Self::CutOff(at) => file.truncate(place(at, file)),
            Self::Line(from, to) => {
                let lines: Vec<_> = file.split_inclusive(|byte| *byte == b'\n').collect();
                if !lines.is_empty() {
                    let line = lines[from.index(lines.len())].to_vec();
                    insert(file, place(to, file), &line);
                }
            }
            Self::Lengthen(at, part, times) => {
                insert(file, place(at, file), part.repeat(*times).as_bytes());
            }
        }
    }
}

fn insert(file: &mut Vec<u8>, at: usize, part: &[u8]) {
    file.splice(at..at, part.iter().copied());
}

fn settings() -> impl Strategy<Value = Settings> {
    let piece = prop_oneof![
        Just(usize::MAX),
        1_usize..4,
        1_usize..100,
        100_usize..1000,
        Just(8192),
        16_000_usize..17_000,
    ];
    let separator = prop_oneof![
        3 => Just(None),
        1 => prop::option::of(select(vec![';', ',', '\t', '§', ' '])),
    ];
    let chances = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (separator, 0..2 * LAYOUTS.len(), piece, chances).prop_map(
        |(separator, layout, piece, (is_interrupted, fails))| Settings {
            separator,
            layout,
            piece,
            is_interrupted,
            fails,
        },
    )
}

/// Files as they should be, in many forms.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let separators = select(vec![';', ';', ',', '\t', '|', '§', '~']);
    let columns = prop_oneof![
        2 => Just(Field::ALL.to_vec()),
        1 => Just(Field::ALL.to_vec()).prop_shuffle(),
        1 => Just(vec![Field::EmployeeId, Field::Type, Field::ValidFrom, Field::CreatedAt]),
    ];
    (
        prop::collection::vec(arbitrary::incident(), 1..12),
        1_usize..30,
        columns,
        separators,
        select(vec!["\r\n", "\n", "\r"]),
        (
            prop::bool::weighted(0.2),
            prop::bool::weighted(0.2),
            prop::bool::weighted(0.2),
        ),
    )
        .prop_map(
            |(incidents, times, columns, separator, end, (is_quoted, has_mark, is_report))| {
                let mut file = String::from(if has_mark { "\u{FEFF}" } else { "" });
                let separator = separator.to_string();
                let mut line = |ours: &str, mut cells: Vec<String>| {
                    if is_report {
                        let ours = ours.split(' ').map(str::to_owned);
                        cells.splice(0..0, ours);
                    }
                    let cells = cells.iter().map(|cell| {
                        let is_special =
                            cell.contains(['"', '\n', '\r']) || cell.contains(&separator);
                        if is_quoted || is_special {
                            format!("\"{}\"", cell.replace('"', "\"\""))
                        } else {
                            cell.clone()
                        }
                    });
                    file += &cells.collect::<Vec<_>>().join(&separator);
                    file += end;
                };
                line(
                    "status reason code file line",
                    columns
                        .iter()
                        .map(|field| field.name().to_owned())
                        .collect(),
                );
                for incident in incidents.iter().cycle().take(incidents.len() * times) {
                    let value =
                        |field: &Field| incident.value(*field).unwrap_or_default().into_owned();
                    line(
                        "refused none 422 x.csv 7",
                        columns.iter().map(value).collect(),
                    );
                }
                file.into_bytes()
            },
        )
}

proptest! {
    #[test]
    fn files_are_read_in_short_ways_as_without(
        mut file in file(),
        changes in prop::collection::vec(change(), 0..8),
        settings in settings(),
    ) {
        for change in changes {
            change.apply(&mut file);
        }
        assert_same(&file, settings);
    }

    #[test]
    fn short_texts_are_read_in_short_ways_as_without(
        lines in "(a|ä|;|;;|\"|\"\"|\n|\r\n|\r| |\"a\"|\"a;\"|x;RST;2026-12-01;2026-12-01\n){0,40}",
        settings in settings(),
    ) {
        let file = format!("employeeId;type;validFrom;createdAt\n{lines}");
        assert_same(file.as_bytes(), settings);
    }
}

#[test]
fn records_of_any_length_are_read_in_short_ways_as_without() {
    // Around what is taken of a file at once, and around what a record may have.
    let lengths = (8_130..8_192).chain(16_340..16_390).chain(32_740..32_770);
    for length in lengths.chain([(1 << 20) - 27, (1 << 20) - 26, 1 << 20]) {
        let value = "x".repeat(length);
        for (value, end) in [
            (value.clone(), "\r\n"),
            (format!("\"{value}\""), "\n"),
            (format!("\"{value}\n;\"\"\""), "\r\n"),
        ] {
            let row = |value: &str| format!("{value};RST;2026-12-01;2026-12-01{end}");
            let header = format!("employeeId;type;validFrom;createdAt{end}");
            let file = [header, row("a"), row(&value), row("b"), row("c;c")].concat();
            for piece in [usize::MAX, 8192] {
                let settings = Settings {
                    separator: None,
                    layout: usize::MAX,
                    piece,
                    is_interrupted: false,
                    fails: false,
                };
                assert_same(file.as_bytes(), settings);
            }
        }
    }
}

#[test]
fn files_that_fuzzing_has_kept_are_read_in_short_ways_as_without() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/csv_reader");
    let is_packaged_alone = !folder.exists();
    if is_packaged_alone {
        return;
    }
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let (settings, file) = Settings::of(&bytes);
        assert_same(file, settings);
        count += 1;
    }
    assert!(count > 50, "{count}");
}
