//! How much of what is wrong is listed: `--max-errors`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CSV_RST, Ran, World, csv, run, run_with_input};

/// So many rows that are not valid, all of which have a warning too: the employee's key is a tax ID.
fn wrong(count: usize) -> String {
    let row = CSV_RST
        .replace("4711", "49239697103")
        .replace("2026-11-20", "20.11.2026");
    csv(&vec![row; count])
}

fn suspicious(count: usize) -> String {
    csv(&vec![CSV_RST.replace("4711", "49239697103"); count])
}

fn severities(ran: &Ran, file: &str) -> (usize, usize) {
    let count = |severity: &str| {
        let violations = ran.events("violation");
        let violations = violations.iter().filter(|one| one["file"] == file);
        violations.filter(|one| one["severity"] == severity).count()
    };
    (count("error"), count("warning"))
}

#[test]
fn so_many_errors_and_warnings_of_each_file_are_listed() {
    let world = World::new();
    world.write("one.csv", wrong(23));
    world.write("two.csv", wrong(3));
    world.write("three.csv", suspicious(12));
    let validate = |more: &[&str]| {
        let mut command = world.bare_command();
        command
            .args(["validate", "one.csv", "two.csv", "three.csv"])
            .args(more);
        run(command)
    };
    let ran = validate(&["--json", "--max-errors", "10"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let warnings = severities(&validate(&["--json", "--max-errors", "0"]), "one.csv").1;
    assert_eq!(severities(&ran, "one.csv"), (10, warnings.min(10)));
    assert_eq!(severities(&ran, "two.csv"), (3, warnings.min(3)));
    assert_eq!(severities(&ran, "three.csv"), (0, 10));
    let summary = ran.summary();
    assert_eq!(
        (&summary["invalid"], &summary["valid"]),
        (&26.into(), &12.into())
    );
    let unlisted = 13 + warnings.saturating_sub(10) + 2;
    assert_eq!(summary["unlisted"], unlisted);
    let last = ran.out.lines().last().unwrap();
    assert!(
        last.ends_with(&format!(",\"unlisted\":{unlisted}}}")),
        "{last}"
    );

    let ran = validate(&["--max-errors", "10"]);
    let line = ran
        .out
        .lines()
        .position(|line| line == "… and 13 more errors in one.csv are not listed (--max-errors)");
    let next = ran.out.lines().position(|line| line.contains("two.csv"));
    assert!(line.unwrap() < next.unwrap(), "{}", ran.out);
    let about = "… and 2 more warnings in three.csv are not listed (--max-errors)";
    assert!(ran.out.contains(about), "{}", ran.out);
    assert!(!ran.out.contains("errors in two.csv"), "{}", ran.out);

    let ran = validate(&["--json", "--max-errors", "0"]);
    assert_eq!(severities(&ran, "one.csv").0, 23);
    assert_eq!(ran.summary()["unlisted"], serde_json::Value::Null);
    let ran = validate(&["--max-errors", "22"]);
    assert!(
        ran.out
            .contains("… and 1 more error in one.csv is not listed"),
        "{}",
        ran.out
    );
}

#[test]
fn a_hundred_are_listed_by_default_and_every_row_has_its_line() {
    let world = World::new();
    let path = world.write("staff.csv", wrong(1_300));
    let ran = world.report(&path, &[]);
    assert_eq!(
        (ran.code, severities(&ran, path.to_str().unwrap()).0),
        (2, 100)
    );
    assert_eq!(ran.statuses(), vec!["invalid"; 1_300]);
    assert!(ran.summary()["unlisted"].as_u64().unwrap() >= 1_200);

    let mut command = world.command();
    command.args(["report", "-", "--via", "rest", "--on-invalid", "skip"]);
    let ran = run_with_input(command, wrong(1_300).as_bytes());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out
            .contains("… and 1,200 more errors in standard input are not listed (--max-errors)"),
        "{}",
        ran.out
    );
}

#[test]
fn why_a_file_cannot_be_read_is_always_said() {
    let world = World::new();
    world.write("staff.csv", format!("{}\"", wrong(5)));
    let mut command = world.bare_command();
    command.args(["validate", "staff.csv", "--json", "--max-errors", "1"]);
    let ran = run(command);
    let violations = ran.events("violation");
    assert_eq!(violations.last().unwrap()["code"], "unreadable", "{ran:?}");
    assert_eq!(severities(&ran, "staff.csv").0, 2);
    assert_eq!(ran.summary()["brokenFiles"], 1);
}

#[test]
fn convert_lists_up_to_the_limit_too() {
    let world = World::new();
    world.write("wrong.csv", wrong(5));
    world.write("suspicious.csv", suspicious(5));
    let convert = |more: &[&str]| {
        let mut command = world.command();
        command.args([
            "convert",
            "--to",
            "xml",
            "-o",
            "out.xml",
            "--max-errors",
            "2",
        ]);
        run({
            command.args(more);
            command
        })
    };
    let ran = convert(&["wrong.csv", "--json"]);
    assert_eq!(
        (ran.code, severities(&ran, "wrong.csv").0),
        (2, 2),
        "{ran:?}"
    );
    assert!(ran.summary()["unlisted"].as_u64().unwrap() >= 3);
    let ran = convert(&["suspicious.csv", "--json"]);
    assert_eq!(
        (ran.code, severities(&ran, "suspicious.csv")),
        (0, (0, 2)),
        "{ran:?}"
    );
    assert_eq!(ran.events("converted")[0]["unlisted"], 3);
    let ran = convert(&["suspicious.csv"]);
    assert!(
        ran.err.contains("… and 3 more warnings in suspicious.csv"),
        "{ran:?}"
    );
}
