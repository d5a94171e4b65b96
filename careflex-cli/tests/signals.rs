//! Ctrl-C and its like, at every moment.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use careflex_sandbox::{Effect, Fault, Gate, Place};
use common::{RST, Running, World, many};

#[test]
fn an_interrupted_run_finishes_what_is_under_way() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    let path = world.write("staff.json", many(10_000));
    let mut running = Running::start(world.report_command(&path, &["--concurrency", "8"]));
    // Half of it is through when the user has had enough.
    gate.let_pass(50);
    world.block_on(gate.arrived(58));
    running.signal("INT");
    let said = running.next_complaint();
    assert!(said.contains("finishing what is under way"), "{said}");
    gate.open();
    let ran = running.finish();
    let rows = ran.events("row");
    assert!((0..10_000).eq(rows.iter().map(|row| row["index"].as_u64().unwrap())));
    let accepted: Vec<_> = rows
        .iter()
        .filter(|row| row["status"] == "accepted")
        .map(|row| row["incidentId"].as_str().unwrap())
        .collect();
    let ledger = world.sandbox.ledger();
    let booked: HashSet<_> = ledger
        .bookings
        .iter()
        .map(|one| one.incident_id.as_str())
        .collect();
    assert_eq!((accepted.len(), booked.len()), (5_800, 5_800));
    assert!(accepted.iter().all(|id| booked.contains(id)));
    assert_eq!(ran.summary()["notSent"], 4_200);
    assert_eq!(ran.code, 3, "{}", ran.err);
}

#[test]
fn a_second_signal_gives_up_what_is_under_way_and_accounts_for_it() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    let path = world.write("staff.json", many(250));
    let mut running = Running::start(world.report_command(&path, &["--concurrency", "2"]));
    world.block_on(gate.arrived(2));
    running.signal("INT");
    let said = running.next_complaint();
    assert!(said.contains("once more ends that too"), "{said}");
    running.signal("INT");
    let ran = running.finish();
    gate.open();
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("was given up"), "{}", ran.err);
    assert!(!ran.err.contains("is finished"), "{}", ran.err);
    let statuses = ran.statuses();
    assert_eq!(statuses.len(), 250);
    assert!(statuses[..200].iter().all(|status| status == "in-doubt"));
    assert!(statuses[200..].iter().all(|status| status == "not-sent"));
}

#[test]
fn before_anything_is_sent_a_signal_ends_the_call_at_once() {
    let world = World::new();
    let mut command = world.command();
    command
        .args(["report", "-", "--via", "rest", "--json"])
        .stdin(Stdio::piped());
    let mut running = Running::start(command);
    // It reads, and waits for more.
    let mut pipe = running.stdin();
    writeln!(pipe, "{RST}").unwrap();
    pipe.write_all(&[b' '; 1 << 17]).unwrap();
    running.signal("TERM");
    let ran = running.finish();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("interrupted: nothing was sent"), "{ran:?}");
    assert_eq!(world.sandbox.ledger().requests, 0);
}

#[test]
fn it_ends_though_nobody_reads_what_it_says() {
    let world = World::new();
    let wrong = RST.replace("2026-11-20", "20.11.2026");
    let path = world.write("staff.json", [wrong.as_str(); 20_000].join("\n"));
    let (mut unread, both) = std::io::pipe().unwrap();
    let mut command = world.report_command(&path, &[]);
    command.stdout(both.try_clone().unwrap()).stderr(both);
    let mut child = command.spawn().unwrap();
    drop(command);
    // It has begun to speak, and gets stuck where nobody reads on.
    unread.read_exact(&mut [0; 1024]).unwrap();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn the_empty_report_is_finished_or_in_doubt() {
    for (insists, code, status) in [(false, 0, "accepted"), (true, 4, "in-doubt")] {
        let world = World::new();
        let gate = Gate::closed();
        world
            .sandbox
            .inject(Fault::new(Effect::Hold(gate.clone())).at(Place::None));
        let mut command = world.command();
        command.args(["none", "--via", "rest", "--json"]);
        command.args(["--created-at", "2026-11-30"]);
        let mut running = Running::start(command);
        world.block_on(gate.arrived(1));
        running.signal("INT");
        let said = running.next_complaint();
        assert!(said.contains("once more ends that too"), "{said}");
        if insists {
            running.signal("INT");
        } else {
            gate.open();
        }
        let ran = running.finish();
        gate.open();
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(ran.events("none")[0]["status"], status);
    }
}

#[test]
fn a_token_that_is_being_fetched_is_kept() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).at(Place::Token));
    let cache = world.folder.path().join("token");
    let mut command = world.command();
    command
        .args(["token", "--fetch", "--token-cache"])
        .arg(&cache);
    let mut running = Running::start(command);
    world.block_on(gate.arrived(1));
    running.signal("TERM");
    while !running
        .next_complaint()
        .contains("finishing what is under way")
    {}
    gate.open();
    assert_eq!(running.finish().code, 0);
    assert!(cache.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn under_nohup_a_closed_terminal_changes_nothing() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).always());
    let path = world.write("staff.json", many(300));
    let report = world.report_command(&path, &["--concurrency", "1"]);
    let mut command = std::process::Command::new("nohup");
    command.arg(report.get_program()).args(report.get_args());
    for (name, value) in report.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = Running::start(command);
    world.block_on(gate.arrived(1));
    running.signal("HUP");
    gate.open();
    let ran = running.finish();
    assert_eq!((ran.code, ran.events("row").len()), (0, 300), "{}", ran.err);
}
