//! CSV files that are broken: each with a clear error, exit code 2, and nothing sent.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CSV_HEADER, CSV_NEW, CSV_RST, Ran, World, csv};

/// What is broken, where it is, and what is said of it.
struct Case {
    content: Vec<u8>,
    line: Option<u64>,
    column: Option<&'static str>,
    code: &'static str,
    said: &'static str,
}

fn case(
    content: impl Into<Vec<u8>>,
    line: impl Into<Option<u64>>,
    code: &'static str,
    said: &'static str,
) -> Case {
    Case {
        content: content.into(),
        line: line.into(),
        column: None,
        code,
        said,
    }
}

/// The second record, on line 3, is the one of NEW with something else in it.
fn value(
    from: &str,
    to: &str,
    column: &'static str,
    code: &'static str,
    said: &'static str,
) -> Case {
    assert!(CSV_NEW.contains(from), "{from}");
    Case {
        column: Some(column),
        ..case(
            csv(&[CSV_RST, &CSV_NEW.replacen(from, to, 1)]),
            3,
            code,
            said,
        )
    }
}

fn header(from: &str, to: &str, said: &'static str) -> Case {
    assert!(CSV_HEADER.contains(from), "{from}");
    let content = csv(&[CSV_RST, CSV_NEW]).replacen(from, to, 1);
    case(content, 1, "unreadable", said)
}

fn record(record: &str, code: &'static str, said: &'static str) -> Case {
    case(csv(&[CSV_RST, record]), 3, code, said)
}

const NO_NAMES: &str = "the first line must name the columns, for example employeeId;type;";

fn cases() -> Vec<Case> {
    let long = "x".repeat(300);
    let huge = format!("{CSV_RST}{}", "x".repeat(1 << 20));
    let utf_16 = |text: &str, with_mark: bool| -> Vec<u8> {
        let mark = if with_mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{text}");
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let latin_1: Vec<u8> = csv(&[CSV_RST, CSV_NEW]).chars().map(|c| c as u8).collect();
    vec![
        // Files that are something else, or nothing.
        case(CSV_HEADER, None, "unreadable", "holds no incident"),
        case(
            format!("{CSV_HEADER}\n;;;\n\n"),
            None,
            "unreadable",
            "holds no incident",
        ),
        case(
            "PK\u{3}\u{4}\u{14}\0rest",
            None,
            "unreadable",
            "Excel workbook",
        ),
        case(utf_16(&csv(&[CSV_RST]), true), None, "unreadable", "UTF-16"),
        case(
            utf_16(&csv(&[CSV_RST]), false),
            None,
            "unreadable",
            "UTF-16",
        ),
        case(latin_1, 3, "unreadable", "save the file as UTF-8"),
        case("%PDF-1.7\nplanted\n", 1, "unreadable", NO_NAMES),
        case("Plantedname\n", 1, "unreadable", NO_NAMES),
        case(
            format!("sep=;\n{}", csv(&[CSV_RST])),
            1,
            "unreadable",
            "sep=",
        ),
        case(
            format!("\"sep=;\"\n{}", csv(&[CSV_RST])),
            1,
            "unreadable",
            "sep=",
        ),
        // Header lines.
        case(format!("{CSV_RST}\n{CSV_NEW}\n"), 1, "unreadable", NO_NAMES),
        header("careflexId", "company", "company"),
        header("firstName", "fistName", "did you mean firstName?"),
        header("careflexId", "careflexID", "did you mean careflexId?"),
        header("firstName", "lastName", "is there twice"),
        header("employeeId;", "", "the column employeeId is missing"),
        header(
            "createdAt",
            "validFrom",
            "the column createdAt is missing; the column validFrom is there twice",
        ),
        header("type", "", "has no name"),
        header(";validFrom", ";\"valid\"From", "must be doubled"),
        header("birthday", "geburtsdatum\u{1b}[2J", "geburtsdatum"),
        // Records that are cut, or not what they should be.
        record(
            &CSV_NEW[..CSV_NEW.len() / 2],
            "field-count",
            "is a separator missing",
        ),
        record(
            &format!("{CSV_NEW};more"),
            "field-count",
            "is there a separator too many",
        ),
        record(
            &CSV_NEW.replace("Werk 1", "Werk; 1"),
            "field-count",
            "quotation marks",
        ),
        record(
            &CSV_NEW.replace(';', ","),
            "field-count",
            "the header has 19 columns",
        ),
        Case {
            column: Some("employmentSite"),
            ..record(
                &CSV_NEW.replace("Werk 1", "\"Werk \"Nord\" 1\""),
                "quotes",
                "must be doubled",
            )
        },
        Case {
            column: Some("employmentSite"),
            ..record(
                &CSV_NEW.replace("Werk 1", " \"Werk 1\""),
                "quotes",
                "right at the beginning",
            )
        },
        case(
            csv(&[CSV_RST, &CSV_NEW.replace("Werk 1", "\"Werk 1")]),
            3,
            "unreadable",
            "quotation mark",
        ),
        case(csv(&[CSV_RST, &huge]), 3, "unreadable", "1 MiB"),
        // Values.
        value(
            "2026-12-01;Erika",
            "01.12.2026;Erika",
            "validFrom",
            "date-format",
            "YYYY-MM-DD",
        ),
        value(
            "2026-12-01;Erika",
            "46357;Erika",
            "validFrom",
            "date-format",
            "by which Excel counts days",
        ),
        value(
            "2026-11-20",
            "2026-02-30",
            "createdAt",
            "no-such-day",
            "no day of the calendar",
        ),
        value(
            "1979-01-15",
            "1879-01-15",
            "birthday",
            "date-range",
            "1900-01-01",
        ),
        value(";w;", ";f;", "sex", "not-in-list", "female is w"),
        value("01234", "1234", "zipCode", "zip-code", "five digits"),
        value(
            "4712",
            "4,92397E+10",
            "employeeId",
            "spreadsheet",
            "a spreadsheet has rounded",
        ),
        value(
            "Plantedname",
            "#NAME?",
            "lastName",
            "spreadsheet",
            "a formula that has failed",
        ),
        value(
            "Plantedname",
            "=A1&B1",
            "lastName",
            "spreadsheet",
            "is a formula",
        ),
        value("4712", "", "employeeId", "missing", "is missing"),
        value("NEW", "", "type", "missing", "is missing"),
        value("NEW", "new", "type", "form", "three capital letters"),
        value("Plantedname", "", "lastName", "missing", "is missing"),
        value("false", "nein", "management", "not-boolean", "true"),
        value(";DE;", ";de;", "country", "form", "two capital letters"),
        value(
            "Erika",
            "Eri\u{7}ka",
            "firstName",
            "character",
            "U+0007 at position 4",
        ),
        value("Plantedname", &long, "lastName", "too-long", "at most 255"),
        Case {
            column: Some("careflexId"),
            ..record(&format!("a b{CSV_NEW}"), "form", "white space")
        },
    ]
}

fn refused(world: &World, case: &Case, missed: &mut Vec<String>) -> Ran {
    let ran = world.report(&world.write("staff.csv", &case.content), &[]);
    let content = String::from_utf8_lossy(&case.content);
    let content: String = content.chars().take(600).collect();
    let at = format!("{content}\n{}", ran.all());
    assert_eq!(ran.code, 2, "{at}");
    assert!(ran.err.contains("nothing was sent"), "{at}");
    assert!(!ran.statuses().contains(&"accepted".to_owned()), "{at}");
    assert!(!ran.all().contains("Plantedname"), "{at}");
    assert!(!ran.all().contains('\u{1b}'), "{at}");
    let violations = ran.events("violation");
    let is_said = violations.iter().any(|violation| {
        violation["code"] == case.code
            && violation["line"].as_u64() == case.line
            && violation["column"].as_str() == case.column
            && violation["message"].as_str().unwrap().contains(case.said)
    });
    if !is_said {
        let Case {
            line,
            column,
            code,
            said,
            ..
        } = case;
        missed.push(format!(
            "{code} in line {line:?}, column {column:?}, with {said:?}: {at}"
        ));
    }
    ran
}

#[test]
fn broken_files_are_named_with_place_and_remedy_and_nothing_is_sent() {
    let world = World::new();
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let mut missed = Vec::new();
    for case in &cases {
        let ran = refused(&world, case, &mut missed);
        let is_of_file = case.code == "unreadable";
        let violations = ran.events("violation");
        assert_eq!(violations.last().unwrap()["index"].is_null(), is_of_file);
        assert_eq!(
            ran.summary()["notSent"].as_u64().unwrap() > 0,
            ran.statuses().contains(&"not-sent".into())
        );
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.bookings.len()), (0, 0));
}

#[test]
fn nothing_of_a_broken_file_is_handed_over() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    for case in cases() {
        let file = world.write("staff.csv", &case.content);
        let mut command = world.bare_command();
        command.env("CAREFLEX_ID", common::COMPANY);
        command.arg("report").arg(&file);
        command.args(["--via", "csv", "--drop-dir", "drop"]);
        let ran = common::run(command);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(common::names(&folder).is_empty(), "{ran:?}");
    }
}
