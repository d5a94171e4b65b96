//! Reports over SOAP, and reports from XML.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::Path;

use careflex::Incident;
use careflex_sandbox::{Effect, Fault, Gate, Place};
use common::{
    COMPANY, NEW, RST, Ran, World, XML_NEW, XML_RST, bare_command, many, many_in_xml, run,
    run_with_input, xml_report,
};

/// Reports files over SOAP.
fn report(world: &World, files: &[&Path], more: &[&str]) -> Ran {
    let mut command = world.command();
    command.arg("report").args(files);
    command.args(["--via", "soap", "--json"]).args(more);
    run(command)
}

/// What is booked, without the keys that are new each time.
fn booked(world: &World) -> Vec<(String, Incident)> {
    let bookings = world.sandbox.ledger().bookings;
    assert!(bookings.iter().all(|booking| booking.api_token_ok));
    bookings
        .into_iter()
        .map(|booking| (booking.careflex_id.to_string(), booking.incident))
        .collect()
}

#[test]
fn each_format_goes_over_each_interface() {
    let mut expected = None;
    for file in [
        format!("[{NEW},{RST}]"),
        xml_report(COMPANY, &format!("{XML_NEW}{XML_RST}")),
    ] {
        for via in ["rest", "soap"] {
            let world = World::new();
            let path = world.write("staff", &file);
            let mut command = world.command();
            command
                .arg("report")
                .arg(path)
                .args(["--via", via, "--json"]);
            let ran = run(command);
            assert_eq!(ran.code, 0, "{ran:?}");
            let ledger = world.sandbox.ledger();
            assert_eq!((ledger.requests, ledger.tokens_issued), (1, 1));
            for (row, booking) in ran.events("row").iter().zip(&ledger.bookings) {
                assert_eq!(row["incidentId"], booking.incident_id.as_str());
                assert_eq!(row["importId"], booking.import_id.as_str());
            }
            let booked = booked(&world);
            assert_eq!(booked.len(), 2);
            assert_eq!(*expected.get_or_insert_with(|| booked.clone()), booked);
        }
    }
}

#[test]
fn a_converted_file_is_reported_as_what_it_was() {
    let json = World::new();
    let special = NEW.replace("Musterstadt", "two\\nlines & <more>");
    let staff = json.write("staff.json", format!("[{special},{RST}]"));
    assert_eq!(json.report(&staff, &[]).code, 0);

    let xml = World::new();
    let mut command = xml.command();
    command.arg("convert").arg(&staff);
    command.args(["--to", "xml", "-o", "staff.xml"]);
    assert_eq!(run(command).code, 0);
    let ran = report(&xml, &[&xml.folder.path().join("staff.xml")], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(booked(&xml), booked(&json));
}

#[test]
fn more_than_a_hundred_incidents_are_several_requests() {
    let world = World::new();
    let path = world.write("staff.xml", xml_report("a", &many_in_xml(101)));
    let ran = report(&world, &[&path], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.requests, ledger.bookings.len()), (2, 101));
    for (number, row) in ran.events("row").iter().enumerate() {
        assert_eq!(row["index"], number);
        assert_eq!(row["employeeId"], format!("E{number}"));
    }
}

#[test]
fn files_of_both_formats_and_several_documents_are_one_input() {
    let world = World::new();
    let json = world.write("one.json", RST);
    let two = [xml_report("a", XML_RST), xml_report("b", XML_RST)];
    let xml = world.write("two.xml", two.concat());
    let ran = report(&world, &[&json, &xml], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let companies: Vec<_> = ran
        .events("row")
        .iter()
        .map(|row| row["careflexId"].clone())
        .collect();
    assert_eq!(companies, [COMPANY, "a", "b"]);
    assert_eq!(booked(&world).len(), 3);
}

#[test]
fn xml_comes_through_pipes_too() {
    let world = World::new();
    let file = xml_report("a", &many_in_xml(150));
    for more in [&[][..], &["--on-invalid", "skip"]] {
        let mut command = world.command();
        command.args(["report", "-", "--via", "soap", "--json"]);
        command.args(more);
        let ran = run_with_input(command, file.as_bytes());
        assert_eq!((ran.code, ran.events("row").len()), (0, 150), "{ran:?}");
    }
    assert_eq!(booked(&world).len(), 300);
}

#[test]
fn rows_of_a_pipe_are_sent_before_it_ends() {
    use std::io::Write as _;

    let world = World::new();
    let gate = Gate::closed();
    world.sandbox.inject(Fault::new(Effect::Hold(gate.clone())));
    let file = xml_report("a", &many_in_xml(101));
    let (first, rest) = file.split_at(file.find("</incidentList>").unwrap());
    let mut command = world.command();
    command.args(["report", "-", "--via", "soap", "--json"]);
    command.args(["--on-invalid", "skip"]);
    command.stdin(std::process::Stdio::piped());
    let mut running = common::Running::start(command);
    let mut pipe = running.stdin();
    pipe.write_all(first.as_bytes()).unwrap();
    pipe.flush().unwrap();
    // The document has not ended yet.
    world.block_on(gate.arrived(1));
    gate.open();
    pipe.write_all(rest.as_bytes()).unwrap();
    drop(pipe);
    let ran = running.finish();
    assert_eq!((ran.code, ran.events("row").len()), (0, 101), "{ran:?}");
}

#[test]
fn outcomes_are_the_same_as_over_rest() {
    for (fault, code, statuses) in [
        (Effect::RefusedRows(vec![1]), 1, ["accepted", "refused"]),
        (Effect::MissingRows(vec![0]), 4, ["in-doubt", "accepted"]),
        (Effect::CutAfterBooking, 4, ["in-doubt"; 2]),
        (Effect::Status(400), 1, ["refused"; 2]),
        (Effect::Status(500), 4, ["in-doubt"; 2]),
        (Effect::Html, 4, ["in-doubt"; 2]),
    ] {
        let world = World::new();
        let name = format!("{fault:?}");
        world.sandbox.inject(Fault::new(fault));
        let path = world.write("staff.json", many(2));
        let ran = report(&world, &[&path], &[]);
        assert_eq!(
            (ran.code, ran.statuses()),
            (code, statuses.map(str::to_owned).to_vec()),
            "{name}: {ran:?}"
        );
        assert_eq!(world.sandbox.ledger().requests, 1, "{name}");
    }
}

#[test]
fn wrong_credentials_mean_not_sent() {
    let world = World::new();
    let path = world.write("staff.xml", xml_report("a", XML_RST));
    let mut command = world.command();
    command.env("CAREFLEX_SERVICE_SECRET", "planted-secret");
    command.arg("report").arg(path);
    command.args(["--via", "soap", "--json"]);
    let ran = run(command);
    assert_eq!((ran.code, ran.statuses()), (3, vec!["not-sent".to_owned()]));
    assert!(!ran.all().contains("planted-secret"));
    assert_eq!(world.sandbox.ledger().requests, 0);
}

#[test]
fn the_empty_report_goes_over_soap() {
    let world = World::new();
    let none = || {
        let mut command = world.command();
        command.args(["none", "--via", "soap", "--json"]);
        command.args(["--created-at", "2026-11-30"]);
        run(command)
    };
    let ran = none();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.events("none")[0]["status"], "accepted");
    let ledger = world.sandbox.ledger();
    assert_eq!(ledger.empty_reports[0].careflex_id.as_str(), COMPANY);
    assert!(ledger.empty_reports[0].api_token_ok);
    for (effect, code) in [
        (Effect::CutAfterBooking, 4),
        (Effect::Status(400), 1),
        (Effect::Unauthorized, 3),
    ] {
        let fault = Fault::new(effect).at(Place::None).times(4);
        world.sandbox.inject(fault);
        assert_eq!(none().code, code);
        world.sandbox.clear_faults();
    }
}

#[test]
fn both_interfaces_share_a_token() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    for via in ["rest", "soap", "rest", "soap"] {
        let mut command = world.command();
        command.env("CAREFLEX_TOKEN_CACHE", world.folder.path().join("token"));
        command.arg("report").arg(&path).args(["--via", via]);
        assert_eq!(run(command).code, 0);
    }
    let ledger = world.sandbox.ledger();
    assert_eq!((ledger.tokens_issued, ledger.bookings.len()), (1, 4));
}

#[test]
fn only_the_address_of_the_interface_is_needed() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let without = |variable: &str, via: &str| {
        let mut command = world.command();
        command.env_remove(variable).arg("report").arg(&path);
        run({
            command.args(["--via", via]);
            command
        })
    };
    assert_eq!(without("CAREFLEX_REST_URL", "soap").code, 0);
    assert_eq!(without("CAREFLEX_SOAP_URL", "rest").code, 0);
    let ran = without("CAREFLEX_SOAP_URL", "soap");
    assert_eq!(ran.code, 2);
    assert!(
        ran.err
            .contains("the address --soap-url is missing (or CAREFLEX_SOAP_URL, or the profile)"),
        "{}",
        ran.err
    );
}

#[test]
fn the_address_may_stand_in_the_profile_and_is_guarded() {
    let world = World::new();
    let path = world.write("staff.xml", xml_report("a", XML_RST));
    let profiles = format!(
        "[default]\nsoap_url = \"{}\"\n[staging]\nsoap_url = \"https://ingress-careflex-staging.n4group.eu/ws\"\n",
        world.sandbox.soap_url()
    );
    world.write("careflex.toml", profiles);
    let with = |more: &[&str]| {
        let mut command = world.command();
        command
            .env_remove("CAREFLEX_SOAP_URL")
            .arg("report")
            .arg(&path);
        command.args(["--via", "soap"]).args(more);
        run(command)
    };
    assert_eq!(with(&[]).code, 0);
    assert_eq!(booked(&world).len(), 1);
    let ran = with(&["--profile", "staging", "--environment", "production"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("belongs to staging"), "{}", ran.err);
    let elsewhere = "https://unternehmen.careflexchemie.de/rest";
    let ran = with(&["--profile", "staging", "--token-url", elsewhere]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("different environments"), "{}", ran.err);
    assert_eq!(booked(&world).len(), 1);
}

#[test]
fn a_dry_run_needs_no_address() {
    let world = World::new();
    let path = world.write("staff.xml", xml_report("a", &many_in_xml(3)));
    let mut command = bare_command(world.folder.path());
    command.arg("report").arg(&path);
    command.args(["--via", "soap", "--json", "--dry-run"]);
    let ran = run(command);
    assert_eq!(
        (ran.code, ran.statuses()),
        (0, vec!["not-sent".to_owned(); 3])
    );
    assert_eq!(world.sandbox.ledger().token_requests, 0);
}

#[test]
fn invalid_rows_can_be_skipped_in_xml() {
    let world = World::new();
    let wrong = XML_RST.replace("2026-12-01", "1.12.2026");
    let incidents = format!("{XML_RST}\n{wrong}\n{XML_RST}");
    let path = world.write("staff.xml", xml_report("a", &incidents));
    let ran = report(&world, &[&path], &["--on-invalid", "skip"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.statuses(), ["accepted", "invalid", "accepted"]);
    assert_eq!(ran.events("violation")[0]["line"], 6);
    assert_eq!(booked(&world).len(), 2);
}

#[test]
fn a_message_without_a_company_belongs_to_the_one_of_the_settings() {
    let world = World::new();
    let nameless =
        xml_report(COMPANY, XML_RST).replace(&format!("<careflexId>{COMPANY}</careflexId>"), "");
    let path = world.write("staff.xml", &nameless);
    let report = |company: &str| {
        let mut command = world.command();
        command.env("CAREFLEX_ID", company).arg("report").arg(&path);
        command.args(["--via", "soap", "--json"]);
        run(command)
    };
    let ran = report("");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.events("violation")[0]["code"], "no-company");
    let ran = report(COMPANY);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(booked(&world)[0].0, COMPANY);
}

#[test]
fn a_fault_is_shown_with_its_code() {
    for (code, exit, status) in [("Client", 1, "refused"), ("Server", 4, "in-doubt")] {
        let world = World::new();
        world.sandbox.inject(Fault::new(Effect::SoapFault {
            code: code.to_owned(),
            status: 200,
        }));
        let path = world.write("staff.xml", xml_report(COMPANY, XML_RST));
        let ran = report(&world, &[&path], &[]);
        assert_eq!(ran.code, exit, "{ran:?}");
        let row = &ran.events("row")[0];
        assert_eq!(row["status"], status);
        assert_eq!(row["code"], format!("soap-{code}"));
        let message = row["message"].as_str().unwrap();
        let expected = format!("SOAP fault SOAP-ENV:{code}: a fault of the sandbox");
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn the_placeholder_of_converted_files_is_no_api_token() {
    let world = World::new();
    let path = world.write("staff.xml", xml_report(COMPANY, XML_RST));
    let mut command = world.command();
    command.env("CAREFLEX_API_TOKEN", "YOUR-API-TOKEN");
    command.arg("report").arg(path).args(["--via", "soap"]);
    let ran = run(command);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is the placeholder"), "{}", ran.err);
    assert_eq!(world.sandbox.ledger().token_requests, 0);
}
