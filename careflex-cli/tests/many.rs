//! The command with many incidents: batches, order, memory, failures in a row.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::HashSet;
use std::io::Write as _;
use std::process::Stdio;

use careflex_sandbox::{Effect, Fault, Gate, OwnAnswer};
#[cfg(target_os = "linux")]
use common::{CSV_HEADER, CSV_NEW, names, records, run};
use common::{NEW, RST, Running, World, many};

#[test]
fn ten_thousand_incidents_are_a_hundred_requests_and_one_token() {
    let world = World::new();
    let path = world.write("staff.jsonl", many(10_000));
    let ran = world.report(&path, &["--concurrency", "8"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.tokens_issued), (100, 1));
    assert_eq!(ledger.bookings.len(), 10_000);
    let rows = ran.events("row");
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row["index"], number);
        assert_eq!(row["employeeId"], format!("E{number}"));
        assert_eq!(row["status"], "accepted");
    }
    let booked: HashSet<_> = ledger
        .bookings
        .iter()
        .map(|one| one.incident_id.as_str())
        .collect();
    let printed: HashSet<_> = rows
        .iter()
        .map(|row| row["incidentId"].as_str().unwrap())
        .collect();
    assert_eq!(booked, printed);
    assert_eq!(ran.summary()["accepted"], 10_000);
    assert_eq!(ran.summary()["requests"], 100);
}

#[test]
fn a_foreign_client_that_keeps_replacing_the_token_costs_one_token_each_time() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::ForgetTokens).every(10).always());
    let path = world.write("staff.jsonl", many(10_000));
    let ran = world.report(&path, &["--concurrency", "8"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.summary()["accepted"], 10_000);
    let ledger = world.sandbox.ledger();
    assert_eq!(ledger.bookings.len(), 10_000);
    // Nine of ten requests are taken, so a hundred reports see the token replaced eleven times.
    assert_eq!((ledger.token_requests, ledger.tokens_issued), (12, 12));
}

/// The largest memory that a process has had until now, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    const ROWS: usize = 60_000;
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    let mut command = world.report_command("-", &["--on-invalid", "skip"]);
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    let mut pipe = running.stdin();
    let writer = std::thread::spawn(move || {
        for number in 0..ROWS {
            let company = ["a", "b", "c"][number % 3];
            let day = if number % 1000 == 999 {
                "20.11.2026"
            } else {
                "2026-11-20"
            };
            let row = NEW
                .replace("4712", &format!("E{number}"))
                .replace("2026-11-20", day);
            let row = row.replacen('{', &format!(r#"{{"careflexId":"{company}","#), 1);
            writeln!(pipe, "{row}").unwrap();
        }
    });
    gate.let_pass(50);
    world.block_on(gate.arrived(50));
    let early = peak_memory(running.id());
    gate.let_pass(549);
    world.block_on(gate.arrived(599));
    let late = peak_memory(running.id());
    gate.open();
    let ran = running.finish();
    writer.join().unwrap();

    assert_eq!(ran.code, 1, "{}", ran.err);
    let rows = ran.events("row");
    assert!((0..ROWS as u64).eq(rows.iter().map(|row| row["index"].as_u64().unwrap())));
    let summary = ran.summary();
    assert_eq!(
        (&summary["accepted"], &summary["invalid"]),
        (&59_940.into(), &60.into())
    );
    assert_eq!(world.sandbox.ledger().bookings.len(), 59_940);
    // Held as a whole, the rows would need some 60 MB.
    assert!(late < early + (8 << 20), "{early} bytes, then {late}");
    assert!(late < 100 << 20, "{late} bytes");
}

/// A table of three companies in turns, with as many columns as NEW needs.
#[cfg(target_os = "linux")]
fn write_table(rows: usize, out: &mut impl std::io::Write) {
    writeln!(out, "{CSV_HEADER}").unwrap();
    for number in 0..rows {
        let company = ["a", "b", "c"][number % 3];
        let row = CSV_NEW.replacen("4712", &format!("E{number}"), 1);
        writeln!(out, "{company}{row}").unwrap();
    }
}

/// Debug builds are slow, and what is to be seen is seen with fewer rows too.
#[cfg(target_os = "linux")]
const TABLE_ROWS: usize = if cfg!(debug_assertions) {
    21_000
} else {
    100_000
};

#[cfg(target_os = "linux")]
#[test]
fn a_table_of_any_length_needs_no_more_memory_over_rest_and_soap() {
    for via in ["rest", "soap"] {
        let world = World::new();
        let gate = Gate::closed();
        world
            .sandbox
            .inject(Fault::new(Effect::Hold(gate.clone())).always());
        let mut table = Vec::new();
        write_table(TABLE_ROWS, &mut table);
        let path = world.write("staff.csv", table);
        let mut command = world.command();
        command.arg("report").arg(&path);
        command.args(["--via", via, "--json", "--concurrency", "3"]);
        command.args(["--error-report", "errors.csv"]);
        let running = Running::start(command);
        let early = 50;
        gate.let_pass(early);
        world.block_on(gate.arrived(early));
        let early = peak_memory(running.id());
        let requests = TABLE_ROWS.div_ceil(100);
        gate.let_pass(requests);
        world.block_on(gate.arrived(requests - 3));
        let late = peak_memory(running.id());
        gate.open();
        let ran = running.finish();
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(late < early + (8 << 20), "{early} bytes, then {late}");
        assert!(late < 100 << 20, "{late} bytes");

        let rows = ran.events("row");
        assert_eq!(rows.len(), TABLE_ROWS);
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(row["index"], number);
            assert_eq!(row["employeeId"], format!("E{number}"));
            assert_eq!(row["careflexId"], ["a", "b", "c"][number % 3]);
            assert_eq!(row["status"], "accepted");
        }
        let ledger = world.sandbox.ledger();
        assert_eq!(ran.summary()["requests"], ledger.requests);
        assert_eq!(ledger.bookings.len(), TABLE_ROWS);
        for (place, company) in ["a", "b", "c"].into_iter().enumerate() {
            let booked: HashSet<_> = ledger
                .booked(&company.parse().unwrap())
                .map(|booking| booking.incident.employee_id.to_string())
                .collect();
            let expected = (place..TABLE_ROWS)
                .step_by(3)
                .map(|number| format!("E{number}"));
            assert_eq!(booked, expected.collect());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_of_any_length_is_handed_over_in_order() {
    let world = World::new();
    let folder = world.drop_folder("a");
    for company in ["b", "c"] {
        world.drop_folder(company);
    }
    let mut table = Vec::new();
    write_table(TABLE_ROWS, &mut table);
    let path = world.write("staff.csv", table);
    let mut command = world.bare_command();
    command
        .arg("report")
        .arg(&path)
        .args(["--via", "csv", "--json"]);
    command.args([
        "--drop-dir",
        "a=a",
        "--drop-dir",
        "b=b",
        "--drop-dir",
        "c=c",
    ]);
    command.args(["--concurrency", "1"]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.summary()["handedOver"], TABLE_ROWS);
    assert_eq!(
        ran.summary()["requests"],
        3 * (TABLE_ROWS / 3).div_ceil(100)
    );
    let employees: Vec<_> = names(&folder)
        .iter()
        .flat_map(|name| records(&std::fs::read_to_string(folder.join(name)).unwrap()))
        .map(|record| record["employeeId"].clone())
        .collect();
    let expected = (0..TABLE_ROWS)
        .step_by(3)
        .map(|number| format!("E{number}"));
    assert!(expected.eq(employees));
}

#[test]
fn companies_in_turns_fill_their_batches() {
    let world = World::new();
    let mut file = String::new();
    for number in 0..600 {
        let company = ["a", "b", "c"][number % 3];
        let row = RST.replace("4711", &format!("E{number}"));
        file.push_str(&row.replacen('{', &format!(r#"{{"careflexId":"{company}","#), 1));
        file.push('\n');
    }
    let ran = world.report(&world.write("staff.jsonl", file), &[]);
    assert_eq!((ran.code, ran.events("row").len()), (0, 600), "{}", ran.err);
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (6, 600));
}

#[test]
fn a_pipe_that_pauses_has_its_rows_sent() {
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
    pipe.write_all(many(3).as_bytes()).unwrap();
    // The pipe stays open, and the three are sent all the same.
    world.block_on(gate.arrived(1));
    pipe.write_all(RST.as_bytes()).unwrap();
    drop(pipe);
    let ran = running.finish();
    assert_eq!((ran.code, ran.statuses().len()), (0, 4), "{}", ran.err);
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (2, 4));
}

#[test]
fn many_invalid_rows_hold_up_nothing() {
    let world = World::new();
    let wrong = RST.replace("2026-11-20", "20.11.2026");
    let mut file = format!("{RST}\n");
    for _ in 0..21_000 {
        file.push_str(&wrong);
        file.push('\n');
    }
    file.push_str(&RST.replace("4711", "last"));
    let path = world.write("staff.jsonl", file);
    let ran = world.report(&path, &[]);
    assert_eq!((ran.code, ran.events("row").len()), (2, 21_002));
    let ran = world.report(&path, &["--dry-run", "--on-invalid", "skip"]);
    assert_eq!((ran.code, ran.events("row").len()), (1, 21_002));
    let ran = world.report(&path, &["--on-invalid", "skip"]);
    assert_eq!((ran.code, ran.events("row").len()), (1, 21_002));
    assert_eq!(ran.summary()["accepted"], 2);
}

#[test]
fn two_incidents_of_one_employee_are_never_under_way_together() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    // NEW ends the first batch, its SDB begins the third one.
    let mut rows: Vec<_> = many(300).lines().map(str::to_owned).collect();
    rows[99] = NEW.to_owned();
    rows[200] = NEW.replace("NEW", "SDB");
    let path = world.write("staff.json", rows.join("\n"));
    let running = Running::start(world.report_command(&path, &["--concurrency", "8"]));
    world.block_on(async {
        gate.arrived(2).await;
        gate.open();
    });
    let ran = running.finish();
    assert_eq!(ran.code, 0, "{ran:?}");
    let kinds: Vec<_> = world
        .sandbox
        .ledger()
        .bookings
        .iter()
        .filter(|booking| booking.incident.employee_id.as_str() == "4712")
        .map(|booking| booking.incident.kind.to_string())
        .collect();
    assert_eq!(kinds, ["NEW", "SDB"]);
}

#[test]
fn nothing_more_is_sent_of_an_employee_whose_incident_is_in_doubt() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::CutBeforeBooking));
    // One at a time: the first report is lost, with NEW in it; its SDB stands in the second one.
    let mut rows: Vec<_> = many(200).lines().map(str::to_owned).collect();
    rows[0] = NEW.to_owned();
    rows[150] = NEW.replace("NEW", "SDB");
    let path = world.write("staff.json", rows.join("\n"));
    let ran = world.report(&path, &["--concurrency", "1"]);
    let statuses = ran.statuses();
    assert_eq!((ran.code, statuses[150].as_str()), (4, "not-sent"));
    assert!(statuses[..100].iter().all(|status| status == "in-doubt"));
    let message = ran.events("row")[150]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("an earlier incident of this employee is in doubt"),
        "{message}"
    );
    assert_eq!(ran.summary()["accepted"], 99);
    assert_eq!(world.sandbox.ledger().bookings.len(), 99);
}

#[test]
fn too_many_failures_in_a_row_end_the_run() {
    for (effect, status, code, said) in [
        (Effect::Status(404), "refused", 3, "is the address right?"),
        (Effect::Html, "in-doubt", 4, "is the address right?"),
        (
            Effect::Answer(OwnAnswer::new(
                200,
                "application/json",
                r#"{"incidentResponseList":[]}"#,
            )),
            "in-doubt",
            4,
            "clear for no incident",
        ),
        (
            Effect::Status(500),
            "in-doubt",
            4,
            "the portal failed (status 500)",
        ),
    ] {
        let world = World::new();
        world.sandbox.inject(Fault::new(effect).always());
        let path = world.write("staff.jsonl", many(2_000));
        let ran = world.report(&path, &["--concurrency", "1"]);
        assert_eq!(ran.code, code, "{}", ran.err);
        let statuses = ran.statuses();
        assert_eq!(statuses.len(), 2_000);
        assert!(statuses[..500].iter().all(|one| one == status));
        assert!(statuses[500..].iter().all(|one| one == "not-sent"));
        assert!(
            ran.err.contains("too many reports in a row failed"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(said), "{}", ran.err);
        assert_eq!(world.sandbox.ledger().requests, 5);

        // Nothing is left to be sent: nothing ended early.
        let path = world.write("staff.jsonl", many(500));
        let ran = world.report(&path, &["--concurrency", "1"]);
        assert_eq!(ran.code, if status == "refused" { 1 } else { 4 });
        assert!(!ran.err.contains("in a row"), "{}", ran.err);
    }
}
