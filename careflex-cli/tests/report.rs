//! The command against the sandbox, on good days and bad ones.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use careflex_sandbox::{Effect, Fault, Gate, Place};
use common::{COMPANY, NEW, RST, World, bare_command, many, run, run_with_input};
use serde_json::Value;

#[test]
fn the_demo_prints_what_was_booked_over_each_interface() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare_command(folder.path());
    command
        .env("TMPDIR", folder.path())
        .args(["demo", "--json"]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    let [over_rest, over_soap, over_csv] = [
        ["accepted", "accepted", "accepted", "invalid", "accepted"].as_slice(),
        &["accepted"; 4],
        &["handed-over"; 4],
    ];
    assert_eq!(ran.statuses(), [over_rest, over_soap, over_csv].concat());
    let rows = ran.events("row");
    assert!((0..13).eq(rows.iter().map(|row| row["index"].as_u64().unwrap())));
    let ids = |event: &str| -> Vec<Value> {
        ran.events(event)
            .into_iter()
            .map(|event| event["incidentId"].clone())
            .filter(|id| !id.is_null())
            .collect()
    };
    assert_eq!(ids("row"), ids("booked"));
    let booked = ran.events("booked");
    let of = |via: &str, member: &str| -> Vec<Value> {
        let booked = booked.iter().filter(|booking| booking["via"] == via);
        booked.map(|booking| booking[member].clone()).collect()
    };
    for member in ["employeeId", "type"] {
        assert_eq!(of("rest", member), of("soap", member));
    }
    // Nobody is booked twice: the companies are different.
    assert_ne!(of("rest", "careflexId"), of("soap", "careflexId"));
    assert_eq!(of("soap", "careflexId").len(), 4);
    let summary = ran.summary();
    assert_eq!(
        (
            &summary["accepted"],
            &summary["handedOver"],
            &summary["requests"]
        ),
        (&8.into(), &4.into(), &3.into())
    );
    let files = ran.events("file");
    assert_eq!(files.len(), 1);
    let content = files[0]["content"].as_str().unwrap();
    let records = common::records(content);
    assert_eq!(records.len(), 4);
    assert!(
        records
            .iter()
            .all(|record| record["careflexId"] == "09ce3580d84bf091")
    );

    let mut command = bare_command(folder.path());
    command.env("TMPDIR", folder.path()).arg("demo");
    let ran = run(command);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for said in [
        "over REST (JSON)",
        "over SOAP (XML)",
        "in a folder for the operator's SyncTool",
        "1 access token issued, 2 reports taken",
        "8 accepted (taken for import), 4 handed over, 1 invalid in 2 requests and 1 file",
    ] {
        assert!(ran.out.contains(said), "{}", ran.out);
    }
    for line in content.lines() {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let elsewhere = ran.out.replace(content.lines().nth(1).unwrap(), "");
    assert!(
        !elsewhere.contains("Mustermann"),
        "no names on a screen, but in the file: {}",
        ran.out
    );
    let names = common::names(folder.path());
    assert!(names.is_empty(), "the drop folder is gone: {names:?}");
}

#[test]
fn a_full_a_partial_and_a_plain_incident_go_in_one_report() {
    let world = World::new();
    let sdb = r#"{"type":"SDB","employeeId":"4713","createdAt":"2026-11-20","validFrom":"2026-12-01","externalId":"x-1","employee":{"firstName":"A","lastName":"B"}}"#;
    let path = world.write(
        "staff.json",
        format!("[{NEW},{sdb},{}]", RST.replace("RST", "WIK")),
    );
    let ran = world.report(&path, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (1, 3));
    assert!(ledger.bookings.iter().all(|booking| booking.api_token_ok));
    for (row, booking) in ran.events("row").iter().zip(&ledger.bookings) {
        assert_eq!(row["incidentId"], booking.incident_id.as_str());
        assert_eq!(row["importId"], booking.import_id.as_str());
        assert_eq!(row["careflexId"], COMPANY);
    }
    assert_eq!(ran.events("row")[1]["externalId"], "x-1");
    assert_eq!(ran.events("row")[2]["externalId"], Value::Null);
}

#[test]
fn several_files_and_companies_keep_their_rows_apart() {
    let world = World::new();
    let one = world.write("one.json", format!("{{\"careflexId\":\"a\",\"incidentList\":[{RST}]}}\n{{\"incidentList\":[{RST}],\"careflexId\":\"b\"}}"));
    let two = world.write("two.json", RST);
    let mut command = world.command();
    command
        .arg("report")
        .args([one, two])
        .args(["--via", "rest", "--json"]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    let companies: Vec<_> = ran
        .events("row")
        .iter()
        .map(|row| row["careflexId"].clone())
        .collect();
    assert_eq!(companies, ["a", "b", COMPANY]);
    for company in ["a", "b", COMPANY] {
        assert_eq!(
            world
                .sandbox
                .ledger()
                .booked(&company.parse().unwrap())
                .count(),
            1
        );
    }
}

#[test]
fn an_answer_lost_after_booking_is_in_doubt_and_never_repeated() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    let ran = world.report(&world.write("staff.json", RST), &[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(ran.statuses(), ["in-doubt"]);
    assert!(ran.out.contains("may have been taken or not"), "{ran:?}");
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (1, 1));
}

#[test]
fn a_cut_before_booking_is_in_doubt_too() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::CutBeforeBooking));
    let ran = world.report(&world.write("staff.json", RST), &[]);
    assert_eq!((ran.code, ran.statuses()), (4, vec!["in-doubt".to_owned()]));
    assert_eq!(world.sandbox.ledger().requests, 1);
}

#[test]
fn nobody_listening_means_not_sent() {
    let world = World::new();
    let mut command = world.command();
    let path = world.write("staff.json", many(250));
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/rest", nowhere.local_addr().unwrap());
    drop(nowhere);
    command
        .env("CAREFLEX_REST_URL", address)
        .arg("report")
        .arg(path);
    command.args(["--via", "rest", "--json"]);
    let ran = run(command);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.summary()["notSent"], 250);
    assert_eq!(ran.events("row").len(), 250);
    assert!(
        ran.err.contains("could not be reached, nothing was sent"),
        "{}",
        ran.err
    );
}

#[test]
fn wrong_credentials_mean_not_sent_and_say_why() {
    let world = World::new();
    let mut command = world.command();
    let path = world.write("staff.json", many(250));
    command
        .env("CAREFLEX_SERVICE_SECRET", "planted-secret")
        .arg("report")
        .arg(path);
    command.args(["--via", "rest", "--json"]);
    let ran = run(command);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err
            .contains("Staging credentials never work in production"),
        "{}",
        ran.err
    );
    assert!(!ran.all().contains("planted-secret"));
    assert_eq!(world.sandbox.ledger().requests, 0);
}

#[test]
fn a_busy_portal_is_waited_for() {
    let world = World::new();
    let busy = Effect::Busy {
        retry_after: Some("0".to_owned()),
    };
    world.sandbox.inject(Fault::new(busy).times(2));
    let ran = world.report(&world.write("staff.json", RST), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (3, 1));
    assert!(
        ran.err.contains("the portal is busy, trying again"),
        "{}",
        ran.err
    );
}

#[test]
fn a_foreign_client_costs_one_more_token() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::ForgetTokens).after(5));
    let ran = world.report(&world.write("staff.json", many(1000)), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.tokens_issued, ledger.bookings.len()), (2, 1000));
}

#[test]
fn rows_that_the_answer_lacks_or_doubles_are_in_doubt_and_only_those() {
    for (effect, expected) in [
        (
            Effect::MissingRows(vec![1]),
            ["accepted", "in-doubt", "accepted"],
        ),
        (
            Effect::DoubledRows(vec![0]),
            ["in-doubt", "accepted", "accepted"],
        ),
        (Effect::ShuffledRows, ["accepted"; 3]),
    ] {
        let world = World::new();
        world.sandbox.inject(Fault::new(effect));
        let ran = world.report(&world.write("staff.json", many(3)), &[]);
        assert_eq!(ran.statuses(), expected);
        let code = if expected.contains(&"in-doubt") { 4 } else { 0 };
        assert_eq!(ran.code, code);
        assert_eq!(world.sandbox.ledger().bookings.len(), 3);
    }
}

#[test]
fn a_web_page_instead_of_an_answer_is_in_doubt() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::Html));
    let ran = world.report(&world.write("staff.json", RST), &[]);
    assert_eq!((ran.code, ran.statuses()), (4, vec!["in-doubt".to_owned()]));
    assert!(ran.out.contains("is the address right?"), "{ran:?}");
}

#[test]
fn refused_rows_are_named() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::RefusedRows(vec![1])));
    let ran = world.report(&world.write("staff.json", many(3)), &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses(), ["accepted", "refused", "accepted"]);
    let row = &ran.events("row")[1];
    assert_eq!(row["code"], "422");
    assert!(row["incidentId"].is_string());
}

#[test]
fn a_report_refused_as_a_whole_does_not_end_the_run() {
    let world = World::new();
    world.sandbox.inject(Fault::new(Effect::Status(400)));
    let ran = world.report(
        &world.write("staff.json", many(150)),
        &["--concurrency", "1"],
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        (&ran.summary()["refused"], &ran.summary()["accepted"]),
        (&100.into(), &50.into())
    );
    assert_eq!(ran.events("row")[0]["code"], "http-400");
}

#[test]
fn the_highest_exit_code_wins() {
    let world = World::new();
    world
        .sandbox
        .inject(Fault::new(Effect::RefusedRows(vec![0])));
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    world
        .sandbox
        .inject(Fault::new(Effect::Unauthorized).times(4));
    let ran = world.report(
        &world.write("staff.json", many(400)),
        &["--concurrency", "1"],
    );
    let summary = ran.summary();
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(
        (
            count("accepted"),
            count("refused"),
            count("inDoubt"),
            count("notSent")
        ),
        (99, 1, 100, 200),
        "{}",
        ran.err
    );
    assert_eq!(ran.code, 4);
}

#[test]
fn a_dry_run_sends_nothing() {
    let world = World::new();
    let path = world.write("staff.json", many(3));
    let mut command = bare_command(world.folder.path());
    command.env("CAREFLEX_ID", COMPANY).arg("report").arg(&path);
    command.args(["--via", "rest", "--json", "--dry-run"]);
    let ran = run(command);
    assert_eq!(
        (ran.code, ran.statuses()),
        (0, vec!["not-sent".to_owned(); 3])
    );
    assert_eq!(ran.summary()["requests"], 0);
}

#[test]
fn invalid_rows_can_be_skipped() {
    let world = World::new();
    let file = format!("{RST}\n{}\n{RST}", RST.replace("2026-12-01", "1.12.2026"));
    for piped in [false, true] {
        let ran = if piped {
            let command = world.report_command("-", &["--on-invalid", "skip"]);
            run_with_input(command, file.as_bytes())
        } else {
            world.report(&world.write("staff.json", &file), &["--on-invalid", "skip"])
        };
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(ran.statuses(), ["accepted", "invalid", "accepted"]);
        assert_eq!(ran.events("violation").len(), 1);
        assert_eq!(ran.events("row")[1]["code"], "date-format");
    }
    assert_eq!(world.sandbox.ledger().bookings.len(), 4);
}

#[test]
fn a_pipe_that_breaks_off_accounts_for_what_was_sent() {
    let world = World::new();
    let cut = many(150);
    let cut = &cut[..cut.len() - 20];
    let command = world.report_command("-", &["--on-invalid", "skip"]);
    let ran = run_with_input(command, cut.as_bytes());
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.events("row").len(), 149);
    assert_eq!(
        ran.summary()["accepted"].as_u64().unwrap(),
        world.sandbox.ledger().bookings.len() as u64
    );
    assert!(ran.err.contains("is it complete?"));
}

#[test]
fn standard_input_is_checked_as_a_whole_by_default() {
    let world = World::new();
    let command = || {
        let mut command = world.command();
        command.args(["report", "-", "--via", "rest", "--json"]);
        command
    };
    let broken = format!("{}{}", many(150), RST.replace("RST", "rst"));
    let ran = run_with_input(command(), broken.as_bytes());
    assert_eq!((ran.code, world.sandbox.ledger().bookings.len()), (2, 0));
    let ran = run_with_input(command(), many(150).as_bytes());
    assert_eq!((ran.code, world.sandbox.ledger().bookings.len()), (0, 150));
}

#[test]
fn a_file_that_changes_while_it_is_reported_stops_the_run() {
    let world = World::new();
    let gate = Gate::closed();
    world.sandbox.inject(Fault::new(Effect::Hold(gate.clone())));
    let path = world.write("staff.json", many(20_000));
    let second = world.write("second.json", RST.replace("4711", "second"));
    let mut command = world.command();
    command.arg("report").args([&path, &second]);
    command.args(["--via", "rest", "--json", "--concurrency", "1"]);
    let child = command.spawn().unwrap();
    let reader = std::thread::spawn(|| child.wait_with_output().unwrap());
    world.block_on(gate.arrived(1));
    // The first request waits: now the file becomes another one of the same length.
    std::fs::write(&path, many(20_000).replace("RST", "WIK")).unwrap();
    gate.open();
    let ran = common::Ran::from(reader.join().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(
        ran.err.contains("has changed since it was checked"),
        "{}",
        ran.err
    );
    let ledger = world.sandbox.ledger();
    assert!(
        ledger
            .bookings
            .iter()
            .all(|booking| booking.incident.kind.code() == "RST")
    );
    let summary = ran.summary();
    assert_eq!(
        summary["accepted"].as_u64().unwrap(),
        ledger.bookings.len() as u64
    );
    assert_eq!(
        summary["accepted"].as_u64().unwrap() + summary["notSent"].as_u64().unwrap(),
        20_001
    );
    let rows = ran.events("row");
    assert!((0..20_001).eq(rows.iter().map(|row| row["index"].as_u64().unwrap())));
}

#[test]
fn the_empty_report_is_sent_when_asked_for() {
    let world = World::new();
    let none = |more: &[&str]| {
        let mut command = world.command();
        command.args(["none", "--via", "rest", "--json"]).args(more);
        run(command)
    };
    let ran = none(&["--created-at", "2026-11-30"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.events("none")[0]["status"], "accepted");
    let ledger = world.sandbox.ledger();
    assert_eq!(ledger.empty_reports[0].careflex_id.as_str(), COMPANY);

    assert_eq!(none(&["--created-at", "30.11.2026"]).code, 2);
    assert_eq!(none(&["--created-at", "1800-01-01"]).code, 2);
    for (effect, code) in [
        (Effect::CutAfterBooking, 4),
        (Effect::Status(400), 1),
        (Effect::Unauthorized, 3),
    ] {
        world
            .sandbox
            .inject(Fault::new(effect).at(Place::None).times(4));
        assert_eq!(none(&["--created-at", "2026-11-30"]).code, code);
        world.sandbox.clear_faults();
    }
}

#[test]
fn the_token_is_shown_only_when_asked_for() {
    let world = World::new();
    let token = |more: &[&str]| {
        let mut command = world.command();
        command.arg("token").args(more);
        run(command)
    };
    let ran = token(&[]);
    assert_eq!((ran.code, world.sandbox.ledger().token_requests), (0, 0));
    let ran = token(&["--fetch"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("43200 seconds"));
    assert!(ran.err.contains("those in use elsewhere become invalid"));
    assert!(!ran.all().contains('§'), "{ran:?}");
    assert!(token(&["--fetch", "--show"]).out.contains('§'));
    assert_eq!(token(&["--show"]).code, 2);
}

#[test]
fn the_example_of_the_readme_works() {
    let world = World::new();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/staff.json");
    let ran = world.report(&example, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.events("violation").len(), 0);
    assert_eq!(ran.summary()["accepted"], 3);
}

#[test]
fn the_manual_tells_of_every_flag() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare_command(folder.path());
    command.arg("man");
    let ran = run(command);
    for word in [
        "CAREFLEX REPORT",
        "CAREFLEX CONVERT",
        "soap\\-url",
        "on\\-invalid",
        "created\\-at",
        "port\\-file",
    ] {
        assert!(ran.out.contains(word), "{word}");
    }
}

#[test]
fn the_schema_is_printed_in_all_forms() {
    let folder = tempfile::tempdir().unwrap();
    for (format, expected) in [
        ("xsd", "targetNamespace=\"http://n4.de/careflex/2.0\""),
        ("xsd-1.0", "targetNamespace=\"http://n4.de/careflex\""),
        (
            "json-schema",
            "https://json-schema.org/draft/2020-12/schema",
        ),
        ("markdown", "| `zipCode` |"),
    ] {
        let mut command = bare_command(folder.path());
        command.args(["schema", "--format", format]);
        let ran = run(command);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains(expected), "{format}");
    }
    for arguments in [&["completions", "bash"][..], &["man"], &["help", "report"]] {
        let mut command = bare_command(folder.path());
        command.args(arguments);
        let ran = run(command);
        assert!(ran.code == 0 && ran.out.contains("careflex"), "{ran:?}");
    }
}

#[test]
fn a_file_of_another_company_is_refused_whatever_is_skipped() {
    let world = World::new();
    let file = format!("{RST}\n{{\"careflexId\":\"other\",\"incidentList\":[{RST}]}}\n{RST}");
    let arguments = ["--careflex-id", "mine", "--on-invalid", "skip"];
    let ran = world.report(&world.write("staff.json", &file), &arguments);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is this the right file?"), "{}", ran.err);
    let mut command = world.command();
    command
        .args(["report", "-", "--via", "rest", "--json"])
        .args(arguments);
    let ran = run_with_input(command, file.as_bytes());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(world.sandbox.ledger().bookings.is_empty());
}

#[test]
fn a_file_given_twice_is_not_booked_twice() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let mut command = world.command();
    command
        .arg("report")
        .args([&path, &path])
        .args(["--via", "rest"]);
    let ran = run(command);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("given twice"), "{}", ran.err);
}

#[test]
fn a_portals_own_words_are_passed_on() {
    let world = World::new();
    // An address below the right one: the portal says what it thinks of it.
    let mut command = world.command();
    command.env(
        "CAREFLEX_REST_URL",
        format!("{}/x", world.sandbox.rest_url()),
    );
    command.arg("report").arg(world.write("staff.json", RST));
    command.args(["--via", "rest", "--json"]);
    let ran = run(command);
    assert_eq!((ran.code, ran.statuses()), (1, vec!["refused".to_owned()]));
    let message = ran.events("row")[0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("status 404"), "{message}");
    assert!(message.contains("there is nothing here"), "{message}");
}

#[cfg(unix)]
#[test]
fn pipes_are_read_once() {
    let world = World::new();
    let pipe = world.folder.path().join("pipe");
    for more in [&[][..], &["--on-invalid", "skip"]] {
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let (path, content) = (pipe.clone(), many(150));
        let writer = std::thread::spawn(move || std::fs::write(path, content).unwrap());
        let ran = world.report(&pipe, more);
        writer.join().unwrap();
        assert_eq!((ran.code, ran.events("row").len()), (0, 150), "{}", ran.err);
        std::fs::remove_file(&pipe).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn outcomes_that_nobody_could_read_are_no_reason_to_repeat() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let mut command = world.command();
    command
        .arg("report")
        .arg(&path)
        .args(["--via", "rest", "--json"]);
    let output = command
        .stdout(full())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(world.sandbox.ledger().bookings.len(), 1);
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("1 accepted")
    );

    let mut command = world.command();
    command.args(["none", "--via", "rest", "--created-at", "2026-11-30"]);
    let output = command
        .stdout(full())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "it was accepted");

    // Not even the complaint can be written.
    let mut command = bare_command(world.folder.path());
    command
        .args(["report", "nowhere.json", "--via", "rest"])
        .stderr(full());
    assert_eq!(run(command).code, 2);
}
