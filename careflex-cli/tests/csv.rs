//! CSV files, read by every command and sent over REST and SOAP.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::Write as _;
use std::process::Stdio;

use careflex_sandbox::{Effect, Fault, Gate};
use common::{
    COMPANY, CSV_NEW, CSV_RST, NEW, RST, Ran, Running, World, csv, many_in_csv, run, run_with_input,
};

/// `careflex validate --json` with these arguments.
fn validate(world: &World, arguments: &[&str]) -> Ran {
    let mut command = world.bare_command();
    command.args(["validate", "--json"]).args(arguments);
    run(command)
}

#[test]
fn the_same_incidents_are_booked_from_every_format_over_both_interfaces() {
    let world = World::new();
    let json = world.write("staff.json", format!("[{NEW},{RST}]"));
    let table = world.write("staff.csv", csv(&[CSV_NEW, CSV_RST]));
    for file in [&json, &table] {
        for via in ["rest", "soap"] {
            let mut command = world.command();
            command
                .arg("report")
                .arg(file)
                .args(["--via", via, "--json"]);
            let ran = run(command);
            assert_eq!((ran.code, ran.statuses().len()), (0, 2), "{ran:?}");
        }
    }
    let ledger = world.sandbox.ledger();
    let incidents: Vec<_> = ledger.bookings.iter().map(|one| &one.incident).collect();
    assert_eq!(incidents.len(), 8);
    for booked in incidents.chunks(2) {
        assert_eq!(booked, &incidents[..2]);
    }
}

#[test]
fn a_column_with_the_company_groups_the_rows() {
    let world = World::new();
    let path = world.write("staff.csv", many_in_csv(600, &["a", "b", "c"]));
    let ran = world.report(&path, &[]);
    assert_eq!((ran.code, ran.events("row").len()), (0, 600), "{}", ran.err);
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (6, 600));
    for (number, row) in ran.events("row").iter().enumerate() {
        assert_eq!(row["careflexId"], ["a", "b", "c"][number % 3]);
        assert_eq!(row["employeeId"], format!("E{number}"));
    }

    // The flag is a guard: rows that name another company are not skipped either.
    let ran = world.report(&path, &["--careflex-id", "a", "--on-invalid", "skip"]);
    assert_eq!(
        (ran.code, ran.summary()["invalid"].clone()),
        (2, 400.into())
    );
    assert!(ran.err.contains("is this the right file?"), "{}", ran.err);
    assert_eq!(world.sandbox.ledger().requests, 6);

    // A row that names none by mistake belongs to nobody.
    let path = world.write("wrong.csv", csv(&[format!("a b{CSV_RST}")]));
    let ran = world.report(&path, &[]);
    assert_eq!((ran.code, ran.events("violation").len()), (2, 1), "{ran:?}");
    assert!(ran.events("row")[0]["careflexId"].is_null(), "{ran:?}");

    // What names none belongs to the company of the settings.
    let path = world.write("bare.csv", csv(&[CSV_RST]));
    let ran = world.report(&path, &[]);
    assert_eq!(ran.events("row")[0]["careflexId"], COMPANY, "{ran:?}");
}

#[test]
fn a_pipe_streams() {
    let world = World::new();
    let gate = Gate::closed();
    gate.open();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    let mut command = world.report_command("-", &["--on-invalid", "skip"]);
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    let mut pipe = running.stdin();
    let wrong = CSV_RST.replace("2026-12-01", "1.12.2026");
    pipe.write_all(csv(&[CSV_RST, &wrong]).as_bytes()).unwrap();
    // The pipe stays open, and the row is sent all the same.
    world.block_on(gate.arrived(1));
    pipe.write_all(CSV_NEW.as_bytes()).unwrap();
    drop(pipe);
    let ran = running.finish();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.statuses(), ["accepted", "invalid", "accepted"]);
    assert_eq!(ran.events("violation")[0]["column"], "validFrom");
    assert_eq!(world.sandbox.ledger().bookings.len(), 2);
}

#[test]
fn a_pipe_that_breaks_off_in_a_record_accounts_for_what_was_sent() {
    let world = World::new();
    let cut = format!("{}\"{CSV_RST}", csv(&[CSV_RST, CSV_NEW]));
    let command = world.report_command("-", &["--on-invalid", "skip"]);
    let ran = run_with_input(command, cut.as_bytes());
    // Both rows may have been sent before the end was read, or not.
    assert!([2, 3].contains(&ran.code), "{ran:?}");
    assert_eq!(ran.statuses().len(), 2);
    let accepted = ran.summary()["accepted"].as_u64().unwrap();
    assert_eq!(accepted, world.sandbox.ledger().bookings.len() as u64);
}

#[test]
fn separators_are_found_out_or_given() {
    let world = World::new();
    let table = csv(&[CSV_NEW, CSV_RST]);
    for (separator, flag) in [
        (";", ";"),
        (",", ","),
        ("\t", "tab"),
        ("|", "|"),
        ("~", "~"),
        ("¦", "¦"),
    ] {
        let content = format!("\u{feff}\r\n{}", table.replace(';', separator));
        let file = world.write("staff.csv", content.replace('\n', "\r\n"));
        let file = file.to_str().unwrap();
        for arguments in [&[file][..], &[file, "--separator", flag]] {
            let ran = validate(&world, arguments);
            assert_eq!(
                (ran.code, &ran.summary()["valid"]),
                (0, &2.into()),
                "{ran:?}"
            );
        }
    }
    world.write("staff.csv", &table);
    let ran = validate(&world, &["staff.csv", "--separator", ","]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for wrong in ["ab", "", "x", "\""] {
        let ran = validate(&world, &["staff.csv", "--separator", wrong]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("must "), "{ran:?}");
    }
}

#[test]
fn what_is_neither_json_nor_xml_is_csv() {
    let world = World::new();
    let table = csv(&[CSV_RST]);
    for content in [
        table.clone(),
        format!("\n \n{table}"),
        format!("\u{feff}{table}"),
        table.replace("careflexId", "\"careflexId\""),
    ] {
        world.write("staff.txt", &content);
        let ran = validate(&world, &["staff.txt"]);
        assert_eq!(
            (ran.code, &ran.summary()["valid"]),
            (0, &1.into()),
            "{content}: {ran:?}"
        );
    }
    // Names may begin with anything, so the format can be forced.
    world.write("staff.txt", table.replace("careflexId", "[careflexId]"));
    let ran = validate(&world, &["staff.txt"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    world.write(
        "layout.toml",
        "other_columns = \"ignore\"\ncolumns = [{ field = \"employeeId\" }, { field = \"type\" }, { field = \"validFrom\" }, { field = \"createdAt\" }]\n",
    );
    let ran = validate(&world, &["staff.txt", "--layout", "layout.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // Formats may be mixed.
    world.write("staff.json", RST);
    world.write("staff.csv", &table);
    let ran = validate(&world, &["staff.json", "staff.csv"]);
    assert_eq!(
        (ran.code, &ran.summary()["valid"]),
        (0, &2.into()),
        "{ran:?}"
    );
    for empty in ["", "\n\n", "\u{feff}"] {
        world.write("empty.csv", empty);
        for arguments in [&["empty.csv"][..], &["empty.csv", "--format", "csv"]] {
            let ran = validate(&world, arguments);
            let violation = &ran.events("violation")[0];
            assert_eq!((ran.code, &violation["code"]), (2, &"unreadable".into()));
            let message = violation["message"].as_str().unwrap();
            assert!(
                message.contains("holds no") || message.contains("is empty"),
                "{message}"
            );
        }
    }
}

#[test]
fn violations_name_the_column() {
    let world = World::new();
    let wrong = CSV_NEW.replace(";w;", ";f;").replace("01234", "1234");
    world.write("staff.csv", csv(&[CSV_RST, &wrong]));
    let ran = validate(&world, &["staff.csv"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let line = ran.out.lines().next().unwrap();
    assert!(
        line.starts_with(
            r#"{"event":"violation","file":"staff.csv","index":1,"line":3,"path":"employee."#
        ),
        "{line}"
    );
    for (path, column) in [
        ("employee.sex", "sex"),
        ("employee.address.zipCode", "zipCode"),
    ] {
        let violations = ran.events("violation");
        let violation = violations.iter().find(|one| one["path"] == path).unwrap();
        assert_eq!(violation["column"], column);
    }
    let mut command = world.bare_command();
    command.args(["validate", "staff.csv"]);
    let ran = run(command);
    assert!(
        ran.out
            .contains("staff.csv, line 3 (row 1): column sex: must be"),
        "{}",
        ran.out
    );
    assert!(!ran.all().contains("Plantedname"));
    // Other formats have no columns.
    world.write("staff.json", RST.replace("RST", "rst"));
    let ran = validate(&world, &["staff.json"]);
    assert_eq!(
        ran.events("violation")[0]["column"],
        serde_json::Value::Null
    );
    assert!(
        ran.out.contains(r#""path":"type","column":null,"code":"#),
        "{}",
        ran.out
    );
}

const LAYOUT: &str = r#"
dates = "DD.MM.YYYY"
columns = [
  { name = "Personalnummer", field = "employeeId" },
  { name = "Vorgang", field = "type", values = { "Eintritt" = "NEW", "Ruhend" = "RST" } },
  { name = "Meldetag", field = "createdAt" },
  { name = "Gültig ab", field = "validFrom", dates = "YYYYMMDD" },
  { name = "Mandant", field = "careflexId", values = { "Nord" = "09ce3580d84bf087" } },
  { name = "Abteilung", ignore = true },
]
"#;

#[test]
fn a_layout_says_what_columns_and_values_mean() {
    let world = World::new();
    world.write("layout.toml", LAYOUT);
    let file = world.write(
        "export.csv",
        "Abteilung,Personalnummer,Vorgang,Gültig ab,Meldetag,Mandant\nX,4711,Ruhend,20261201,20.11.2026,Nord\nY,4712,RST,20261201,20.11.2026,Nord\n",
    );
    for via in ["rest", "soap"] {
        let mut command = world.command();
        command
            .arg("report")
            .arg(&file)
            .args(["--via", via, "--json"]);
        command
            .args(["--layout", "layout.toml"])
            .env_remove("CAREFLEX_ID");
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        let rows = ran.events("row");
        assert_eq!(
            (&rows[0]["careflexId"], &rows[0]["type"]),
            (&COMPANY.into(), &"RST".into())
        );
    }
    let ledger = world.sandbox.ledger();
    assert_eq!(ledger.bookings.len(), 4);
    let incident = &ledger.bookings[0].incident;
    assert_eq!(incident.valid_from.to_string(), "2026-12-01");
    assert_eq!(incident.created_at.to_string(), "2026-11-20");

    // Without the layout, the header line says nothing.
    let ran = world.report(&file, &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    // The row's own words are those of the file.
    world.write(
        "export.csv",
        "Abteilung,Personalnummer,Vorgang,Gültig ab,Meldetag,Mandant\nX,4711,Ruhend,1.12.2026,20.11.2026,Nord\n",
    );
    let ran = validate(&world, &["export.csv", "--layout", "layout.toml"]);
    let violation = &ran.events("violation")[0];
    assert_eq!(
        (ran.code, &violation["column"]),
        (2, &"Gültig ab".into()),
        "{ran:?}"
    );
}

#[test]
fn a_wrong_layout_is_named_with_its_line() {
    let world = World::new();
    world.write("staff.csv", csv(&[CSV_RST]));
    let wrong = LAYOUT
        .replace("\"employeeId\"", "\"employeId\"")
        .replace("ignore = true", "ignored = true");
    world.write("layout.toml", &wrong);
    let ran = validate(&world, &["staff.csv", "--layout", "layout.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("--layout layout.toml: line 4: "),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("employeeId"), "{}", ran.err);
    assert!(ran.err.contains("\n  line 9: "), "{}", ran.err);

    world.write("layout.toml", "columns = [\n");
    let ran = validate(&world, &["staff.csv", "--layout", "layout.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("--layout layout.toml: line "),
        "{}",
        ran.err
    );

    for (path, content, said) in [
        ("nowhere.toml", None, "cannot be read"),
        ("latin.toml", Some(b"# G\xFCltig".as_slice()), "UTF-8"),
        (
            "large.toml",
            Some(&[b'#'; (1 << 20) + 1]),
            "is it the CSV file?",
        ),
    ] {
        if let Some(content) = content {
            world.write(path, content);
        }
        let ran = validate(&world, &["staff.csv", "--layout", path]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.err.contains(path) && ran.err.contains(said),
            "{}",
            ran.err
        );
    }

    world.write("layout.toml", LAYOUT);
    for format in ["json", "xml"] {
        let arguments = ["staff.csv", "--layout", "layout.toml", "--format", format];
        let ran = validate(&world, &arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("--layout is for CSV files"), "{}", ran.err);
    }
}

#[test]
fn a_layout_makes_every_file_a_csv_file() {
    let world = World::new();
    world.write("staff.json", RST);
    world.write("layout.toml", LAYOUT);
    let ran = validate(&world, &["staff.json", "--layout", "layout.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("is JSON, not CSV"), "{}", ran.out);
}

#[test]
fn csv_knows_no_empty_report() {
    let world = World::new();
    let mut command = world.command();
    command.args(["none", "--via", "csv", "--created-at", "2026-11-30"]);
    let ran = run(command);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err
            .contains("CSV knows no empty report: send it over REST or SOAP"),
        "{}",
        ran.err
    );
    assert_eq!(world.sandbox.ledger().requests, 0);
}

#[test]
fn help_makes_the_way_over_csv_obvious() {
    let world = World::new();
    let said = |arguments: &[&str]| {
        let mut command = world.bare_command();
        command.args(arguments);
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out
    };
    for arguments in [["report", "--help"], ["help", "report"]] {
        let help = said(&arguments);
        for example in [
            "careflex report export.csv --via rest\n",
            "careflex report export.csv --via csv --drop-dir 09ce3580d84bf087=/srv/synctool/acme\n",
        ] {
            assert!(help.contains(example), "{help}");
        }
    }
    let settings = said(&["--help"]);
    for setting in [
        "drop_dir = ",
        "[default.drop_dirs]",
        "out_separator",
        "out_layout",
        "handed over",
    ] {
        assert!(settings.contains(setting), "{settings}");
    }
    let man = said(&["man"]);
    assert!(man.contains(".SH CAREFLEX LAYOUT INIT"), "{man}");
    assert!(said(&["completions", "bash"]).contains("--drop-dir"));
}
