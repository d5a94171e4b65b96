//! Secrets and names are planted, and looked for in everything that the command prints at any level.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use careflex_sandbox::{Credentials, Effect, Fault, Place, Sandbox};
use common::{
    COMPANY, CSV_HEADER, CSV_NEW, CSV_RST, NEW, RST, World, XML_NEW, XML_RST, csv, run, xml_report,
};

#[test]
fn no_secret_and_no_name_at_any_level() {
    let mut world = World::new();
    let secret = |what: &str| format!("planted-{what}-secret");
    let credentials = Credentials::new(
        secret("user"),
        secret("service"),
        secret("api").parse().unwrap(),
    );
    world.sandbox = world
        .block_on(Sandbox::builder().credentials(credentials).start())
        .unwrap();
    let good = world.write("good.json", format!("[{NEW},{RST}]"));
    let bad = world.write(
        "bad.json",
        NEW.replace("\"w\"", "\"f\"")
            .replace("01234", "Plantedname"),
    );
    let cut = world.write("cut.json", &NEW[..NEW.len() - 30]);
    let xml = |content: &str| xml_report(COMPANY, content);
    let good_xml = world.write("good.xml", xml(&format!("{XML_NEW}{XML_RST}")));
    let bad_xml = XML_NEW
        .replace(">w<", ">f<")
        .replace("01234", "Plantedname");
    let bad_xml = world.write("bad.xml", xml(&bad_xml));
    let cut_xml = xml(&XML_NEW[..XML_NEW.len() - 30]);
    let cut_xml = world.write("cut.xml", cut_xml.split("</incidentList>").next().unwrap());
    let faults = [
        None,
        Some(Fault::new(Effect::CutAfterBooking)),
        Some(Fault::new(Effect::Html)),
        Some(Fault::new(Effect::Status(500))),
        Some(Fault::new(Effect::ForgetTokens)),
        Some(Fault::new(Effect::Unauthorized).at(Place::Token)),
        Some(Fault::new(Effect::RefusedRows(vec![0]))),
    ];
    for fault in faults {
        for (file, via) in [
            (&good, "rest"),
            (&bad, "rest"),
            (&cut, "rest"),
            (&good_xml, "soap"),
            (&bad_xml, "soap"),
            (&cut_xml, "soap"),
        ] {
            for level in ["--json", "--verbose", "-vv"] {
                if let Some(fault) = &fault {
                    world.sandbox.inject(fault.clone());
                }
                let mut command = world.command();
                command
                    .env("RUST_LOG", "trace")
                    .env("RUST_BACKTRACE", "full");
                command.args(["report", "--via", via, level]).arg(file);
                let ran = run(command);
                world.sandbox.clear_faults();
                for planted in ["planted", "Plantedname", "Erika", "1979-01-15", "§"] {
                    assert!(!ran.all().contains(planted), "{planted} in {}", ran.all());
                }
                assert!(
                    ran.all().contains(COMPANY) || ran.code != 0,
                    "something was printed"
                );
            }
        }
    }
}

#[test]
fn no_cell_at_any_level() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    let bad = CSV_NEW
        .replace(";w;", ";planted;")
        .replace("01234", "planted");
    let files = [
        csv(&[CSV_RST, CSV_NEW]),
        csv(&[CSV_RST, &bad]),
        csv(&[
            CSV_RST,
            &CSV_NEW.replace("2026-12-01;Erika", "planted;=Erika"),
        ]),
        csv(&[CSV_RST, &CSV_NEW.replace("Werk 1", "\"Werk")]),
        csv(&[CSV_RST, &CSV_NEW.replace("Werk 1", "x\"Werk\"")]),
        csv(&[CSV_NEW, &CSV_NEW[..60]]),
        format!("{CSV_NEW}\n{CSV_RST}\n"),
        format!("{CSV_HEADER}\n{CSV_NEW}").replace(';', "!"),
    ];
    let ways = [
        &["report", "--via", "rest"][..],
        &["report", "--via", "soap", "--error-report", "errors.csv"],
        &["report", "--via", "csv", "--drop-dir", "drop"],
        &[
            "validate",
            "--separator",
            ";",
            "--error-report",
            "errors.csv",
        ],
        &["convert", "--to", "csv", "-o", "out.csv"],
        &["convert", "--to", "csv", "-o", "out/"],
    ];
    for content in files {
        let file = world.write("staff.csv", content);
        for way in ways {
            for level in ["--json", "-vv"] {
                let mut command = world.command();
                command
                    .env("RUST_LOG", "trace")
                    .env("RUST_BACKTRACE", "full");
                command.args(way).arg(level).arg(&file);
                let ran = run(command);
                for planted in ["planted", "Plantedname", "Erika", "1979-01-15", "Werk"] {
                    assert!(!ran.all().contains(planted), "{planted} in {}", ran.all());
                }
                assert!(!ran.all().is_empty());
            }
        }
    }
    assert!(!common::names(&folder).is_empty());
}

#[test]
fn what_is_converted_holds_no_secret_and_what_is_said_of_it_no_name() {
    let world = World::new();
    let token = format!("\"apiToken\":\"planted-token\",\"incidentList\":[{NEW}]");
    let json = world.write("staff.json", format!("{{\"careflexId\":\"a\",{token}}}"));
    let xml = world.write("staff.xml", xml_report("a", XML_NEW));
    for (file, to) in [
        (&json, "xml"),
        (&xml, "json"),
        (&json, "json"),
        (&xml, "xml"),
    ] {
        let mut command = world.command();
        command.env("CAREFLEX_API_TOKEN", "planted-too");
        command.args(["convert", "-vv", "--to", to]).arg(file);
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("YOUR-API-TOKEN"));
        assert!(!ran.all().contains("planted-t"), "{ran:?}");
        assert!(ran.out.contains("Plantedname") && !ran.err.contains("Plantedname"));
    }
}

#[test]
fn the_verbose_command_says_what_it_does() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let mut command = world.command();
    command.args(["report", "--via", "rest", "-v"]).arg(path);
    let ran = run(command);
    assert!(
        ran.err.contains("request") && ran.err.contains("status=200"),
        "{}",
        ran.err
    );
}
