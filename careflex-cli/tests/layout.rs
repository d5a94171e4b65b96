//! `careflex layout init`: a layout to begin with.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{CSV_RST, World, csv, names, run, run_with_input};

const EXPORT: &str = "Personalnummer,Geburtsdatum,Vorname,Nachname,employeeId,type,validFrom,createdAt\nplanted,planted,planted,planted,4711,RST,2026-12-01,2026-11-20\n";

#[test]
fn a_layout_begins_with_the_header_line() {
    let world = World::new();
    world.write("export.csv", EXPORT);
    let init = |more: &[&str]| {
        let mut command = world.bare_command();
        command.args(["layout", "init", "export.csv"]).args(more);
        run(command)
    };
    let printed = init(&[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    for name in ["Personalnummer", "Geburtsdatum", "birthday", "columns = ["] {
        assert!(printed.out.contains(name), "{}", printed.out);
    }
    assert!(
        !printed.out.contains("planted"),
        "only the header line is read"
    );
    assert_eq!(
        printed.err,
        "careflex: next: save this as layout.toml, check the guesses in it, then: careflex validate export.csv --layout layout.toml\n"
    );

    let ran = init(&["-o", "new.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.err
            .contains("careflex validate export.csv --layout new.toml"),
        "{}",
        ran.err
    );
    let written = fs::read_to_string(world.folder.path().join("new.toml")).unwrap();
    assert_eq!(written, printed.out);

    // Whoever has checked one does not want to lose it.
    world.write("new.toml", "checked");
    let ran = init(&["-o", "new.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("-o new.toml: it is there already"),
        "{}",
        ran.err
    );
    let kept = fs::read_to_string(world.folder.path().join("new.toml")).unwrap();
    assert_eq!(kept, "checked");

    let ran = init(&["-o", "other.toml", "--json"]);
    let begun = ran.events("layout").pop().unwrap();
    assert_eq!(
        (&begun["file"], &begun["columns"]),
        (&"other.toml".into(), &8.into())
    );
    assert_eq!(begun["separator"], ",");
    assert_eq!(
        names(world.folder.path()),
        ["export.csv", "new.toml", "other.toml"]
    );
}

#[test]
fn standard_input_and_separators_are_taken() {
    let world = World::new();
    let mut command = world.bare_command();
    command.args(["layout", "init", "-"]);
    let from_pipe = run_with_input(command, EXPORT.as_bytes());
    assert_eq!(from_pipe.code, 0, "{from_pipe:?}");
    world.write("export.csv", EXPORT.replace(',', "~"));
    let mut command = world.bare_command();
    command.args(["layout", "init", "export.csv", "--separator", "~"]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, from_pipe.out);
}

#[test]
fn a_file_with_the_standard_names_needs_no_layout() {
    let world = World::new();
    world.write("staff.csv", csv(&[CSV_RST]));
    let mut command = world.bare_command();
    command.args(["layout", "init", "staff.csv", "-o", "layout.toml"]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("this file needs no layout"), "{}", ran.err);
    let mut command = world.bare_command();
    command.args(["validate", "staff.csv", "--layout", "layout.toml"]);
    assert_eq!(run(command).code, 0);
}

#[test]
fn what_has_no_header_line_begins_no_layout() {
    let world = World::new();
    for (content, said) in [
        ("", "empty.csv: "),
        ("{\"type\":\"NEW\"}", "is JSON, not CSV"),
        ("<html>", "not CSV"),
        ("PK\u{3}\u{4}", "Excel"),
    ] {
        world.write("empty.csv", content);
        let mut command = world.bare_command();
        command.args(["layout", "init", "empty.csv", "-o", "layout.toml"]);
        let ran = run(command);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(said), "{} (expected {said})", ran.err);
    }
    let mut command = world.bare_command();
    command.args(["layout", "init", "nowhere.csv"]);
    let ran = run(command);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("nowhere.csv: cannot be read"),
        "{}",
        ran.err
    );
    assert_eq!(names(world.folder.path()), ["empty.csv"]);
}

#[test]
fn somebodys_data_gets_into_no_layout() {
    let world = World::new();
    for (first, columns) in [
        (
            "4711;Eintritt;01.12.2026;20.11.2026;Plantedname;Werk 1;Ort",
            "columns 1, 3, 4",
        ),
        ("Plantedname;planted@firma.example;Köln", "column 2"),
        ("Plantedname\t1979-01-15\tw", "column 2"),
    ] {
        world.write("export.csv", format!("{first}\n{first}\n"));
        for more in [&["-o", "layout.toml"][..], &[]] {
            let mut command = world.bare_command();
            command.args(["layout", "init", "export.csv"]).args(more);
            let ran = run(command);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
            let said = format!(
                "export.csv: line 1: holds data, not names ({columns}): the first line must name"
            );
            assert!(ran.err.contains(&said), "{}", ran.err);
            assert!(!ran.all().to_lowercase().contains("planted"), "{ran:?}");
            assert_eq!(names(world.folder.path()), ["export.csv"]);
        }
    }
}

#[test]
fn a_line_that_names_hardly_anything_is_doubted() {
    let world = World::new();
    let doubt = "hardly any name in line 1 of export.csv means anything here";
    for (first, is_doubted) in [
        ("Meldungen 2026;;;", true),
        ("Bericht;Seite 1;Stand", true),
        ("Personalnummer;Vorgang;Zulage 2026", false),
        // One number may be a column's name.
        ("Personalnummer;Vorgang;2026", false),
        ("Personalnummer;Vorgang;Vorname;2025;2026", false),
        (
            "1. Vorname;Nachname;Adresse 2;E-Mail@Firma;E-Mail @ privat;Stand 01.12.2026",
            false,
        ),
    ] {
        world.write("export.csv", format!("{first}\n"));
        let mut command = world.bare_command();
        command.args(["layout", "init", "export.csv"]);
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.err.contains(doubt), is_doubted, "{}", ran.err);
    }
}

#[test]
fn whoever_needs_a_layout_is_told_how_to_begin_one() {
    let world = World::new();
    for header in [
        "Personalnummer;Vorgang;Gültig ab;Geändert am",
        "employeeId;type;validFrom;Geändert am",
    ] {
        world.write("export.csv", format!("{header}\n4711;Ruhend;x;y\n"));
        for json in [&[][..], &["--json"]] {
            let mut command = world.bare_command();
            command.args(["validate", "export.csv"]).args(json);
            let ran = run(command);
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(
                ran.out.contains(
                    "a layout can name, rename or ignore columns: begin one with `careflex layout init`"
                ),
                "{}",
                ran.out
            );
        }
    }
}

#[test]
fn a_checked_layout_reads_its_file() {
    let world = World::new();
    let file = world.write(
        "export.csv",
        "Personalnummer;Vorgang;Gültig ab;Meldedatum;Kostenstelle\n4711;Ruhend;01.12.2026;20.11.2026;7\n",
    );
    let mut command = world.bare_command();
    command.args(["layout", "init", "export.csv"]);
    let begun = run(command).out;
    // What a person does: the values of the type, the form of the days, and what is not for the portal.
    let checked = common_edits(&begun);
    world.write("layout.toml", &checked);
    let ran = world.report(&file, &["--layout", "layout.toml"]);
    assert_eq!(
        (ran.code, ran.statuses().len()),
        (0, 1),
        "{checked}\n{ran:?}"
    );
    let ledger = world.sandbox.ledger();
    let booked = ledger.bookings.first().unwrap();
    assert_eq!(booked.incident.kind.code(), "RST");
    assert_eq!(booked.incident.valid_from.to_string(), "2026-12-01");
}

/// Says of each column what it is, whatever was guessed.
fn common_edits(begun: &str) -> String {
    let entry = |name: &str| match name {
        "Personalnummer" => Some(r#"  { name = "Personalnummer", field = "employeeId" },"#),
        "Vorgang" => {
            Some(r#"  { name = "Vorgang", field = "type", values = { Ruhend = "RST" } },"#)
        }
        "Gültig ab" => Some(r#"  { name = "Gültig ab", field = "validFrom" },"#),
        "Meldedatum" => Some(r#"  { name = "Meldedatum", field = "createdAt" },"#),
        "Kostenstelle" => Some(r#"  { name = "Kostenstelle", ignore = true },"#),
        _ => None,
    };
    let lines = begun.lines().map(|line| {
        if line == "# dates = \"DD.MM.YYYY\"" {
            return line.trim_start_matches("# ");
        }
        let name = line
            .split("name = \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let is_entry = !line.starts_with('#');
        name.filter(|_| is_entry).and_then(entry).unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}
