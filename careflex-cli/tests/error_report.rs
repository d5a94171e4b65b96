//! `--error-report`: the rows to correct, with the reasons beside them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use careflex_sandbox::{Effect, Fault, Gate};
use common::{
    CSV_NEW, CSV_RST, NEW, RST, Ran, Running, World, XML_NEW, XML_RST, csv, many, names, records,
    run, run_with_input, xml_report,
};

const FILE: &str = "errors.csv";

fn read(world: &World) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = fs::read_to_string(world.folder.path().join(FILE)).unwrap();
    assert!(
        text.starts_with("\u{feff}status;reason;code;file;line;"),
        "{text}"
    );
    // Reasons are joined with a ; in quotation marks, which the reader of the tests does not know.
    let text = text.replace("; ", ", ").replace('"', "");
    records(&text)
}

fn report(world: &World, name: &str, more: &[&str]) -> Ran {
    let mut command = world.command();
    command.args([
        "report",
        name,
        "--via",
        "rest",
        "--json",
        "--error-report",
        FILE,
    ]);
    command.args(more);
    run(command)
}

#[test]
fn rows_that_are_not_valid_stand_there_with_everything_that_is_wrong() {
    let world = World::new();
    let wrong_csv = CSV_NEW.replace(";w;", ";f;").replace("01234", "1234");
    let wrong_json = NEW.replace("\"w\"", "\"f\"").replace("01234", "1234");
    let wrong_xml = XML_NEW.replace(">w<", ">f<").replace("01234", "1234");
    for (name, content, line, of_zip) in [
        (
            "staff.csv",
            csv(&[CSV_RST, &wrong_csv]),
            "3",
            "column zipCode: ",
        ),
        (
            "staff.json",
            format!("[{RST},\n{wrong_json}]"),
            "2",
            "employee.address.zipCode: ",
        ),
        (
            "staff.xml",
            xml_report("a", &format!("{XML_RST}\n{wrong_xml}")),
            "6",
            "employee.address.zipCode: ",
        ),
    ] {
        world.write(name, content);
        let mut validate = world.bare_command();
        validate.args(["validate", name, "--json", "--error-report", FILE]);
        let ran = run(validate);
        assert_eq!(ran.code, 2, "{ran:?}");
        let checked = read(&world);
        // What aborts the run is in the file, too; and so is what is skipped.
        for (more, code) in [
            (&[][..], 2),
            (&["--on-invalid", "skip"], 1),
            (&["--dry-run"], 2),
        ] {
            let ran = report(&world, name, more);
            assert_eq!(ran.code, code, "{ran:?}");
            let [row] = &read(&world)[..] else {
                panic!("{ran:?}");
            };
            assert_eq!(
                (row["status"].as_str(), row["code"].as_str()),
                ("invalid", "not-in-list")
            );
            assert_eq!((row["file"].as_str(), row["line"].as_str()), (name, line));
            let reason = &row["reason"];
            assert!(reason.contains("female is w"), "{reason}");
            assert!(reason.contains(of_zip), "{reason}");
            // The values are those that were read.
            assert_eq!(
                (row["sex"].as_str(), row["zipCode"].as_str()),
                ("f", "1234")
            );
            assert_eq!(row["lastName"], "Plantedname");
            assert!(
                checked[0]
                    .iter()
                    .all(|(name, value)| { name == "careflexId" || row.get(name) == Some(value) })
            );
            assert!(!ran.all().contains("Plantedname"), "{ran:?}");
        }
    }
    #[cfg(unix)]
    assert_eq!(common::mode(&world.folder.path().join(FILE)), 0o600);
}

#[test]
fn rows_that_the_portal_refuses_stand_there_with_its_words() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::RefusedRows(vec![1])));
    let wrong = RST.replace("2026-12-01", "1.12.2026");
    world.write("one.json", format!("{wrong}\n{}", many(3)));
    let ran = report(&world, "one.json", &["--on-invalid", "skip"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let rows = read(&world);
    let said: Vec<_> = rows
        .iter()
        .map(|row| ["status", "code", "line", "employeeId"].map(|name| row[name].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ["invalid", "date-format", "1", "4711"],
            ["refused", "422", "3", "E1"]
        ]
    );
    assert_eq!(rows[1]["validFrom"], "2026-12-01");
    let message = ran.events("row")[2]["message"].as_str().unwrap().to_owned();
    assert_eq!(
        rows[1]["reason"],
        message.replace("; ", ", ").replace('"', "")
    );

    // A report that is refused as a whole.
    world.sandbox.inject(Fault::new(Effect::Status(400)));
    world.write("two.json", many(150));
    let ran = report(&world, "two.json", &["--concurrency", "1"]);
    assert_eq!((ran.code, read(&world).len()), (1, 100), "{}", ran.err);
    assert!(read(&world).iter().all(|row| row["code"] == "http-400"));

    // What is in doubt is not to be corrected.
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    let ran = report(&world, "two.json", &["--concurrency", "1"]);
    assert_eq!((ran.code, read(&world).len()), (4, 0), "{}", ran.err);
}

#[test]
fn several_files_keep_their_names_and_lines() {
    let world = World::new();
    let wrong = RST.replace("2026-12-01", "1.12.2026");
    world.write("one.json", format!("{}\n{wrong}", RST.replace("4711", "1")));
    world.write(
        "two.csv",
        csv(&[CSV_RST.replace("2026-12-01", "1.12.2026")]),
    );
    let mut command = world.command();
    command.args([
        "report", "one.json", "two.csv", "-", "--via", "rest", "--json",
    ]);
    command.args(["--on-invalid", "skip", "--error-report", FILE]);
    let ran = run_with_input(command, format!("\n\n{wrong}").as_bytes());
    assert_eq!(ran.code, 1, "{ran:?}");
    let rows = read(&world);
    let places: Vec<_> = rows
        .iter()
        .map(|row| (row["file"].as_str(), row["line"].as_str()))
        .collect();
    assert_eq!(
        places,
        [("one.json", "2"), ("two.csv", "2"), ("standard input", "3")]
    );
}

#[test]
fn without_anything_to_correct_there_is_the_header_line() {
    let world = World::new();
    world.write("staff.json", RST);
    world.write(FILE, "of the last run");
    let ran = report(&world, "staff.json", &[]);
    assert_eq!((ran.code, read(&world).len()), (0, 0), "{ran:?}");
    fs::remove_file(world.folder.path().join(FILE)).unwrap();
    let mut command = world.bare_command();
    command.args(["validate", "staff.json", "--error-report", FILE]);
    let ran = run(command);
    assert_eq!((ran.code, read(&world).len()), (0, 0), "{ran:?}");
    assert_eq!(ran.out, "the one incident is valid\n");
    assert_eq!(names(world.folder.path()), [FILE, "staff.json"]);
}

#[test]
fn people_are_told_where_the_rows_are() {
    let world = World::new();
    let wrong = RST.replace("RST", "rst");
    world.write("staff.json", format!("{wrong}\n{wrong}"));
    let mut command = world.bare_command();
    command.args(["validate", "staff.json", "--error-report", FILE]);
    let ran = run(command);
    assert!(
        ran.out
            .ends_with("the 2 rows to correct are in errors.csv, with the reasons beside them; nothing was sent: correct your own file\n"),
        "{}",
        ran.out
    );
}

#[test]
fn only_what_may_be_replaced_is_replaced() {
    let world = World::new();
    let content = csv(&[CSV_RST]);
    world.write("staff.csv", &content);
    world.write(
        "layout.toml",
        "other_columns = \"ignore\"\ncolumns = [{ field = \"employeeId\" }, { field = \"type\" }, { field = \"validFrom\" }, { field = \"createdAt\" }]\n",
    );
    fs::create_dir(world.folder.path().join("folder")).unwrap();
    let mut cases = vec![
        ("staff.csv", "is one of the files that are read"),
        ("layout.toml", "is one of the files that are read"),
        ("folder", "is a folder"),
        ("folder/", "is a folder"),
        ("-", "name a file"),
        ("nowhere/errors.csv", "its folder is not there"),
    ];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("out.csv", world.folder.path().join("link.csv")).unwrap();
        cases.push(("link.csv", "is a symbolic link"));
        cases.push(("/dev/null", "is no regular file"));
    }
    let before = names(world.folder.path());
    for (path, reason) in cases {
        for start in [&["validate"][..], &["report", "--via", "rest"]] {
            let mut command = world.command();
            command
                .args(start)
                .args(["staff.csv", "--layout", "layout.toml"]);
            command.args(["--error-report", path]);
            let ran = run(command);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
            let said = format!("--error-report {path}: {reason}");
            assert!(ran.err.contains(&said), "{} (expected {said})", ran.err);
            assert_eq!(names(world.folder.path()), before);
        }
    }
    assert_eq!(world.sandbox.ledger().requests, 0);
    let after = fs::read_to_string(world.folder.path().join("staff.csv")).unwrap();
    assert_eq!(after, content);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_writes_what_is_to_correct() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    let wrong = RST.replace("2026-12-01", "1.12.2026");
    let path = world.write("staff.json", format!("{}\n{wrong}", many(1_000)));
    let arguments = [
        "--on-invalid",
        "skip",
        "--error-report",
        FILE,
        "--concurrency",
        "2",
    ];
    let mut running = Running::start(world.report_command(&path, &arguments));
    world.block_on(gate.arrived(2));
    running.signal("INT");
    let said = running.next_complaint();
    assert!(said.contains("finishing what is under way"), "{said}");
    gate.open();
    let ran = running.finish();
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(read(&world).len(), 1);
    assert_eq!(names(world.folder.path()), [FILE, "staff.json"]);
}

#[cfg(unix)]
#[test]
fn a_check_that_is_interrupted_leaves_nothing_behind() {
    use std::io::Write as _;
    use std::process::Stdio;

    let world = World::new();
    world.write(FILE, "of the last run");
    for start in [&["validate"][..], &["report", "--via", "rest"]] {
        let mut command = world.command();
        command.args(start).args(["-", "--error-report", FILE]);
        command.stdin(Stdio::piped());
        let mut running = Running::start(command);
        let mut pipe = running.stdin();
        // Nobody learns of the half of a file: it was there when this was read.
        writeln!(pipe, "{RST}").unwrap();
        while names(world.folder.path()).len() < 2 {
            std::thread::yield_now();
        }
        running.signal("TERM");
        let ran = running.finish();
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.err.contains("interrupted"), "{ran:?}");
        assert_eq!(names(world.folder.path()), [FILE]);
        let text = fs::read_to_string(world.folder.path().join(FILE)).unwrap();
        assert_eq!(text, "of the last run");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_put_in_its_place_masks_nothing() {
    let world = World::new();
    for (effect, expected) in [(None, 1), (Some(Effect::CutAfterBooking), 4)] {
        let folder = world.folder.path().join("there");
        fs::create_dir(&folder).unwrap();
        let path = world.write("staff.json", RST);
        if let Some(effect) = effect {
            world.sandbox.inject(Fault::new(effect));
        }
        let mut command = world.report_command("-", &["--error-report", "there/errors.csv"]);
        command.args(["--on-invalid", "skip"]);
        command.stdin(std::process::Stdio::piped());
        let mut running = Running::start(command);
        let mut pipe = running.stdin();
        while names(&folder).is_empty() {
            std::thread::yield_now();
        }
        fs::remove_dir_all(&folder).unwrap();
        let content = fs::read(path).unwrap();
        std::io::Write::write_all(&mut pipe, &content).unwrap();
        drop(pipe);
        let ran = running.finish();
        assert_eq!(ran.code, expected, "{ran:?}");
        assert_eq!(ran.statuses().len(), 1);
        assert!(
            ran.err
                .contains("--error-report there/errors.csv: cannot be written"),
            "{}",
            ran.err
        );
    }
    let requests = world.sandbox.ledger().requests;
    assert_eq!(requests, 2);
    // Where nothing was sent, the wrong settings are what is to be told.
    let mut command = world.bare_command();
    command.args(["validate", "-", "--error-report", "there/errors.csv"]);
    let folder = world.folder.path().join("there");
    fs::create_dir(&folder).unwrap();
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    let mut pipe = running.stdin();
    while names(&folder).is_empty() {
        std::thread::yield_now();
    }
    fs::remove_dir_all(&folder).unwrap();
    std::io::Write::write_all(&mut pipe, RST.as_bytes()).unwrap();
    drop(pipe);
    let ran = running.finish();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("the one incident is valid"), "{ran:?}");
}

#[test]
fn a_corrected_file_is_reported() {
    let world = World::new();
    let wrong = CSV_NEW.replace(";w;", ";f;");
    world.write("staff.csv", csv(&[CSV_RST, &wrong]));
    let ran = report(&world, "staff.csv", &["--on-invalid", "skip"]);
    assert_eq!(ran.code, 1, "{ran:?}");

    // A person corrects what is wrong, and a spreadsheet writes days in its own way.
    let path = world.folder.path().join(FILE);
    let corrected = fs::read_to_string(&path)
        .unwrap()
        .replace(";f;", ";w;")
        .replace("2026-12-01", "01.12.2026");
    assert!(corrected.contains(";'01234;"), "{corrected}");
    fs::write(&path, corrected).unwrap();
    let mut command = world.command();
    command.args(["report", FILE, "--via", "rest", "--json"]);
    let ran = run(command);
    assert_eq!((ran.code, ran.statuses().len()), (0, 1), "{ran:?}");
    let bookings = world.sandbox.ledger().bookings;
    assert_eq!(bookings.len(), 2);
    let incident = &bookings[1].incident;
    assert_eq!(incident.valid_from.to_string(), "2026-12-01");
    let address = incident
        .employee
        .as_ref()
        .unwrap()
        .address
        .as_ref()
        .unwrap();
    assert_eq!(address.zip_code.as_str(), "01234");
}

#[test]
fn what_to_do_with_the_file_depends_on_what_was_sent() {
    let world = World::new();
    world.write("staff.csv", csv(&[CSV_RST, &CSV_NEW.replace(";w;", ";f;")]));
    let nothing_sent = "with the reason beside it; nothing was sent: correct your own file";
    let sent =
        "with the reason beside it; once corrected, report that file, not the whole input again";
    for (start, more, expected) in [
        (&["validate"][..], &[][..], nothing_sent),
        (&["report", "--via", "rest"], &[], nothing_sent),
        (
            &["report", "--via", "rest"],
            &["--dry-run", "--on-invalid", "skip"],
            nothing_sent,
        ),
        (
            &["report", "--via", "rest"],
            &["--on-invalid", "skip"],
            sent,
        ),
    ] {
        let mut command = world.command();
        command
            .args(start)
            .args(["staff.csv", "--error-report", FILE]);
        let ran = run({
            command.args(more);
            command
        });
        assert!(ran.out.contains(expected), "{}", ran.out);
        assert!(!ran.out.contains("are not in it"), "{}", ran.out);
    }

    // Else nobody would report the others: not the file, and not the whole input again.
    let more = "not the whole input again; rows that are in doubt or were not sent are not in it";
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    let mut command = world.command();
    command.args(["report", "staff.csv", "--via", "rest"]);
    command.args(["--on-invalid", "skip", "--error-report", FILE]);
    let ran = run(command);
    assert!(ran.out.contains(more), "{ran:?}");
}
