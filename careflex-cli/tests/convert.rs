//! `careflex convert`: one format into another, complete or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::{
    COMPANY, NEW, RST, Ran, XML_NEW, XML_RST, convert, convert_command, folder_with,
    interrupt_while_it_writes, many, run, run_with_input, xml_report,
};
use serde_json::Value;
use tempfile::TempDir;

const PLACEHOLDER: &str = "YOUR-API-TOKEN";
/// A warning: the employee's key is a tax ID.
const SUSPICIOUS: &str = r#"{"type":"RST","employeeId":"49239697103","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;

fn names(folder: &TempDir) -> Vec<String> {
    common::names(folder.path())
}

fn documents(ran: &Ran) -> Vec<Value> {
    let lines = ran.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn json_becomes_xml_and_the_same_json_again() {
    let special = NEW
        .replace("4712", "4713")
        .replace("Erika", "A & B <c> ]]> \\\"d\\\" 'e' ä € 😀\\tf")
        .replace("Musterstadt", "two\\nlines\\r\\nor three\\n\\nfour")
        .replace("\"houseNumber\":9", "\"houseNumber\":\"9a\"")
        .replace("\"type\"", "\"externalId\":\"x-1\",\"type\"");
    let file = format!(
        "{{\"careflexId\":\"a\",\"apiToken\":\"planted\",\"incidentList\":[{NEW},{special}]}}\n{RST}"
    );
    let folder = folder_with(&[("first.json", &file)]);
    for (from, to, out) in [
        ("first.json", "json", "second.json"),
        ("second.json", "xml", "third.xml"),
        ("third.xml", "json", "fourth.json"),
        ("fourth.json", "xml", "fifth.xml"),
    ] {
        let ran = convert(&folder, &[from, "--to", to, "-o", out]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.out, "");
        assert_eq!(ran.err, "3 incidents of 2 companies in 2 reports\n");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("second.json"), read("fourth.json"));
    assert_eq!(read("third.xml"), read("fifth.xml"));

    let json: Vec<Value> = read("fourth.json")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let parsed = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    assert_eq!(
        json[0]["incidentList"],
        Value::Array(vec![parsed(NEW), parsed(&special)])
    );
    assert_eq!(json[1]["incidentList"][0], parsed(RST));
    for (document, company) in json.iter().zip(["a", COMPANY]) {
        assert_eq!(document["apiToken"], PLACEHOLDER);
        assert_eq!(document["careflexId"], company);
    }
    let xml = read("third.xml");
    assert_eq!(xml.lines().count(), 2, "one document a line: {xml}");
    assert!(xml.ends_with("</soapenv:Envelope>\n"));
    assert_eq!(
        xml.matches("<apitoken>YOUR-API-TOKEN</apitoken>").count(),
        2
    );
    assert!(xml.contains("two&#10;lines&#13;&#10;or three&#10;&#10;four"));
    for name in names(&folder).iter().filter(|name| *name != "first.json") {
        assert!(!read(name).contains("planted"), "{name}");
    }
}

#[test]
fn the_same_incidents_are_the_same_in_both_formats() {
    let xml = xml_report(COMPANY, &format!("{XML_NEW}{XML_RST}"));
    let folder = folder_with(&[
        ("staff.json", &format!("[{NEW},{RST}]")),
        ("staff.xml", &xml),
    ]);
    for to in ["json", "xml"] {
        let from_json = convert(&folder, &["staff.json", "--to", to]);
        let from_xml = convert(&folder, &["staff.xml", "--to", to]);
        assert_eq!(from_json.code, 0, "{from_json:?}");
        assert_eq!(from_json.out, from_xml.out);
        assert!(from_xml.out.contains(PLACEHOLDER));
        assert!(!from_xml.all().contains("planted-token"));
    }
}

#[test]
fn a_report_holds_up_to_a_hundred_incidents_of_one_company_in_their_order() {
    let other = format!("{{\"careflexId\":\"other\",\"incidentList\":[{RST}]}}");
    let folder = folder_with(&[
        ("one.json", &many(150)),
        ("two.json", &many(100)),
        ("three.json", &format!("{other}\n{RST}")),
    ]);
    let files = ["one.json", "two.json", "three.json"];
    let ran = convert(&folder, &[&files[..], &["--to", "json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.err, "252 incidents of 2 companies in 4 reports\n");
    let documents = documents(&ran);
    let sizes: Vec<_> = documents
        .iter()
        .map(|document| {
            (
                document["careflexId"].as_str().unwrap(),
                document["incidentList"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(
        sizes,
        [(COMPANY, 100), (COMPANY, 100), (COMPANY, 51), ("other", 1)]
    );
    let employees: Vec<_> = documents
        .iter()
        .flat_map(|document| document["incidentList"].as_array().unwrap())
        .map(|incident| incident["employeeId"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<_> = (0..150)
        .chain(0..100)
        .map(|number| format!("E{number}"))
        .chain(["4711".to_owned(), "4711".to_owned()])
        .collect();
    assert_eq!(employees, expected);
}

#[test]
fn formats_may_be_mixed_and_piped() {
    let folder = folder_with(&[("one.xml", &xml_report("a", XML_RST))]);
    let command = convert_command(folder.path(), &["one.xml", "-", "--to", "json"]);
    let ran = run_with_input(command, RST.replace("4711", "4712").as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let documents = documents(&ran);
    assert_eq!(documents[0]["careflexId"], "a");
    assert_eq!(documents[0]["incidentList"][0]["employeeId"], "4711");
    assert_eq!(documents[1]["careflexId"], COMPANY);
    assert_eq!(documents[1]["incidentList"][0]["employeeId"], "4712");
}

#[test]
fn nothing_is_written_if_one_row_is_invalid() {
    let wrong = format!("{RST}\n{}", NEW.replace("\"w\"", "\"f\""));
    let cut = format!("{RST}\n{}", &NEW[..200]);
    for content in [&wrong, &cut] {
        let folder = folder_with(&[("staff.json", content), ("out.xml", "before")]);
        let ran = convert(
            &folder,
            &["staff.json", "--to", "xml", "-o", "out.xml", "--json"],
        );
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(ran.events("violation").len(), 1, "{ran:?}");
        assert_eq!(ran.events("violation")[0]["line"], 2);
        assert_eq!(ran.events("converted").len(), 0);
        assert!(ran.err.contains("nothing was written"), "{ran:?}");
        let before = fs::read_to_string(folder.path().join("out.xml")).unwrap();
        assert_eq!(before, "before");
        assert_eq!(names(&folder), ["out.xml", "staff.json"]);

        // With --json standard output is free for the violations, as there are no documents.
        let ran = convert(&folder, &["staff.json", "--to", "json", "--json"]);
        assert_eq!((ran.code, ran.events("violation").len()), (2, 1), "{ran:?}");
        assert_eq!(ran.events("summary").len(), 1);
        // Whoever directs documents into a file does not want sentences there.
        let ran = convert(&folder, &["staff.json", "--to", "xml"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains("error  staff.json, line 2"), "{}", ran.err);
        assert!(!ran.all().contains("Plantedname"));
    }
}

#[test]
fn warnings_never_stand_between_documents() {
    let folder = folder_with(&[("staff.json", &format!("{SUSPICIOUS}\n{RST}"))]);
    let ran = convert(&folder, &["staff.json", "--to", "json"]);
    assert_eq!((ran.code, documents(&ran).len()), (0, 1), "{ran:?}");
    assert!(ran.err.starts_with("warning  staff.json, line 1 (row 0)"));

    let ran = convert(&folder, &["staff.json", "--to", "json", "--json"]);
    assert_eq!((ran.code, documents(&ran).len()), (0, 1), "{ran:?}");
    let account: Vec<Value> = ran
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(account[0]["code"], "tax-id");
    assert_eq!(account[1]["event"], "converted");

    let ran = convert(
        &folder,
        &["staff.json", "--to", "xml", "-o", "out.xml", "--json"],
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.events("violation")[0]["code"], "tax-id");
    let converted = &ran.events("converted")[0];
    for (member, count) in [("incidents", 2), ("companies", 1), ("reports", 1)] {
        assert_eq!(converted[member], count);
    }
}

#[test]
fn the_company_comes_from_where_it_always_comes_from() {
    let named = format!("{{\"careflexId\":\"named\",\"incidentList\":[{RST}]}}");
    let folder = folder_with(&[("named.json", &named), ("bare.json", RST)]);
    let company = |arguments: &[&str], variable: Option<&str>| {
        let mut command = convert_command(folder.path(), arguments);
        command.args(["--to", "json", "--json"]);
        match variable {
            Some(company) => command.env("CAREFLEX_ID", company),
            None => command.env_remove("CAREFLEX_ID"),
        };
        let ran = run(command);
        if ran.code == 0 {
            documents(&ran)[0]["careflexId"].clone()
        } else {
            assert_eq!(ran.code, 2);
            ran.events("violation")[0]["code"].clone()
        }
    };
    assert_eq!(company(&["bare.json"], None), "no-company");
    assert_eq!(company(&["bare.json"], Some("mine")), "mine");
    assert_eq!(company(&["named.json"], Some("mine")), "named");
    let guarded = |file| company(&[file, "--careflex-id", "flag"], Some("mine"));
    assert_eq!(guarded("bare.json"), "flag");
    assert_eq!(guarded("named.json"), "other-company");
    fs::write(
        folder.path().join("careflex.toml"),
        "[default]\ncareflex_id = \"profile\"\n",
    )
    .unwrap();
    assert_eq!(company(&["bare.json"], None), "profile");
}

#[test]
fn the_output_replaces_only_what_it_may() {
    let folder = folder_with(&[("staff.json", RST), ("other.json", RST), ("out.xml", "old")]);
    fs::create_dir(folder.path().join("folder")).unwrap();
    let mut cases = vec![
        ("staff.json", "is one of the files that are read"),
        ("folder/../staff.json", "is one of the files that are read"),
        ("folder", "is a folder"),
        ("nowhere/out.xml", "its folder is not there"),
        ("staff.json/out.xml", "out.xml: "),
    ];
    if cfg!(unix) {
        cases.push(("link.xml", "is a symbolic link"));
        cases.push(("/dev/null", "is no regular file"));
        #[cfg(unix)]
        std::os::unix::fs::symlink("out.xml", folder.path().join("link.xml")).unwrap();
    }
    let before = names(&folder);
    for (out, reason) in cases {
        let ran = convert(
            &folder,
            &["staff.json", "other.json", "--to", "xml", "-o", out],
        );
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(reason), "{} (expected {reason})", ran.err);
        assert_eq!(names(&folder), before);
    }
    let staff = fs::read_to_string(folder.path().join("staff.json")).unwrap();
    assert_eq!(staff, RST);

    let ran = convert(&folder, &["staff.json", "--to", "xml", "-o", "out.xml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(names(&folder), before, "nothing is left beside it");
    let out = folder.path().join("out.xml");
    let written = fs::read_to_string(&out).unwrap();
    let printed = convert(&folder, &["staff.json", "--to", "xml", "-o", "-"]).out;
    assert_eq!(written, printed);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it holds personal data");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let folder = folder_with(&[("staff.json", RST)]);
    let mut command = convert_command(folder.path(), &["staff.json", "--to", "xml"]);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    command.stdout(full);
    let ran = run(command);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("cannot write"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn an_interrupted_conversion_leaves_nothing_behind() {
    let folder = folder_with(&[("staff.json", &[SUSPICIOUS; 20_000].join("\n"))]);
    let command = convert_command(
        folder.path(),
        &[
            "staff.json",
            "--to",
            "xml",
            "-o",
            "out.xml",
            "--max-errors",
            "0",
        ],
    );
    interrupt_while_it_writes(command, || {
        assert_eq!(names(&folder).len(), 2, "{:?}", names(&folder));
    });
    assert_eq!(names(&folder), ["staff.json"]);
}
