//! The outbox under a worker that dies, a store that fails and a portal that misbehaves: some ten thousand histories,
//! each of which is decided by its seed alone.
//!
//! Real are the store with its database and the worker. Simulated are the portal, time, chance, and the death of the
//! program: its future is dropped at an await point, the database is closed (or its files are copied as they are, as
//! a killed process leaves them), and opened again. What has to be true is in `checks.rs` and, where the portal sees
//! it, in `portal.rs`:
//!
//! - No incident that was enqueued is lost; each is in one state, and in the end it is known what became of it.
//! - None is booked twice, and none is booked while it is believed queued, refused or invalid.
//! - Incidents of one employee are booked in their order, and never while another one is unanswered or in doubt.
//! - Before a request arrives, the database has it as leaving.
//! - The counts are those of the list.
//! - A new start changes nothing; the next worker brings into doubt what was leaving, and nothing else.
//!
//! `CAREFLEX_HISTORIES=100000` goes through more of them, and lists what they have met. A failure says how
//! to see the same history again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod checks;
mod crashing;
mod history;
mod incidents;
mod met;
mod portal;
mod shelf;
mod steps;

use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use careflex_outbox::SqliteStore;
use tempfile::TempDir;

use history::{Crash, History, Plan};
use met::{Met, TROUBLE};

/// Histories with crashes by chance, if nothing else is said.
const BY_CHANCE: u64 = 3_300;
/// Small histories that are gone through once for each of their await points.
const SYSTEMATIC: u64 = 140;
/// More than there are processors, as each waits for the threads of its store.
const THREADS: usize = 8;

#[test]
fn no_incident_is_lost_and_none_is_booked_twice() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let site = Site::new();
    let met = Met::default();
    if let Some(seed) = number("CAREFLEX_SEED") {
        let crash = match number("CAREFLEX_CRASH") {
            None => Crash::ByChance,
            Some(0) => Crash::Nowhere,
            Some(point) => Crash::At(point),
        };
        site.run(seed, crash, true, &met);
        return;
    }
    let by_chance = number("CAREFLEX_HISTORIES").unwrap_or(BY_CHANCE);
    let systematic = SYSTEMATIC * (by_chance / BY_CHANCE).max(1);
    let begin = std::time::Instant::now();
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if site.has_failed.load(Ordering::SeqCst) {
                        return;
                    }
                    if seed < systematic {
                        site.run_with_each_crash(seed, &met);
                    } else if seed < systematic + by_chance {
                        site.run(seed, Crash::ByChance, false, &met);
                    } else {
                        return;
                    }
                }
            });
        }
    });
    report(&met, begin.elapsed());
    if by_chance >= BY_CHANCE {
        assert!(met.count("histories") >= 10_000);
        for trouble in TROUBLE {
            assert!(met.count(trouble) > 0, "never met: {trouble}");
        }
    }
}

#[test]
fn a_seed_is_one_history() {
    let site = Site::new();
    for seed in 0..30 {
        let [one, other] = [(); 2].map(|()| {
            let met = Met::default();
            site.run(seed, Crash::ByChance, false, &met);
            met.in_full()
        });
        assert_eq!(one, other, "seed {seed}");
    }
}

/// Where the databases are: in memory if there is such a place, as a hundred thousand commits would wait for the disk.
struct Site {
    folder: TempDir,
    empty: PathBuf,
    has_failed: AtomicBool,
}

impl Site {
    fn new() -> Self {
        let in_memory = Path::new("/dev/shm");
        let folder = if in_memory.is_dir() {
            TempDir::new_in(in_memory)
        } else {
            TempDir::new()
        }
        .unwrap();
        let empty = folder.path().join("empty.sqlite");
        drop(SqliteStore::open(&empty).unwrap());
        Self {
            folder,
            empty,
            has_failed: AtomicBool::new(false),
        }
    }

    /// Counts the await points of a history, then kills the program at each of them.
    fn run_with_each_crash(&self, seed: u64, met: &Met) {
        let points = self.run(seed, Crash::Nowhere, false, met);
        for point in 1..=points {
            self.run(seed, Crash::At(point), false, met);
        }
    }

    fn run(&self, seed: u64, crash: Crash, is_told: bool, met: &Met) -> u64 {
        let plan = Plan {
            seed,
            crash,
            is_told,
        };
        let folder = TempDir::new_in(self.folder.path()).unwrap();
        let history = || History::run(plan, folder.path(), &self.empty, met);
        match std::panic::catch_unwind(AssertUnwindSafe(history)) {
            Ok(points) => points,
            Err(panic) => {
                self.has_failed.store(true, Ordering::SeqCst);
                say(&format!("a history has failed: {}", replay(seed, crash)));
                std::panic::resume_unwind(panic)
            }
        }
    }
}

fn replay(seed: u64, crash: Crash) -> String {
    let crash = match crash {
        Crash::ByChance => String::new(),
        Crash::Nowhere => "CAREFLEX_CRASH=0 ".to_owned(),
        Crash::At(point) => format!("CAREFLEX_CRASH={point} "),
    };
    format!(
        "CAREFLEX_SEED={seed} {crash}cargo test -p careflex-outbox --test simulation no_incident"
    )
}

fn report(met: &Met, took: std::time::Duration) {
    let doubts = met.count("resolved as booked") + met.count("resolved as not booked");
    if std::env::var_os("CAREFLEX_HISTORIES").is_some() {
        say(&met.in_full());
    }
    say(&format!(
        "{} histories, {} crashes, {} await points, {} requests, {} bookings, {doubts} doubts in {} s",
        met.count("histories"),
        met.count("crashes"),
        met.count("await points"),
        met.count("requests"),
        met.count("bookings"),
        took.as_secs()
    ));
}

/// Past the test harness, which keeps what a test prints.
fn say(text: &str) {
    let _: Result<(), _> = writeln!(std::io::stderr(), "{text}");
}
