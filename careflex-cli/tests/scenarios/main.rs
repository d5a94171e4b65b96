//! Faults, and what becomes of each incident: one table, one runner, the real command.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod runner;

use std::sync::Mutex;

use runner::{Scenario, scenarios};

/// The interfaces that each line is run over.
const WAYS: [&str; 2] = ["rest", "soap"];
/// Cells that are run at the same time: most of them only wait.
const THREADS: usize = 8;

#[test]
fn every_incident_ends_as_the_table_says() {
    // Several rounds in a row, for those who hunt for chance: CAREFLEX_ROUNDS=50.
    let rounds = std::env::var("CAREFLEX_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let table = scenarios(include_str!("table.txt"));
    let mut cells: Vec<(&Scenario, &str, usize)> = Vec::new();
    for _ in 0..rounds {
        for scenario in &table {
            for way in WAYS.into_iter().filter(|way| scenario.runs_over(way)) {
                cells.extend(
                    scenario
                        .at_once
                        .iter()
                        .map(|requests| (scenario, way, *requests)),
                );
            }
        }
    }
    let cells = Mutex::new(cells.into_iter());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let next = cells.lock().unwrap().next();
                    let Some((scenario, way, concurrency)) = next else {
                        return;
                    };
                    if let Err(difference) = scenario.run(way, concurrency) {
                        failures.lock().unwrap().push(format!(
                            "{} over {way}, {concurrency} at a time: {difference}",
                            scenario.fault
                        ));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
