//! Bad input: each with a clear error, exit code 2, and nothing sent.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{
    CSV_RST, NEW, RST, Ran, World, XML_NEW, XML_RST, bare_command, csv, run, run_with_input,
    xml_report,
};

/// Reports a file, and checks that nothing was sent.
fn refused(world: &World, content: impl AsRef<[u8]>) -> Ran {
    let ran = world.report(&world.write("staff.json", content), &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(world.sandbox.ledger().token_requests, 0, "{ran:?}");
    assert!(world.sandbox.ledger().bookings.is_empty());
    assert!(!ran.statuses().contains(&"accepted".to_owned()));
    assert!(ran.err.contains("nothing was sent"), "{ran:?}");
    ran
}

#[test]
fn wrong_values_are_named_with_place_and_remedy() {
    let world = World::new();
    let long = "x".repeat(10_000);
    let long = format!("\"Plantedname{long}\"");
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        (
            "\"validFrom\":\"2026-12-01\"",
            "\"validFrom\":\"24.04.2020\"",
            "validFrom",
            "date-format",
            "YYYY-MM-DD",
        ),
        (
            "\"1979-01-15\"",
            "\"15 January 1979\"",
            "employee.birthday",
            "date-format",
            "YYYY-MM-DD",
        ),
        (
            "\"1979-01-15\"",
            "\"2020-1-5\"",
            "employee.birthday",
            "date-format",
            "YYYY-MM-DD",
        ),
        (
            "\"1979-01-15\"",
            "\"2021-02-30\"",
            "employee.birthday",
            "no-such-day",
            "no day of the calendar",
        ),
        (
            "\"1979-01-15\"",
            "\"1879-01-15\"",
            "employee.birthday",
            "date-range",
            "1900-01-01",
        ),
        (
            "\"sex\":\"w\"",
            "\"sex\":\"f\"",
            "employee.sex",
            "not-in-list",
            "female is w",
        ),
        (
            "\"01234\"",
            "\"1234\"",
            "employee.address.zipCode",
            "zip-code",
            "five digits",
        ),
        (
            "\"lastName\":\"Plantedname\",",
            "",
            "employee.lastName",
            "missing",
            "is missing",
        ),
        (
            "\"country\":\"DE\"",
            "\"country\":\"de\"",
            "employee.address.country",
            "form",
            "two capital letters",
        ),
        (
            "\"firstName\"",
            "\"fistName\"",
            "employee.fistName",
            "unknown",
            "did you mean firstName?",
        ),
        ("\"type\"", "\"kind\"", "kind", "unknown", "is not known"),
        (
            "\"management\":false",
            "\"management\":\"false\"",
            "employee.job.management",
            "not-boolean",
            "without quotation marks",
        ),
        (
            "\"Erika\"",
            "\"Eri\\u0007ka\"",
            "employee.firstName",
            "character",
            "U+0007 at position 4",
        ),
        (
            "\"Erika\"",
            "\"Eri\\uFFFEka\"",
            "employee.firstName",
            "character",
            "U+FFFE at position 4",
        ),
        (
            "\"Plantedname\"",
            &long,
            "employee.lastName",
            "too-long",
            "at most 255",
        ),
        (
            "\"employeeId\":\"4712\"",
            "\"employeeId\":4712",
            "employeeId",
            "wrong-kind",
            "loses its leading zeros",
        ),
        (
            "\"NEW\"",
            "\"new\"",
            "type",
            "form",
            "three capital letters",
        ),
    ];
    for (from, to, path, code, remedy) in cases {
        let ran = refused(&world, format!("[{RST},\n{}]", NEW.replacen(from, to, 1)));
        let violations = ran.events("violation");
        let violation = violations
            .iter()
            .find(|violation| violation["path"] == *path)
            .unwrap_or_else(|| panic!("{path} is not named: {ran:?}"));
        assert_eq!(violation["code"], *code);
        assert_eq!(
            (&violation["index"], &violation["line"]),
            (&1.into(), &2.into())
        );
        assert_eq!(violation["severity"], "error");
        let message = violation["message"].as_str().unwrap();
        assert!(message.contains(remedy), "{message}");
        assert!(!ran.all().contains("Plantedname"), "{ran:?}");
        assert_eq!(ran.statuses(), ["not-sent", "invalid"]);
        assert_eq!(ran.summary()["invalid"], 1);
        assert_eq!(ran.summary()["notSent"], 1);
    }
    let without = NEW.replacen("\"employee\":", "\"x\":", 1);
    let ran = refused(&world, without);
    assert!(
        ran.out.contains("an incident of type NEW needs it"),
        "{ran:?}"
    );
}

#[test]
fn broken_files_are_named_with_line_and_remedy() {
    let world = World::new();
    let cases: Vec<(Vec<u8>, Option<u64>, &str)> = vec![
        (b"".to_vec(), None, "holds no incident"),
        (b"[]".to_vec(), None, "holds no incident"),
        (
            format!("[{RST},\n{}", &NEW[..200]).into_bytes(),
            Some(2),
            "is it complete?",
        ),
        (
            RST.replace("4711", "M\u{fc}ller")
                .chars()
                .map(|c| c as u8)
                .collect(),
            Some(1),
            "save the file as UTF-8",
        ),
        (b"\xFF\xFE{\0}\0".to_vec(), None, "UTF-16"),
        (
            "[".repeat(100_000).into_bytes(),
            Some(1),
            "nested deeper than 64",
        ),
        (
            b"<!DOCTYPE html><p>Not found".to_vec(),
            Some(1),
            "is a web page",
        ),
        (
            format!("[{RST},\n{}]", RST.replace("4711", "47\u{1}11")).into_bytes(),
            Some(2),
            "control character",
        ),
        (
            format!("{{\"careflexID\":\"x\",\"incidentList\":[{RST}]}}").into_bytes(),
            Some(1),
            "careflexID is not known",
        ),
    ];
    for (content, line, message) in cases {
        let ran = refused(&world, &content);
        let violations = ran.events("violation");
        let violation = violations.last().unwrap();
        assert_eq!(violation["index"], serde_json::Value::Null);
        assert_eq!(violation["line"].as_u64(), line, "{ran:?}");
        assert!(
            violation["message"].as_str().unwrap().contains(message),
            "{ran:?}"
        );
    }
}

#[test]
fn wrong_values_in_xml_are_named_with_place_and_remedy() {
    let world = World::new();
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        (
            "<validFrom>2026-12-01<",
            "<validFrom>24.04.2020<",
            "validFrom",
            "date-format",
            "YYYY-MM-DD",
        ),
        (
            "<birthday>1979-01-15<",
            "<birthday>2021-02-30<",
            "employee.birthday",
            "no-such-day",
            "no day of the calendar",
        ),
        (
            "<sex>w<",
            "<sex>f<",
            "employee.sex",
            "not-in-list",
            "female is w",
        ),
        (
            "<lastName>Plantedname</lastName>",
            "",
            "employee.lastName",
            "missing",
            "is missing",
        ),
        (
            "<zipCode>01234<",
            "<zipCode>1234<",
            "employee.address.zipCode",
            "zip-code",
            "five digits",
        ),
        (
            "<management>false<",
            "<management>no<",
            "employee.job.management",
            "not-boolean",
            "true",
        ),
        (
            "<country>DE</country>",
            "<country>DE</country><region>Plantedname</region>",
            "employee.address.region",
            "unknown",
            "is not known",
        ),
        (
            "<firstName>Erika</firstName><lastName>Plantedname</lastName>",
            "<lastName>Plantedname</lastName><firstName>Erika</firstName>",
            "employee.firstName",
            "order",
            "the order of the elements is fixed",
        ),
    ];
    for (from, to, path, code, remedy) in cases {
        let wrong = XML_NEW.replacen(from, to, 1);
        let ran = refused(
            &world,
            xml_report("a", &format!("{XML_RST}\n<!-- -->\n{wrong}")),
        );
        let violations = ran.events("violation");
        let violation = violations
            .iter()
            .find(|violation| violation["path"] == *path)
            .unwrap_or_else(|| panic!("{path} is not named: {ran:?}"));
        assert_eq!(violation["code"], *code, "{ran:?}");
        assert_eq!(
            (&violation["index"], &violation["line"]),
            (&1.into(), &7.into())
        );
        let message = violation["message"].as_str().unwrap();
        assert!(message.contains(remedy), "{message}");
        assert!(!ran.all().contains("Plantedname"), "{ran:?}");
        assert!(!ran.all().contains("planted-token"), "{ran:?}");
        assert_eq!(ran.statuses(), ["not-sent", "invalid"]);
    }
}

#[test]
fn broken_xml_is_named_with_line_and_remedy() {
    let world = World::new();
    let good = xml_report("a", XML_RST);
    let latin_1 = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n{good}");
    let in_bytes = good.replace("4711", "M\u{fc}ller");
    let cases: Vec<(Vec<u8>, Option<u64>, &str)> = vec![
        (b"\xEF\xBB\xBF \n".to_vec(), None, "holds no incident"),
        (xml_report("a", "").into_bytes(), None, "holds no incident"),
        (
            good.as_bytes()[..good.len() - 120].to_vec(),
            Some(5),
            "is it complete?",
        ),
        (
            format!("{good}{}", &good[..200]).into_bytes(),
            Some(9),
            "is it complete?",
        ),
        (
            b"<html><body>Not found</body></html>".to_vec(),
            Some(1),
            "is a web page",
        ),
        (
            good.replace("careflex/2.0", "careflex/3.0").into_bytes(),
            Some(2),
            "is in the wrong namespace: it is http://n4.de/careflex/2.0",
        ),
        (
            format!("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>{good}").into_bytes(),
            Some(1),
            "DOCTYPE",
        ),
        (
            good.replace("4711", "&b;").into_bytes(),
            Some(5),
            "a reference is not known",
        ),
        (
            latin_1.into_bytes(),
            Some(1),
            "another encoding than UTF-8 is declared",
        ),
        (
            in_bytes.chars().map(|c| c as u8).collect(),
            Some(5),
            "UTF-8",
        ),
        (
            good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Some(1),
            "UTF-16",
        ),
        (b"\xFF\xFE<\0a\0".to_vec(), Some(1), "UTF-16"),
        (
            good.replace("<careflexId>a<", "<careflexId>a b<")
                .into_bytes(),
            Some(4),
            "careflexId holds white space",
        ),
        (
            format!("{RST}\n{good}").into_bytes(),
            Some(2),
            "it begins with <, like XML",
        ),
    ];
    for (content, line, message) in cases {
        let ran = refused(&world, &content);
        let violations = ran.events("violation");
        let violation = violations.last().unwrap();
        assert_eq!(violation["index"], serde_json::Value::Null);
        assert!(
            violation["message"].as_str().unwrap().contains(message),
            "{ran:?} (expected {message})"
        );
        assert_eq!(violation["line"].as_u64(), line, "{ran:?}");
        assert!(!ran.all().contains("planted-token"), "{ran:?}");
    }
}

#[test]
fn a_format_can_be_forced() {
    let world = World::new();
    let json = world.write("json", RST);
    let xml = world.write("xml", xml_report("a", XML_RST));
    let csv = world.write("csv", csv(&[CSV_RST]));
    for (file, format, expected) in [
        (&json, "json", 0),
        (&xml, "xml", 0),
        (&json, "xml", 2),
        (&xml, "json", 2),
        (&csv, "csv", 0),
        (&csv, "json", 2),
        (&xml, "csv", 2),
    ] {
        let mut command = bare_command(world.folder.path());
        command.args(["validate", "--format", format]).arg(file);
        let ran = run(command);
        assert_eq!(ran.code, expected, "{ran:?}");
    }
}

#[test]
fn files_that_are_not_there_are_named() {
    let world = World::new();
    let ran = world.report(&world.folder.path().join("nowhere.json"), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("nowhere.json"), "{ran:?}");
    let ran = world.report(world.folder.path(), &[]);
    assert_eq!(ran.code, 2, "a folder is no file");
}

#[test]
fn the_company_is_guarded() {
    let world = World::new();
    let file = format!("{{\"careflexId\":\"other\",\"incidentList\":[{RST}]}}");
    let path = world.write("staff.json", file);
    let ran = world.report(&path, &["--careflex-id", "mine"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.events("violation")[0]["code"], "other-company");
    let xml = world.write("staff.xml", xml_report("other", XML_RST));
    let ran = world.report(&xml, &["--careflex-id", "mine"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.events("violation")[0]["code"], "other-company");
    // Without the flag, the file's own company wins over the variable.
    let ran = world.report(&path, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.events("row")[0]["careflexId"], "other");

    let path = world.write("staff.json", RST);
    let mut command = world.command();
    command.env_remove("CAREFLEX_ID").arg("report").arg(path);
    command.args(["--via", "rest", "--json"]);
    let ran = run(command);
    assert_eq!(
        (ran.code, &ran.events("violation")[0]["code"]),
        (2, &"no-company".into())
    );
}

#[test]
fn wrong_settings_send_nothing() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let staging = "https://ingress-careflex-staging.n4group.eu/rest/token";
    let production = "https://unternehmen.careflexchemie.de/rest";
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);
    let cases: &[Case<'_>] = &[
        (
            &[
                ("CAREFLEX_TOKEN_URL", staging),
                ("CAREFLEX_REST_URL", production),
            ],
            &[],
            "different environments",
        ),
        (
            &[("CAREFLEX_REST_URL", production)],
            &["--environment", "staging"],
            "belongs to production",
        ),
        (
            &[("CAREFLEX_SOAP_URL", staging)],
            &["--environment", "production"],
            "belongs to staging",
        ),
        (
            &[("CAREFLEX_REST_URL", "http://portal.example/rest")],
            &[],
            "must begin with https://",
        ),
        (
            &[(
                "CAREFLEX_REST_URL",
                "https://planted:planted@portal.example",
            )],
            &[],
            "must not hold a user or password",
        ),
        (&[("CAREFLEX_REST_URL", "")], &[], "--rest-url is missing"),
        (
            &[("CAREFLEX_SOAP_URL", "http://portal.example/soap")],
            &[],
            "--soap-url must begin with https://",
        ),
        (
            &[("CAREFLEX_API_TOKEN", "")],
            &[],
            "set CAREFLEX_API_TOKEN or CAREFLEX_API_TOKEN_FILE",
        ),
        (
            &[("CAREFLEX_API_TOKEN", "planted planted")],
            &[],
            "the API token holds white space",
        ),
        (
            &[
                ("CAREFLEX_SERVICE_USER", ""),
                ("CAREFLEX_SERVICE_USER_FILE", "nowhere"),
            ],
            &[],
            "nowhere (named by CAREFLEX_SERVICE_USER_FILE)",
        ),
        (
            &[("CAREFLEX_ID", "a b")],
            &[],
            "CAREFLEX_ID holds white space",
        ),
        (
            &[("CAREFLEX_CA_FILE", "staff.json")],
            &[],
            "not in PEM form",
        ),
        (&[], &["--profile", "other"], "profile other"),
        (&[], &["--concurrency", "0"], "0 is not in 1..=64"),
        (&[], &["--api-token", "x"], "unexpected argument"),
    ];
    for (variables, arguments, message) in cases {
        let mut command = world.command();
        command.envs(variables.iter().copied());
        command
            .arg("report")
            .arg(&path)
            .args(["--via", "rest"])
            .args(*arguments);
        let ran = run(command);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(message), "{ran:?} (expected {message})");
        assert!(!ran.all().contains("planted"), "{ran:?}");
    }
    assert_eq!(world.sandbox.ledger().token_requests, 0);
}

#[test]
fn a_profile_never_holds_secrets_in_clear() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    world.write("careflex.toml", "[default]\nservice_secret = \"planted\"\n");
    let ran = world.report(&path, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err
            .contains("service_secret must not stand here in clear"),
        "{ran:?}"
    );
    assert!(!ran.all().contains("planted"));
}

#[test]
fn validate_sends_nothing_and_needs_no_settings() {
    let world = World::new();
    let good = world.write("good.json", format!("{NEW}\n{RST}"));
    let mut command = bare_command(world.folder.path());
    command.arg("validate").arg(&good);
    let ran = run(command);
    assert_eq!(
        (ran.code, ran.out.trim()),
        (0, "all 2 incidents are valid"),
        "{ran:?}"
    );

    let mut command = bare_command(world.folder.path());
    command.args(["validate", "--json", "-"]);
    let ran = run_with_input(command, NEW.replace("\"w\"", "\"f\"").as_bytes());
    assert_eq!(ran.code, 2);
    let violation = &ran.events("violation")[0];
    assert_eq!(violation["file"], "standard input");
    assert_eq!(
        (&violation["index"], &violation["line"]),
        (&0.into(), &1.into())
    );
    assert_eq!(ran.summary()["invalid"], 1);
    assert!(!ran.all().contains("Plantedname"));
}

#[test]
fn warnings_are_listed_and_change_nothing() {
    let world = World::new();
    let path = world.write("staff.json", RST.replace("4711", "49239697103"));
    let ran = world.report(&path, &[]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.events("violation")[0]["severity"], "warning");
    assert_eq!(ran.events("violation")[0]["code"], "tax-id");
    assert_eq!(ran.statuses(), ["accepted"]);
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let world = World::new();
    let path = world.write("staff.json", RST);
    let mut command = world.report_command(&path, &[]);
    for variable in [
        "CAREFLEX_TOKEN_CACHE",
        "CAREFLEX_ENVIRONMENT",
        "CAREFLEX_TIMEOUT",
        "CAREFLEX_CA_FILE",
        "CAREFLEX_SOAP_URL",
    ] {
        command.env(variable, "");
    }
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    for seconds in ["0", "3601", "soon"] {
        let ran = world.report(&path, &["--timeout", seconds]);
        assert_eq!(ran.code, 2, "{seconds}");
    }
}
