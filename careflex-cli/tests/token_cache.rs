//! Calls of the real command that share an access token through a file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

use careflex::chrono::DateTime;
use careflex_sandbox::{Effect, Fault, Gate, Place};
use common::{RST, Ran, World, run};
use serde_json::Value;

/// The command with the cache that all calls share.
fn cached(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command();
    command
        .env("CAREFLEX_TOKEN_CACHE", world.folder.path().join("token"))
        .args(arguments);
    command
}

fn report(world: &World, file: &Path) -> Command {
    let mut command = cached(world, &["report", "--via", "rest", "--json"]);
    command.arg(file);
    command
}

fn token(world: &World, more: &[&str]) -> Ran {
    let mut command = cached(world, &["token"]);
    command.args(more);
    run(command)
}

/// The JSON object of `careflex token`.
fn state(world: &World, more: &[&str]) -> Value {
    let ran = token(world, &[more, &["--json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.events("token").remove(0)
}

/// Runs two commands at the same time.
fn run_both(one: Command, two: Command) -> [Ran; 2] {
    let one = std::thread::spawn(move || run(one));
    let two = run(two);
    [one.join().unwrap(), two]
}

#[test]
fn two_calls_with_a_thousand_requests_each_ask_for_one_token_together() {
    let world = World::new();
    let requests = |from: usize| {
        let mut file = String::new();
        for number in from..from + 1000 {
            let incident = RST.replace("4711", &format!("E{number}"));
            // Another company each time, so that each line is a request of its own.
            writeln!(
                file,
                "{{\"careflexId\":\"c{number}\",\"incidentList\":[{incident}]}}"
            )
            .unwrap();
        }
        world.write(&format!("{from}.jsonl"), file)
    };
    let (one, two) = (requests(0), requests(1000));
    let calls = run_both(report(&world, &one), report(&world, &two));
    for ran in &calls {
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert_eq!(ran.summary()["requests"], 1000);
        assert_eq!(ran.summary()["accepted"], 1000);
    }
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.token_requests), (2000, 1));
    let booked: HashSet<_> = ledger
        .bookings
        .iter()
        .map(|booking| booking.incident.employee_id.clone())
        .collect();
    assert_eq!((ledger.bookings.len(), booked.len()), (2000, 2000));
}

#[test]
fn a_call_waits_while_another_one_fetches() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).at(Place::Token));
    let path = world.write("staff.json", RST);
    let first = report(&world, &path).spawn().unwrap();
    world.block_on(gate.arrived(1));
    let mut second = report(&world, &path);
    let mut second = second.arg("-v").spawn().unwrap();
    // One that does not wait is not held either, and ends without these words.
    let mut waits = false;
    for line in BufReader::new(second.stderr.take().unwrap()).lines() {
        if line.unwrap().contains("waiting for it") {
            waits = true;
            gate.open();
        }
    }
    assert!(waits);
    for call in [first, second] {
        let ran = Ran::from(call.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.bookings.len()), (1, 2));
}

#[test]
fn a_call_takes_the_token_of_the_one_before() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    for _ in 0..2 {
        assert_eq!(run(report(&world, &path)).code, 0);
    }
    let none = [
        "none",
        "--via",
        "rest",
        "--created-at",
        "2026-11-30",
        "--json",
    ];
    assert_eq!(run(cached(&world, &none)).code, 0);
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.bookings.len(), ledger.empty_reports.len()), (2, 1));
    assert_eq!(
        (ledger.token_requests, ledger.refused_unauthenticated),
        (1, 0)
    );
}

#[test]
fn a_token_that_a_foreign_client_has_ended_is_replaced_for_all_calls() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    assert_eq!(run(report(&world, &path)).code, 0);
    world.sandbox.revoke_tokens();
    let calls = run_both(report(&world, &path), report(&world, &path));
    assert!(calls.iter().all(|ran| ran.code == 0), "{calls:?}");
    assert_eq!(run(report(&world, &path)).code, 0);
    assert_eq!(world.sandbox.ledger().tokens_issued, 2);
}

#[test]
fn a_call_that_is_killed_while_it_fetches_keeps_nobody_out() {
    let world = World::new();
    let gate = Gate::closed();
    world
        .sandbox
        .inject(Fault::new(Effect::Hold(gate.clone())).at(Place::Token));
    let path = world.write("staff.json", RST);
    let mut killed = report(&world, &path).spawn().unwrap();
    world.block_on(gate.arrived(1));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let ran = run(report(&world, &path));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(world.sandbox.ledger().bookings.len(), 1);
}

#[test]
fn the_profile_names_the_cache_from_its_own_folder() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let folder = world.folder.path().join("settings");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("careflex.toml"),
        "[default]\ntoken_cache = \"shared\"\n",
    )
    .unwrap();
    for _ in 0..2 {
        let ran = world.report(&path, &["--config", "settings/careflex.toml"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert!(folder.join("shared").is_file());
    assert_eq!(world.sandbox.ledger().token_requests, 1);
}

#[test]
fn without_a_cache_each_call_fetches_a_token_and_writes_nothing() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    for _ in 0..2 {
        assert_eq!(world.report(&path, &[]).code, 0);
    }
    assert_eq!(world.sandbox.ledger().token_requests, 2);
    assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_of_something_else_is_told_and_left_alone() {
    let world = World::new();
    let staff = world.write("staff.json", RST);
    let settings = world.write("settings.toml", "[default]\ncareflex_id = \"planted\"\n");
    for other in [&staff, &settings] {
        let before = fs::read(other).unwrap();
        let mut command = report(&world, &staff);
        command.arg("--token-cache").arg(other);
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        let place = other.display().to_string();
        assert_eq!(ran.err.matches(&place).count(), 1, "once: {}", ran.err);
        assert!(ran.err.contains("left alone"), "{}", ran.err);
        assert!(!ran.all().contains("planted"), "{}", ran.all());

        let requests = world.sandbox.ledger().token_requests;
        let cache = ["--token-cache", &place];
        let shown = token(&world, &cache);
        assert_eq!(shown.code, 2, "{shown:?}");
        assert!(shown.err.contains("left alone"), "{}", shown.err);
        let fetched = token(&world, &["--fetch", cache[0], cache[1]]);
        assert_eq!(fetched.code, 2, "{fetched:?}");
        assert!(fetched.err.contains("nothing was fetched"), "{fetched:?}");
        assert_eq!(world.sandbox.ledger().token_requests, requests);
        assert_eq!(fs::read(other).unwrap(), before);
    }
}

#[test]
fn a_damaged_cache_is_replaced() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    assert_eq!(run(report(&world, &path)).code, 0);
    let cache = world.folder.path().join("token");
    let whole = fs::read(&cache).unwrap();
    fs::write(&cache, &whole[..whole.len() / 2]).unwrap();
    let ran = run(report(&world, &path));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("it is damaged"), "{}", ran.err);
    let ran = run(report(&world, &path));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(world.sandbox.ledger().token_requests, 2);
}

#[test]
fn the_state_of_the_cached_token_is_shown() {
    let world = World::new();
    let expected = serde_json::json!({
        "event": "token", "cached": false, "validSeconds": null, "validUntil": null,
    });
    assert_eq!(state(&world, &[]), expected);
    assert!(token(&world, &[]).out.contains("no valid access token"));
    // A script that wants the token gets nothing else.
    let none = token(&world, &["--show"]);
    assert_eq!((none.code, none.out.as_str()), (3, ""));
    let path = world.write("staff.json", RST);
    assert_eq!(run(report(&world, &path)).code, 0);

    let shown = state(&world, &[]);
    assert_eq!(shown["cached"], true);
    let seconds = shown["validSeconds"].as_u64().unwrap();
    assert!((1..=43_200).contains(&seconds), "{shown}");
    let until = shown["validUntil"].as_str().unwrap();
    assert!(until.ends_with('Z') && until.len() == 20, "{until}");
    assert!(DateTime::parse_from_rfc3339(until).is_ok(), "{until}");
    assert_eq!(shown.get("token"), None);
    let words = token(&world, &[]).out;
    assert!(words.contains(&format!("valid until {until}")), "{words}");
    assert!(!words.contains('§'), "{words}");

    let printed = token(&world, &["--show"]).out;
    assert!(printed.contains('§') && printed.lines().count() == 1);
    let secret = state(&world, &["--show"])["token"].clone();
    assert!(secret.as_str().unwrap().contains('§'));
    assert_eq!(world.sandbox.ledger().token_requests, 1);
}

#[test]
fn a_token_that_is_fetched_on_purpose_is_there_for_the_others() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    assert_eq!(run(report(&world, &path)).code, 0);
    let fetched = token(&world, &["--fetch"]);
    assert_eq!(fetched.code, 0, "{fetched:?}");
    assert!(fetched.out.contains("43200 seconds; all calls that share"));
    assert!(!fetched.all().contains('§'));
    assert_eq!(run(report(&world, &path)).code, 0);
    let ledger = world.sandbox.ledger();
    assert_eq!(
        (ledger.token_requests, ledger.refused_unauthenticated),
        (2, 0)
    );
    let shown = state(&world, &["--fetch"]);
    assert_eq!(
        (&shown["cached"], &shown["validSeconds"]),
        (&true.into(), &43_200.into())
    );
}

#[test]
fn nothing_of_the_cache_is_printed_at_any_level() {
    let world = World::new();
    world.write("staff.json", RST);
    let cache = world.folder.path().join("token");
    for content in [
        None,
        Some("planted"),
        Some("{\"careflex_access_token\":1,\"planted"),
        Some("{\"careflex_access_token\":\"planted\",\"access_token\":\"planted\"}"),
    ] {
        if let Some(content) = content {
            fs::write(&cache, content).unwrap();
        }
        for level in ["--json", "--verbose", "-vv"] {
            world.sandbox.revoke_tokens();
            for arguments in [
                &["report", "--via", "rest", level, "staff.json"][..],
                &["token", level],
            ] {
                let ran = run(cached(&world, arguments));
                // What is no token file is no place to keep a token.
                let is_refused = content == Some("planted") && arguments[0] == "token";
                assert_eq!(ran.code, if is_refused { 2 } else { 0 }, "{ran:?}");
                for planted in ["planted", "§"] {
                    assert!(!ran.all().contains(planted), "{planted} in {}", ran.all());
                }
            }
        }
    }
}
