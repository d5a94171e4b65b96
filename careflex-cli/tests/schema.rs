//! `careflex schema`, run as its users do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::process::Command;

use common::{Ran, bare_command, run};

const PLACEHOLDER: &str = r#"<soap:address location="https://portal.invalid/soap"/>"#;
const ADDRESS: &str = "https://portal.example/soap";

#[test]
fn the_wsdl_names_a_placeholder_until_it_is_told_the_address() {
    let ran = schema("wsdl", |_| {});
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("<?xml "), "{}", ran.out);
    assert!(ran.out.contains(PLACEHOLDER), "{}", ran.out);
    assert!(ran.out.contains("placeholder"), "{}", ran.out);
    assert!(!ran.out.contains("schemaLocation"), "{}", ran.out);
}

#[test]
fn the_wsdl_takes_its_address_from_flag_variable_or_profile() {
    let by_flag = schema("wsdl", |command| {
        command.args(["--soap-url", ADDRESS]);
    });
    let by_variable = schema("wsdl", |command| {
        command.env("CAREFLEX_SOAP_URL", ADDRESS);
    });
    let by_profile = schema("wsdl", |command| {
        let folder = command.get_current_dir().unwrap().to_owned();
        let profile = format!("[default]\nsoap_url = \"{ADDRESS}\"\n");
        std::fs::write(folder.join("careflex.toml"), profile).unwrap();
    });
    for ran in [by_flag, by_variable, by_profile] {
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let address = format!(r#"<soap:address location="{ADDRESS}"/>"#);
        assert!(ran.out.contains(&address), "{}", ran.out);
        assert!(!ran.out.contains(PLACEHOLDER), "{}", ran.out);
    }
}

#[test]
fn an_address_that_cannot_be_is_wrong_use_and_not_shown() {
    let ran = schema("wsdl", |command| {
        command.args(["--soap-url", "https://user:planted@portal.example"]);
    });
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--soap-url"), "{}", ran.err);
    assert!(!ran.all().contains("planted"), "{}", ran.err);
    let ran = schema("wsdl", |command| {
        command.args(["--soap-url", "https://portal.example/soap?wsdl"]);
    });
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("leave it away"), "{}", ran.err);
}

#[test]
fn an_address_changes_no_other_format() {
    for format in ["xsd", "xsd-1.0", "json-schema", "markdown"] {
        let with = schema(format, |command| {
            command.env("CAREFLEX_SOAP_URL", ADDRESS);
        });
        let without = schema(format, |_| {});
        assert_eq!(with.code, 0);
        assert!(with.out == without.out, "{format}");
    }
}

fn schema(format: &str, settings: impl FnOnce(&mut Command)) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare_command(folder.path());
    command.args(["schema", "--format", format]);
    settings(&mut command);
    run(command)
}
