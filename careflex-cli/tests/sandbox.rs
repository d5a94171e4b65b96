//! `careflex sandbox`, started as its users do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command};

use careflex_sandbox::EffectEntry;
use common::{COMPANY, RST, Ran, bare_command, run};
use serde_json::Value;
use tempfile::TempDir;

/// A sandbox as a process of its own, which is killed when the test ends.
struct Running {
    folder: TempDir,
    process: Child,
    output: BufReader<ChildStdout>,
    addresses: Value,
}

impl Running {
    /// Starts it, and reads on until it has said this.
    fn start(args: &[&str], until: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = sandbox(folder.path(), args)
            .args(["--port-file", "portal.json"])
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains(until) {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it ended early");
        }
        // Whoever has read what is said can read the file.
        let addresses = std::fs::read(folder.path().join("portal.json")).unwrap();
        Self {
            addresses: serde_json::from_slice(&addresses).unwrap(),
            folder,
            process,
            output,
        }
    }

    /// The command with all settings for this sandbox.
    fn command(&self, args: &[&str]) -> Ran {
        let mut command = bare_command(self.folder.path());
        command.args(args).env("CAREFLEX_ID", COMPANY);
        for (variable, member) in [
            ("CAREFLEX_TOKEN_URL", "token_url"),
            ("CAREFLEX_REST_URL", "rest_url"),
            ("CAREFLEX_SOAP_URL", "soap_url"),
            ("CAREFLEX_SERVICE_USER", "service_user"),
            ("CAREFLEX_SERVICE_SECRET", "service_secret"),
            ("CAREFLEX_API_TOKEN", "api_token"),
        ] {
            command.env(variable, self.addresses[member].as_str().unwrap());
        }
        run(command)
    }

    /// Ends it as Ctrl-C does, and returns the rest of what it says.
    #[cfg(unix)]
    fn interrupt(&mut self) -> String {
        use std::io::Read as _;

        let id = self.process.id().to_string();
        let killed = Command::new("kill").args(["-INT", &id]).status();
        assert!(killed.unwrap().success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _: Result<(), _> = self.process.kill();
        let _: Result<_, _> = self.process.wait();
    }
}

fn sandbox(folder: &Path, args: &[&str]) -> Command {
    let mut command = bare_command(folder);
    command.arg("sandbox").args(args);
    command
}

#[cfg(unix)]
#[test]
fn planned_faults_are_named_strike_and_are_counted() {
    let faults = [
        "--fault",
        "status=502,booked",
        "--fault",
        "html,employee=nobody",
    ];
    let mut sandbox = Running::start(&faults, "html,employee=nobody");
    std::fs::write(sandbox.folder.path().join("staff.json"), RST).unwrap();
    let report = ["report", "staff.json", "--via", "rest", "--json"];
    let lost = sandbox.command(&report);
    assert_eq!(
        (lost.code, &*lost.statuses()),
        (4, &["in-doubt".to_owned()][..])
    );
    let second = sandbox.command(&report);
    assert_eq!(second.code, 0, "{}", second.err);
    let said = sandbox.interrupt();
    // The one in doubt was booked in truth.
    assert!(said.contains("2 incidents booked"), "{said}");
    assert!(
        said.ends_with("faults that have struck nothing: 1 of 2\n"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn without_faults_nothing_is_said_of_them() {
    let mut sandbox = Running::start(&[], "careflex report staff.json --via rest");
    sandbox.command(&["token", "--fetch"]);
    let said = sandbox.interrupt();
    assert!(said.contains("1 access tokens issued"), "{said}");
    assert!(!said.to_lowercase().contains("fault"), "{said}");
}

#[test]
fn what_is_no_port_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("staff.json");
    std::fs::write(&path, RST).unwrap();
    let ran = run(sandbox(folder.path(), &["--port-file", "staff.json"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("is something else than a port file"),
        "{}",
        ran.err
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), RST);
}

#[cfg(unix)]
#[test]
fn a_port_file_goes_with_its_sandbox_and_a_newer_one_stays() {
    for newer in [false, true] {
        let mut sandbox = Running::start(&[], "careflex report staff.json --via rest");
        let path = sandbox.folder.path().join("portal.json");
        assert!(path.exists());
        if newer {
            std::fs::write(&path, r#"{"token_url":"of another one"}"#).unwrap();
        }
        sandbox.interrupt();
        assert_eq!(path.exists(), newer);
    }
}

#[cfg(unix)]
#[test]
fn it_takes_soap_at_the_address_that_it_names() {
    let mut sandbox = Running::start(&[], "export CAREFLEX_SOAP_URL='http://127.0.0.1:");
    std::fs::write(sandbox.folder.path().join("staff.json"), RST).unwrap();
    let ran = sandbox.command(&["report", "staff.json", "--via", "soap"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = sandbox.interrupt();
    assert!(said.contains("1 incidents booked"), "{said}");
}

#[cfg(unix)]
#[test]
fn programs_get_the_counts_too() {
    let mut sandbox = Running::start(&["--json", "--fault", "html@none"], r#""event":"ready""#);
    sandbox.command(&["token", "--fetch"]);
    let counts: Value = serde_json::from_str(&sandbox.interrupt()).unwrap();
    assert_eq!(counts["event"], "ledger");
    assert_eq!(
        (&counts["tokensIssued"], &counts["faultsNotStruck"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn the_validity_of_access_tokens_can_be_set() {
    let sandbox = Running::start(
        &["--token-validity", "600"],
        "careflex report staff.json --via rest",
    );
    let token = sandbox.command(&["token", "--fetch", "--json"]);
    assert_eq!(token.events("token")[0]["validSeconds"], 600, "{token:?}");
}

#[test]
fn a_wrong_fault_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (fault, explanation) in [
        ("staus=500", "did you mean status?"),
        ("html@nowhere", "there are token, new, none"),
        (
            "shuffled-rows@token",
            "shuffled-rows means nothing there, only at new",
        ),
    ] {
        let ran = run(sandbox(folder.path(), &["--fault", fault]));
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(explanation), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn the_help_lists_all_effects() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(sandbox(folder.path(), &["--help"]));
    for entry in EffectEntry::all() {
        let begin = format!("\n  {} ", entry.form());
        assert!(ran.out.contains(&begin), "{begin}");
    }
}
