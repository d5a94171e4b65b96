//! The commands that are killed: what each wants beside it.

use std::process::Command;

use careflex::Rules;
use careflex::outbox::{Enqueued, Entry, Outbox, State};
use careflex::rest::json::IncidentReader;

use crate::chance::Chance;
use crate::common::{Ran, names, records, run};
use crate::ground::Ground;

/// A command to be killed and started again.
pub(crate) trait Driver: Send {
    /// What it is called in the summary.
    fn name(&self) -> &'static str;

    /// Puts incidents where the command finds them, before it is started for the first time.
    fn prepare(&mut self, ground: &Ground, chance: &mut Chance);

    /// The command, as it is started to be killed. It need not end by itself.
    fn command(&self, ground: &Ground) -> Command;

    /// What happens beside it. Called again and again while it runs.
    fn meanwhile(&mut self, _: &Ground, _: &mut Chance) {}

    /// Lets it do whatever it can, without killing it.
    fn finish(&mut self, ground: &Ground) -> Ran;

    /// How many incidents there may be in the outbox, after any kill.
    fn may_hold(&self, ground: &Ground, incidents: usize) -> bool;

    /// Checks what it left and said when everything was done.
    fn check_end(&self, ground: &Ground, ran: &Ran);
}

/// `careflex report FILE --store`
pub(crate) struct Report;

impl Driver for Report {
    fn name(&self) -> &'static str {
        "report --store"
    }

    fn prepare(&mut self, ground: &Ground, _: &mut Chance) {
        ground.world.write(FILE, ground.population.lines.join("\n"));
    }

    fn command(&self, ground: &Ground) -> Command {
        let mut command = ground.world.report_command(FILE, &[]);
        command.args(ground.sending());
        command
    }

    fn finish(&mut self, ground: &Ground) -> Ran {
        run(self.command(ground))
    }

    /// All rows of a file are enqueued or none.
    fn may_hold(&self, ground: &Ground, incidents: usize) -> bool {
        incidents == 0 || incidents == ground.population.lines.len()
    }

    fn check_end(&self, ground: &Ground, ran: &Ran) {
        let rows = ground.population.lines.len();
        assert_eq!(ran.statuses(), vec!["accepted"; rows]);
        let summary = ran.summary();
        assert_eq!(summary["accepted"], rows, "{summary}");
        for other in ["refused", "invalid", "notSent", "inDoubt", "handedOver"] {
            assert_eq!(summary[other], 0, "{summary}");
        }
    }
}

const FILE: &str = "staff.jsonl";

/// `careflex outbox run`, while an application enqueues.
#[derive(Default)]
pub(crate) struct OutboxRun {
    /// How many of the lines are enqueued.
    enqueued: usize,
}

impl Driver for OutboxRun {
    fn name(&self) -> &'static str {
        "outbox run"
    }

    fn prepare(&mut self, ground: &Ground, chance: &mut Chance) {
        let first = chance.below(ground.population.lines.len());
        self.enqueue(ground, first);
    }

    fn command(&self, ground: &Ground) -> Command {
        let mut command = ground.world.command();
        command.args(["outbox", "run", "--via", "rest", "--json"]);
        command.args(ground.sending());
        command
    }

    fn meanwhile(&mut self, ground: &Ground, chance: &mut Chance) {
        if chance.one_in(20) {
            self.enqueue(ground, chance.between(1, 60));
        }
    }

    fn finish(&mut self, ground: &Ground) -> Ran {
        self.enqueue(ground, usize::MAX);
        let mut command = self.command(ground);
        command.arg("--once");
        run(command)
    }

    fn may_hold(&self, _: &Ground, incidents: usize) -> bool {
        incidents == self.enqueued
    }

    fn check_end(&self, ground: &Ground, _: &Ran) {
        assert_eq!(self.enqueued, ground.population.lines.len());
    }
}

impl OutboxRun {
    /// Enqueues the next lines, and those before them again, as an application does that was not sure.
    fn enqueue(&mut self, ground: &Ground, lines: usize) {
        let all = &ground.population.lines;
        let to = self.enqueued.saturating_add(lines).min(all.len());
        if to == self.enqueued {
            return;
        }
        let from = self.enqueued.saturating_sub(5);
        let file = all[from..to].join("\n");
        let entries: Vec<_> = IncidentReader::new(file.as_bytes(), Rules::documented())
            .map(|row| Entry::try_from(row.unwrap()).unwrap())
            .collect();
        let outbox = Outbox::sqlite(&ground.store).unwrap();
        let outcomes = ground.world.block_on(outbox.enqueue_all(entries)).unwrap();
        for (place, outcome) in (from..).zip(outcomes) {
            match outcome.unwrap() {
                Enqueued::Added(_) => assert!(place >= self.enqueued),
                Enqueued::Already(_, state) => {
                    assert!(place < self.enqueued && state != State::Refused);
                }
                other => panic!("{other:?}"),
            }
        }
        self.enqueued = to;
    }
}

/// `careflex watch`, while an HR system exports.
#[derive(Default)]
pub(crate) struct Watch {
    /// The last line of each file, from 1, in the order of the files.
    ends: Vec<usize>,
    /// How many of the files were put into the folder.
    exported: usize,
}

impl Driver for Watch {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn prepare(&mut self, ground: &Ground, chance: &mut Chance) {
        std::fs::create_dir(ground.world.folder.path().join(FOLDER)).unwrap();
        let lines = ground.population.lines.len();
        let mut end = 0;
        while end < lines {
            end = (end + chance.between(lines / 6, lines / 2)).min(lines);
            self.ends.push(end);
        }
        self.export(ground);
    }

    fn command(&self, ground: &Ground) -> Command {
        let mut command = ground.world.command();
        command.args(["watch", FOLDER, "--via", "rest", "--settle", "0"]);
        command
            .args(["--poll", "1", "--json"])
            .args(ground.sending());
        command
    }

    fn meanwhile(&mut self, ground: &Ground, chance: &mut Chance) {
        if chance.one_in(40) {
            self.export(ground);
        }
    }

    fn finish(&mut self, ground: &Ground) -> Ran {
        while self.exported < self.ends.len() {
            self.export(ground);
        }
        let mut command = self.command(ground);
        command.arg("--once");
        run(command)
    }

    /// All rows of a file are enqueued or none, and the files in their order.
    fn may_hold(&self, _: &Ground, incidents: usize) -> bool {
        incidents == 0 || self.ends[..self.exported].contains(&incidents)
    }

    /// Each file was moved, once, with the receipts of all its rows.
    fn check_end(&self, ground: &Ground, _: &Ran) {
        let folder = ground.world.folder.path().join(FOLDER);
        assert_eq!(names(&folder), ["done", "failed"]);
        assert!(names(&folder.join("failed")).is_empty());
        let done = names(&folder.join("done"));
        assert_eq!(done.len(), 2 * self.ends.len(), "{done:?}");
        let mut receipts = 0;
        for name in done.iter().filter(|name| name.ends_with(".receipts.csv")) {
            let content = std::fs::read_to_string(folder.join("done").join(name)).unwrap();
            for receipt in records(&content) {
                assert_eq!(receipt["status"], "accepted");
                receipts += 1;
            }
        }
        assert_eq!(receipts, ground.population.lines.len());
    }
}

const FOLDER: &str = "export";

impl Watch {
    /// Puts the next file into the folder: in one step, as HR systems should.
    fn export(&mut self, ground: &Ground) {
        let Some(end) = self.ends.get(self.exported) else {
            return;
        };
        let begin = match self.exported {
            0 => 0,
            number => self.ends[number - 1],
        };
        let name = format!("{:02}.jsonl", self.exported);
        let lines = ground.population.lines[begin..*end].join("\n");
        let written = ground.world.write(&name, lines);
        let folder = ground.world.folder.path().join(FOLDER);
        std::fs::rename(written, folder.join(name)).unwrap();
        self.exported += 1;
    }
}
