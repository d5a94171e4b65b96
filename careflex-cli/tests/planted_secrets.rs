//! Secrets and names are planted, and looked for in everything that the command prints at any level.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use careflex_sandbox::{Credentials, Effect, Fault, Place, Sandbox};
use common::{COMPANY, NEW, RST, World, run};

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
        for file in [&good, &bad, &cut] {
            for level in ["--json", "--verbose", "-vv"] {
                if let Some(fault) = &fault {
                    world.sandbox.inject(fault.clone());
                }
                let mut command = world.command();
                command
                    .env("RUST_LOG", "trace")
                    .env("RUST_BACKTRACE", "full");
                command.args(["report", "--via", "rest", level]).arg(file);
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
