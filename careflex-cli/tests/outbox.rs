//! `careflex report --store` and `careflex outbox`, against the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use careflex::outbox::{SqliteStore, Store as _};
use careflex::secrecy::ExposeSecret as _;
use careflex_sandbox::{Effect, Fault, Gate, Sandbox};
use serde_json::Value;

use common::{COMPANY, NEW, RST, Ran, World, csv, many, records, run};

const STORE: [&str; 2] = ["--store", "sqlite:outbox.sqlite"];

impl World {
    /// `careflex report FILE --via rest --json --store …` with more arguments.
    fn report_stored(&self, content: &str, more: &[&str]) -> Ran {
        let file = self.write("rows", content);
        self.report(&file, &[&STORE, more].concat())
    }

    /// `careflex outbox … --json --store …`
    fn outbox(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command();
        command
            .arg("outbox")
            .args(arguments)
            .arg("--json")
            .args(STORE);
        run(command)
    }

    fn status(&self) -> Value {
        self.outbox(&["status"]).events("status").remove(0)
    }

    fn booked(&self) -> usize {
        self.sandbox.ledger().bookings.len()
    }
}

#[test]
fn the_same_file_is_sent_once() {
    let world = World::new();
    let rows = many(250);
    let first = world.report_stored(&rows, &[]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert_eq!(first.summary()["accepted"], 250);
    assert_eq!(first.summary()["requests"], 3);
    let second = world.report_stored(&rows, &[]);
    assert_eq!(second.code, 0);
    assert_eq!(second.events("row"), first.events("row"));
    assert_eq!(second.summary()["requests"], 0);
    // Only what is new is sent.
    let third = world.report_stored(&format!("{rows}{NEW}\n{NEW}\n"), &[]);
    assert_eq!(third.summary()["accepted"], 252);
    assert_eq!(world.booked(), 251);
    let rows = third.events("row");
    assert_eq!(rows[250]["incidentId"], rows[251]["incidentId"]);
}

#[test]
fn what_is_in_doubt_is_not_sent_again() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    let ran = world.report_stored(RST, &[]);
    assert_eq!(ran.code, 4);
    assert_eq!(ran.statuses(), ["in-doubt"]);
    assert!(ran.err.contains("careflex outbox status"), "{}", ran.err);
    let again = world.report_stored(RST, &[]);
    assert_eq!((again.code, world.booked()), (4, 1));

    let status = world.status();
    assert_eq!(status["inDoubt"], 1);
    assert_eq!(status["doubts"][0]["batch"], 1);
    let listed = world.outbox(&["list", "--batch", "1"]).events("incident");
    assert_eq!(listed[0]["state"], "in-doubt");
    assert_eq!(world.outbox(&["resolve", "7", "--booked"]).code, 2);
    let other = world.outbox(&["resolve", "1", "--booked", "--incident", "2"]);
    assert_eq!(other.code, 2);
    assert!(
        other.err.contains("incident 2 is not in batch 1"),
        "{}",
        other.err
    );
    let resolved = world.outbox(&["resolve", "1", "--booked"]);
    assert_eq!(resolved.events("resolved")[0]["incidents"], 1);
    let last = world.report_stored(RST, &[]);
    assert_eq!((last.code, world.booked()), (0, 1));
    assert_eq!(last.statuses(), ["accepted"]);
}

#[test]
fn what_was_not_booked_is_sent_again() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::CutBeforeBooking));
    assert_eq!(world.report_stored(RST, &[]).code, 4);
    assert_eq!(world.outbox(&["resolve", "1", "--not-booked"]).code, 0);
    let run = world.outbox(&["run", "--once", "--via", "rest"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.events("batch")[0]["accepted"], 1);
    assert_eq!(world.booked(), 1);
}

#[test]
fn a_portal_that_is_down_loses_nothing() {
    let world = World::new();
    // For longer than anybody waits.
    let retry_after = Some("3600".to_owned());
    let busy = Fault::new(Effect::Busy { retry_after });
    world.sandbox.inject(busy.always());
    let ran = world.report_stored(&many(3), &["--retention", "1"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(ran.statuses(), ["not-sent"; 3]);
    let status = world.status();
    assert_eq!(status["queued"], 3);
    assert!(
        status["failure"]["reason"]
            .as_str()
            .unwrap()
            .contains("503")
    );
    world.sandbox.clear_faults();
    let run = world.outbox(&["run", "--once", "--via", "soap"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(world.status()["accepted"], 3);
    assert_eq!(world.status()["failure"], Value::Null);
}

#[test]
fn an_external_id_stands_for_one_incident() {
    let world = World::new();
    let row = |id: &str, employee: &str| {
        RST.replace("4711", employee)
            .replace('{', &format!(r#"{{"externalId":"{id}","#))
    };
    let rows = [row("a", "1"), row("b", "2"), row("a", "3")].join("\n");
    let aborted = world.report_stored(&rows, &[]);
    assert_eq!(aborted.code, 2, "{}", aborted.err);
    assert_eq!(aborted.statuses(), ["not-sent"; 3]);
    assert_eq!(world.status()["queued"], 0);
    let skipped = world.report_stored(&rows, &["--on-invalid", "skip"]);
    assert_eq!(skipped.code, 1);
    assert_eq!(skipped.statuses(), ["accepted", "accepted", "invalid"]);
    let conflict = &skipped.events("row")[2];
    assert_eq!(conflict["code"], "key-conflict");
    assert!(
        conflict["message"]
            .as_str()
            .unwrap()
            .contains("number 1, which is accepted"),
        "{conflict}"
    );
    // Alone it is refused before anything is sent.
    let alone = world.report_stored(&row("b", "4"), &[]);
    assert_eq!(alone.code, 2);
    assert_eq!(alone.statuses(), ["invalid"]);
    assert_eq!(world.booked(), 2);
}

#[test]
fn a_refused_row_is_corrected_under_its_id() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::RefusedRows(vec![1])));
    let header = "externalId;employeeId;type;createdAt;validFrom";
    let file = format!("{header}\na;1;RST;2026-11-20;2026-12-01\nb;2;RST;2026-11-20;2026-12-01\n");
    let ran = world.report_stored(&file, &["--error-report", "to-correct.csv"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses(), ["accepted", "refused"]);
    let path = world.folder.path().join("to-correct.csv");
    let to_correct = fs::read_to_string(&path).unwrap();
    let rows = records(&to_correct);
    assert_eq!((rows.len(), rows[0]["status"].as_str()), (1, "refused"));
    // As it is, it stays refused, without a request.
    let same = world.report(&path, &STORE);
    assert_eq!(
        (same.code, same.summary()["requests"].as_u64()),
        (1, Some(0))
    );
    fs::write(&path, to_correct.replace("2026-12-01", "2027-01-01")).unwrap();
    let corrected = world.report(&path, &STORE);
    assert_eq!(corrected.code, 0, "{}", corrected.out);
    assert_eq!(world.booked(), 2);
    let states: Vec<_> = world
        .outbox(&["list"])
        .events("incident")
        .iter()
        .map(|incident| incident["state"].clone())
        .collect();
    assert_eq!(states, ["accepted", "replaced", "accepted"]);
}

#[test]
fn a_wrong_address_is_corrected_and_retried() {
    let world = World::new();
    let file = world.write("rows", many(2));
    let wrong = format!("{}/wrong", world.sandbox.rest_url());
    let ran = world.report(&file, &[&STORE[..], &["--rest-url", &wrong]].concat());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.events("row")[0]["code"], "http-404");
    assert_eq!(
        world.outbox(&["retry", "--all"]).events("queued")[0]["incidents"],
        2
    );
    assert_eq!(world.outbox(&["retry", "--all"]).code, 2);
    assert_eq!(world.report(&file, &STORE).statuses(), ["accepted"; 2]);
}

#[test]
fn an_outbox_is_for_one_portal() {
    let world = World::new();
    assert_eq!(world.report_stored(RST, &[]).code, 0);
    let other = world.block_on(Sandbox::start()).unwrap();
    let token_url = other.token_url();
    let ran = world.report_stored(RST, &["--token-url", &token_url]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("careflex outbox moved"), "{}", ran.err);
    // Unless it is the same one, at another address.
    let address = other.local_addr().to_string();
    assert_eq!(world.outbox(&["moved", &address]).code, 0);
    assert_eq!(world.status()["portal"], address);
    let moved = world.report_stored(RST, &["--token-url", &token_url]);
    assert_eq!(
        (moved.code, moved.statuses()),
        (0, vec!["accepted".to_owned()])
    );
    assert!(other.ledger().bookings.is_empty());
}

#[test]
fn two_do_not_send_at_the_same_time() {
    let world = World::new();
    let store = SqliteStore::open(world.folder.path().join("outbox.sqlite")).unwrap();
    let seat = world.block_on(store.start_worker()).unwrap();
    let ran = world.report_stored(RST, &[]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(ran.statuses(), ["not-sent"]);
    assert!(ran.err.contains("another program sends"), "{}", ran.err);
    let run = world.outbox(&["run", "--once", "--via", "rest"]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert_ne!(world.status()["worker"], Value::Null);
    drop(seat);
    assert_eq!(world.report_stored(RST, &[]).code, 0);
    assert_eq!(world.status()["worker"], Value::Null);
}

#[test]
fn a_dry_run_leaves_no_outbox() {
    let world = World::new();
    let ran = world.report_stored(RST, &["--dry-run"]);
    assert_eq!((ran.code, ran.statuses()), (0, vec!["not-sent".to_owned()]));
    assert!(!world.folder.path().join("outbox.sqlite").exists());
    // Nor does a look at one that is not there.
    let ran = world.outbox(&["status"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is not there"), "{}", ran.err);
    assert!(!world.folder.path().join("outbox.sqlite").exists());
}

#[test]
fn standard_input_and_files_to_hand_over_go_through_it_too() {
    let world = World::new();
    let mut command = world.report_command("-", &STORE);
    command.args(["--on-invalid", "skip"]);
    let ran = common::run_with_input(command, format!("{RST}\n{{}}\n").as_bytes());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(ran.statuses(), ["accepted", "invalid"]);

    let world = World::new();
    let folder = world.drop_folder("acme");
    let file = world.write("rows.csv", csv(&[common::CSV_RST]));
    let mut command = world.command();
    command
        .arg("report")
        .arg(&file)
        .args(["--via", "csv", "--json"]);
    command.args(["--drop-dir", &format!("{COMPANY}={}", folder.display())]);
    command.args(STORE);
    let again = {
        let mut again = world.command();
        again.args(command.get_args());
        again
    };
    assert_eq!(run(command).statuses(), ["handed-over"]);
    assert_eq!(run(again).statuses(), ["handed-over"]);
    assert_eq!(common::names(&folder).len(), 1);
    // The portal of the drop folders is not the one with the addresses.
    assert_eq!(world.report(&file, &STORE).code, 2);
}

#[test]
fn the_trail_is_exported_and_contents_are_purged() {
    let world = World::new();
    assert_eq!(world.report_stored(NEW, &[]).code, 0);
    let path = world.folder.path().join("outbox.sqlite");
    let holds = |what: &str| {
        let bytes = |end: &str| fs::read(format!("{}{end}", path.display())).unwrap_or_default();
        ["", "-wal"].iter().any(|end| {
            let bytes = bytes(end);
            bytes
                .windows(what.len())
                .any(|window| window == what.as_bytes())
        })
    };
    assert!(holds("Plantedname"));
    assert_eq!(world.outbox(&["purge"]).events("purged")[0]["incidents"], 0);
    let purged = world.outbox(&["purge", "--older-than", "0"]);
    assert_eq!(purged.events("purged")[0]["incidents"], 1);
    assert!(!holds("Plantedname"));
    for (format, beginning) in [("csv", "number,careflexId"), ("json", "{\"number\":1")] {
        let ran = world.outbox(&["export", "--format", format]);
        assert!(ran.out.starts_with(beginning), "{}", ran.out);
        let ran = world.outbox(&["export", "--format", format, "-o", "trail"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let written = fs::read_to_string(world.folder.path().join("trail")).unwrap();
        assert!(written.starts_with(beginning));
    }
    // No secret is ever stored.
    let credentials = world.sandbox.credentials();
    for secret in [
        credentials.api_token.expose(),
        credentials.service_secret.expose_secret(),
        credentials.service_user.expose_secret(),
    ] {
        assert!(!holds(secret));
    }
    #[cfg(unix)]
    assert_eq!(common::mode(&path), 0o600);
}

#[test]
fn an_outbox_that_cannot_be_used_says_why() {
    let world = World::new();
    world.write(
        "outbox.sqlite",
        "this is no database, whatever its name says, is it?",
    );
    let ran = world.report_stored(RST, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no SQLite database"), "{}", ran.err);
    let file = world.write("rows", RST);
    for (store, why) in [
        ("outbox.sqlite", "must be sqlite:FILE"),
        ("sqlite:missing/outbox", "cannot be opened"),
        ("sqlite:.", "it is a folder"),
    ] {
        let ran = world.report(&file, &["--store", store]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(why), "{}", ran.err);
    }
    let mut command = world.command();
    command.args(["outbox", "status"]);
    let ran = run(command);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("the outbox is missing: give --store"),
        "{}",
        ran.err
    );
    assert_eq!(world.booked(), 0);
}

#[test]
fn another_database_is_left_as_it_is() {
    let world = World::new();
    let path = world.folder.path().join("hr.sqlite");
    let hr = careflex::outbox::rusqlite::Connection::open(&path).unwrap();
    hr.execute_batch("CREATE TABLE contract (employee TEXT)")
        .unwrap();
    drop(hr);
    let before = fs::read(&path).unwrap();
    let mut command = world.command();
    command.args(["outbox", "status", "--store", "sqlite:hr.sqlite"]);
    let ran = run(command);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("holds no outbox"), "{}", ran.err);
    assert_eq!(fs::read(&path).unwrap(), before);
    // An empty file is nobody's: a program was killed that was about to create an outbox.
    world.write("outbox.sqlite", "");
    assert_eq!(world.status()["queued"], 0);
}

#[cfg(unix)]
#[test]
fn after_a_kill_the_status_says_what_is_next() {
    let world = World::new();
    let gate = Gate::closed();
    world.sandbox.inject(Fault::new(Effect::Hold(gate.clone())));
    let file = world.write("rows", many(2));
    let running = common::Running::start(world.report_command(&file, &STORE));
    world.block_on(gate.arrived(1));
    running.signal("KILL");
    assert_eq!(running.finish().code, -1);
    gate.open();
    assert_eq!(world.status()["sending"], 2);
    let mut command = world.command();
    command.args(["outbox", "status"]).args(STORE);
    let out = run(command).out;
    assert!(
        out.contains("A program was killed while it was sending (2 incidents)"),
        "{out}"
    );
    let next = world.outbox(&["run", "--once", "--via", "rest"]);
    assert_eq!(next.code, 4, "{}", next.err);
    assert!(next.err.contains("1 batch is in doubt"), "{}", next.err);
    assert_eq!(world.status()["inDoubt"], 2);
}

#[test]
fn people_get_a_picture_of_the_state() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::RefusedRows(vec![0])));
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    let file = world.write("rows", many(150));
    world.report(&file, &[&STORE[..], &["--concurrency", "1"]].concat());
    let mut command = world.command();
    command.args(["outbox", "status"]).args(STORE);
    let out = run(command).out;
    let table = "company                    queued      sending     in doubt     accepted      refused\n09ce3580d84bf087                0            0           50           99            1\n";
    assert!(out.contains(table), "{out}");
    for said in [
        "Batch 2 is in doubt (50 of 50 incidents, company 09ce3580d84bf087, sent 20",
        "`careflex outbox resolve 2 --booked --store sqlite:outbox.sqlite`",
        "1 incident refused: see `careflex outbox list --state refused",
    ] {
        assert!(out.contains(said), "{out}");
    }
    let mut command = world.command();
    command.args(["outbox", "list", "--limit", "1"]).args(STORE);
    let out = run(command).out;
    assert!(out.contains("E0") && out.contains("… and more"), "{out}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_rest_queued() {
    let world = World::new();
    let gate = Gate::closed();
    world.sandbox.inject(Fault::new(Effect::Hold(gate.clone())));
    let file = world.write("rows", many(300));
    let mut running = common::Running::start(
        world.report_command(&file, &[&STORE[..], &["--concurrency", "1"]].concat()),
    );
    world.block_on(gate.arrived(1));
    running.signal("INT");
    assert!(
        running
            .next_complaint()
            .contains("finishing what is under way")
    );
    gate.open();
    let ran = running.finish();
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(ran.summary()["accepted"], 100);
    assert_eq!(ran.summary()["notSent"], 200);
    let again = world.report(&file, &STORE);
    assert_eq!(again.code, 0);
    assert_eq!(world.booked(), 300);
}
