//! Runs a line of the table, and compares what was said and done with what was expected.

use std::fmt::Write as _;

use careflex_sandbox::Fault;

use crate::common::{Ran, World, run};

/// A line of the table.
pub(crate) struct Scenario {
    /// The only interface that it is meant for.
    only: Option<String>,
    pub(crate) fault: String,
    place: Place,
    /// What becomes of the two incidents of a report that is struck.
    rows: [String; 2],
    /// How often they are booked.
    booked: [usize; 2],
    code: i32,
    /// How many requests are under way at the same time, cell by cell.
    pub(crate) at_once: Vec<usize>,
    /// With several, those beside the one that is struck may not be sent either.
    strikes_beside: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Token,
    New,
    None,
}

/// Which reports a fault strikes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Struck {
    /// This one.
    One(usize),
    /// One of them; nobody knows which.
    Any,
    All,
}

/// The lines of a table.
pub(crate) fn scenarios(table: &str) -> Vec<Scenario> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<_> = line.rsplitn(5, '|').map(str::trim).collect();
            let [at_once, code, booked, rows, fault] = columns[..] else {
                panic!("a line has five columns: {line}");
            };
            let (only, fault) = match fault.split_once(": ") {
                Some((only, fault)) => (Some(only.to_owned()), fault),
                None => (None, fault),
            };
            let (_, settings) = fault.rsplit_once('@').unwrap();
            let pair = |text: &str| -> [String; 2] {
                let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
                words.try_into().unwrap()
            };
            Scenario {
                only,
                place: match settings.split(',').next() {
                    Some("token") => Place::Token,
                    Some("new") => Place::New,
                    Some("none") => Place::None,
                    _ => panic!("no such place: {line}"),
                },
                fault: fault.to_owned(),
                rows: pair(rows),
                booked: pair(booked).map(|times| times.parse().unwrap_or(0)),
                code: code.parse().unwrap(),
                at_once: at_once
                    .split_whitespace()
                    .map(|requests| requests.trim_start_matches('~').parse().unwrap())
                    .collect(),
                strikes_beside: at_once.contains('~'),
            }
        })
        .collect()
}

impl Scenario {
    pub(crate) fn runs_over(&self, way: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == way)
    }

    /// Runs it in a world of its own.
    ///
    /// # Errors
    /// What came differently, in words.
    pub(crate) fn run(&self, way: &str, concurrency: usize) -> Result<(), String> {
        let world = World::new();
        let result = match self.place {
            Place::None => self.run_none(&world, way),
            Place::New | Place::Token => self.run_reports(&world, way, concurrency),
        };
        if result.is_ok() && !self.fault.contains("always") && world.sandbox.pending_faults() > 0 {
            return Err("the fault has not struck".to_owned());
        }
        result
    }

    fn run_none(&self, world: &World, way: &str) -> Result<(), String> {
        world.sandbox.inject(self.fault.parse().unwrap());
        let mut command = world.command();
        command.args(["none", "--via", way, "--json", "--created-at", "2026-11-30"]);
        command.args(self.time_out());
        let ran = run(command);
        let said: Vec<_> = ran.events("none");
        let status = said.first().map_or("nothing", |event| {
            event["status"].as_str().unwrap_or("nothing")
        });
        let booked = world.sandbox.ledger().empty_reports.len();
        let came = (status, booked, ran.code);
        let expected = (self.rows[0].as_str(), self.booked[0], self.code);
        same(&came, &expected, &ran)
    }

    fn run_reports(&self, world: &World, way: &str, concurrency: usize) -> Result<(), String> {
        // With several at a time the last report is struck: those before it are under way or answered,
        // and none comes behind it, so that nothing depends on which one is faster.
        let (reports, place) = if concurrency == 1 { (3, 1) } else { (24, 23) };
        let (fault, struck) = self.aim(place, concurrency);
        world.sandbox.inject(fault);
        let path = world.write("staff.jsonl", file(reports));
        let mut command = world.command();
        command
            .arg("report")
            .arg(path)
            .args(["--via", way, "--json"])
            .args(["--concurrency", &concurrency.to_string()])
            .args(self.time_out());
        let ran = run(command);
        let statuses = ran.statuses();
        let struck = match struck {
            Struck::Any => {
                let found = statuses.chunks(2).position(|rows| rows == self.rows);
                Struck::One(found.ok_or_else(|| format!("no report was struck: {ran:?}"))?)
            }
            known => known,
        };

        let ledger = world.sandbox.ledger();
        let mut came = Vec::new();
        let mut expected = Vec::new();
        for report in 0..reports {
            for row in 0..2 {
                let key = key(report, row);
                let times = ledger.times_booked_external(&key.parse().unwrap());
                let status = statuses
                    .get(report * 2 + row)
                    .map_or("nothing", String::as_str);
                let wanted = self.expected(struck, report, row);
                let is_beside = self.strikes_beside && concurrency > 1 && wanted.0 == "accepted";
                // Not sent, and not booked: that is as good.
                let is_as_good = is_beside && (status, times) == ("not-sent", 0);
                came.push(if is_as_good { wanted } else { (status, times) });
                expected.push(wanted);
            }
        }
        same(&(came, ran.code), &(expected, self.code), &ran)?;
        if statuses.len() != reports * 2 || ledger.bookings.iter().any(|one| !one.api_token_ok) {
            return Err(format!("there is more than was sent: {ran:?}"));
        }
        Ok(())
    }

    /// The fault, so that it strikes the report at a place.
    fn aim(&self, place: usize, concurrency: usize) -> (Fault, Struck) {
        let fault = self.fault.as_str();
        let strikes_unread =
            fault.starts_with("cut-before-reading") || fault.starts_with("cut-while");
        let more = |setting: &str| format!("{fault},{setting}").parse().unwrap();
        if self.place == Place::Token {
            (fault.parse().unwrap(), Struck::All)
        } else if fault.starts_with("close-on-reuse") {
            // Which connection is used again is the client's own business.
            (fault.parse().unwrap(), Struck::Any)
        } else if strikes_unread {
            // What was not read cannot be told by its content.
            let struck = if concurrency == 1 {
                Struck::One(place)
            } else {
                Struck::Any
            };
            (more(&format!("after={place}")), struck)
        } else {
            let employee = format!("employee=E{place}-0");
            (more(&employee), Struck::One(place))
        }
    }

    /// What should become of a row, and how often it should be booked.
    fn expected(&self, struck: Struck, report: usize, row: usize) -> (&str, usize) {
        let is_struck = struck == Struck::All || struck == Struck::One(report);
        let stops = self.rows[0] == "not-sent";
        let comes_behind = matches!(struck, Struck::One(place) if report > place);
        if is_struck {
            (&self.rows[row], self.booked[row])
        } else if stops && comes_behind {
            ("not-sent", 0)
        } else {
            ("accepted", 1)
        }
    }

    /// What never ends has to be given up.
    fn time_out(&self) -> &[&str] {
        if self.fault.starts_with("endless") {
            &["--timeout", "1"]
        } else {
            &[]
        }
    }
}

/// Reports of two incidents each, each of a company of its own.
fn file(reports: usize) -> String {
    let mut file = String::new();
    for report in 0..reports {
        for row in 0..2 {
            let key = key(report, row);
            writeln!(
                file,
                r#"{{"careflexId":"c{report}","externalId":"{key}","type":"RST","employeeId":"E{report}-{row}","createdAt":"2026-11-20","validFrom":"2026-12-01"}}"#
            )
            .unwrap();
        }
    }
    file
}

/// Not ASCII: in another charset it is something else.
fn key(report: usize, row: usize) -> String {
    format!("Schlüssel-{report}-{row}")
}

fn same<T: PartialEq + std::fmt::Debug>(came: &T, expected: &T, ran: &Ran) -> Result<(), String> {
    if came == expected {
        return Ok(());
    }
    Err(format!(
        "\n  expected {expected:?}\n  but came {came:?}\n{}",
        ran.err
    ))
}
