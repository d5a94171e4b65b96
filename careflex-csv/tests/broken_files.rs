//! What is said of files that are not what they should be: all cases of `broken_files.md`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::BufReader;

use careflex_core::Rules;
use careflex_csv::IncidentReader;

const TABLE: &str = include_str!("broken_files.md");

/// A file, and what is said of it.
struct Case<'a> {
    title: &'a str,
    file: Vec<u8>,
    separator: Option<&'a str>,
    says: Vec<&'a str>,
}

#[test]
fn of_each_broken_file_is_said_what_is_wrong_and_where() {
    // Git may have checked it out with other line ends.
    let table = TABLE.replace('\r', "");
    let cases = cases(&table);
    assert!(cases.len() > 70, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let said = said(&case.file, case.separator, case.file.len());
        let is_expected = said.len() == case.says.len()
            && said.iter().zip(&case.says).all(|(said, expected)| {
                match expected.strip_suffix(" …") {
                    Some(beginning) => said.starts_with(beginning),
                    None => said == expected,
                }
            });
        if !is_expected {
            wrong.push(format!("## {}\n- {}", case.title, said.join("\n- ")));
        }
        // However the bytes come.
        for capacity in [1, 7] {
            assert_eq!(self::said(&case.file, case.separator, capacity), said);
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n\n"));
}

/// Everything that is said of a file.
fn said(file: &[u8], separator: Option<&str>, capacity: usize) -> Vec<String> {
    let input = BufReader::with_capacity(capacity.max(1), file);
    let mut reader = IncidentReader::new(input, Rules::documented());
    if let Some(separator) = separator {
        reader = reader.separator(separator.parse().unwrap());
    }
    let mut said = Vec::new();
    for row in reader.by_ref() {
        match row {
            Err(error) => said.push(format!("file: {error}")),
            Ok(row) => match row.incident {
                Ok(_) => said.push(format!("row {}: is right", row.line)),
                Err(violations) => {
                    let violations = violations.iter();
                    said.extend(violations.map(|one| format!("row {}: {one}", row.line)));
                }
            },
        }
    }
    assert!(reader.next().is_none());
    said
}

fn cases(table: &str) -> Vec<Case<'_>> {
    let parts = table.split("\n## ").skip(1);
    parts
        .map(|part| {
            let (title, rest) = part.split_once('\n').unwrap();
            let mut case = Case {
                title,
                file: Vec::new(),
                separator: None,
                says: Vec::new(),
            };
            let mut encoding = None;
            for line in rest.lines() {
                if let Some(says) = line.strip_prefix("- ") {
                    case.says.push(says);
                } else if let Some(content) = line.strip_prefix("    ") {
                    match content.strip_suffix('\\') {
                        Some(content) => case.file.extend(bytes(content)),
                        None => case.file.extend(bytes(&format!("{content}\n"))),
                    }
                } else if let Some(separator) = line.strip_prefix("separator: ") {
                    case.separator = Some(separator);
                } else if let Some(name) = line.strip_prefix("encoding: ") {
                    encoding = Some(name);
                } else {
                    assert!(line.is_empty() || line.starts_with("# "), "{title}: {line}");
                }
            }
            case.file = encoded(case.file, encoding);
            case
        })
        .collect()
}

/// Content with `\xFC` for a byte and `{a*300}` for many of the same.
fn bytes(content: &str) -> Vec<u8> {
    if let Some((before, rest)) = content.split_once("\\x") {
        let byte = u8::from_str_radix(&rest[..2], 16).unwrap();
        return [bytes(before), vec![byte], bytes(&rest[2..])].concat();
    }
    if let Some((before, rest)) = content.split_once('{')
        && let Some((repeated, behind)) = rest.split_once('}')
        && let Some((text, count)) = repeated.split_once('*')
    {
        let many = text.repeat(count.parse().unwrap());
        let many = many.replace("\\n", "\n").into_bytes();
        return [bytes(before), many, bytes(behind)].concat();
    }
    content.as_bytes().to_vec()
}

fn encoded(utf_8: Vec<u8>, encoding: Option<&str>) -> Vec<u8> {
    let Some(encoding) = encoding else {
        return utf_8;
    };
    let text = String::from_utf8(utf_8).unwrap();
    let (marked, to_bytes): (_, fn(u16) -> [u8; 2]) = match encoding {
        "Latin-1" => return text.chars().map(|one| u8::try_from(one).unwrap()).collect(),
        "UTF-16 LE" => (format!("\u{FEFF}{text}"), u16::to_le_bytes),
        "UTF-16 BE" => (format!("\u{FEFF}{text}"), u16::to_be_bytes),
        "UTF-16 LE without a mark" => (text, u16::to_le_bytes),
        "UTF-16 BE without a mark" => (text, u16::to_be_bytes),
        other => panic!("{other}"),
    };
    marked.encode_utf16().flat_map(to_bytes).collect()
}
