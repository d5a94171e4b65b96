//! One history: a seed decides everything that happens in it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use careflex_core::{Level, Rules};
use careflex_outbox::{Ended, Outbox, SqliteStore, State, Stop, StoreError};
use fastrand::Rng;

use crate::checks::{self, Check};
use crate::crashing::Crashing;
use crate::incidents::{Planned, Population};
use crate::met::Met;
use crate::portal::Portal;
use crate::shelf::Shelf;
use crate::steps::{Task, Time};

mod application;
mod person;

/// More await points than any run of a worker has.
const ENDLESS: u64 = 20_000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) crash: Crash,
    /// Writes what happens.
    pub(crate) is_told: bool,
}

/// Where the program dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Wherever chance wants, as often as it wants; in a big history.
    ByChance,
    /// Nowhere, in a small history.
    Nowhere,
    /// At one await point of a small history.
    At(u64),
}

pub(crate) struct History {
    plan: Plan,
    chance: Rng,
    met: Met,
    time: Time,
    folder: PathBuf,
    /// How often the database has moved: see [`History::crash`].
    moves: u32,
    shelf: Shelf,
    portal: Portal,
    population: Population,
    /// What the application will still enqueue.
    waiting: VecDeque<Planned>,
    contents: u64,
    /// Await points of all workers so far.
    points: u64,
    is_calm: bool,
}

/// What a run of a worker is like.
struct Run {
    drains: bool,
    is_eager: bool,
    failing: u32,
    concurrency: usize,
    patience: usize,
    crash_after: Option<u64>,
    stop_after: Option<u64>,
    rules: Rules,
}

impl History {
    /// Runs through a history in this folder, beginning with a copy of an empty database. Says how many await points
    /// there were.
    pub(crate) fn run(plan: Plan, folder: &Path, empty: &Path, met: &Met) -> u64 {
        let is_small = plan.crash != Crash::ByChance;
        let mut chance = Rng::with_seed(plan.seed);
        let shelf = Shelf::default();
        let portal = Portal::new(chance.u64(..), &shelf, met, plan.is_told);
        let population = Population::by_chance(is_small, &mut chance);
        let mut history = Self {
            plan,
            met: met.clone(),
            time: Time::default(),
            folder: folder.to_owned(),
            moves: 0,
            shelf,
            portal,
            population,
            waiting: VecDeque::new(),
            contents: 0,
            points: 0,
            is_calm: false,
            chance,
        };
        std::fs::copy(empty, history.path()).unwrap();
        history.open();
        history.plan_incidents();
        let runs = history.chance.u32(1..=if is_small { 2 } else { 4 });
        for _ in 0..runs {
            let some = history.chance.usize(0..=history.waiting.len());
            history.enqueue_some(some);
            history.work();
            if history.chance.bool() {
                history.portal.come_to_rest();
                history.decide();
            }
        }
        history.bring_to_an_end();
        history.met.note("histories");
        history.met.add("await points", history.points);
        history.shelf.put(None);
        history.points
    }

    /// A worker runs until it ends or the program dies. Says why it ended, if it says so itself.
    fn work(&mut self) -> Option<Ended> {
        let run = self.run_by_chance();
        self.shelf.note_behind(run.is_eager);
        let stop = Stop::new();
        let mut worker = self.worker(&run, &stop);
        let begin = self.points;
        let mut is_disturbed = run.failing > 0 || run.stop_after.is_some();
        let ended = loop {
            if let Some(ended) = worker.step(&self.time) {
                break ended;
            }
            self.points += 1;
            self.portal.tick();
            self.check_portal();
            let points = self.points - begin;
            assert!(points < ENDLESS, "the worker does not end");
            if self.plan.crash == Crash::At(self.points) || run.crash_after == Some(points) {
                drop(worker);
                self.crash();
                return None;
            }
            if run.stop_after.is_some_and(|after| points >= after) {
                self.tell_to_stop(&stop);
            }
            is_disturbed |= self.disturb();
        };
        drop(worker);
        self.portal.tell(|| format!("the worker ended: {ended:?}"));
        self.note_end(&ended);
        if !is_disturbed && matches!(ended, Ok(Some(Ended::Drained))) {
            self.met.note("drains that were not disturbed");
            self.check(Check::Drained);
        } else if ended.is_ok() {
            self.check(Check::Ended);
        } else {
            self.check(Check::BetweenRuns);
        }
        ended.ok().flatten()
    }

    fn run_by_chance(&mut self) -> Run {
        let mut rules = Rules::documented();
        rules.max_incidents = self.population.most_incidents;
        if self.is_calm {
            return Run {
                drains: true,
                is_eager: false,
                failing: 0,
                concurrency: 2,
                patience: self.chance.usize(1..=6),
                crash_after: None,
                stop_after: None,
                rules,
            };
        }
        let chance = &mut self.chance;
        if chance.u32(0..4) == 0 {
            rules.unknown_type = Level::Error;
        }
        let drains = chance.u32(0..3) > 0;
        let can_crash = self.plan.crash == Crash::ByChance && chance.u32(0..3) > 0;
        let has_stop = !drains || chance.u32(0..6) == 0;
        Run {
            drains,
            is_eager: chance.bool(),
            failing: [0, 0, 20, 100][chance.usize(0..4)],
            concurrency: chance.usize(1..=4),
            patience: chance.usize(1..=6),
            crash_after: can_crash.then(|| chance.u64(1..=90)),
            stop_after: has_stop.then(|| chance.u64(5..=120)),
            rules,
        }
    }

    fn worker(&mut self, run: &Run, stop: &Stop) -> Task<Result<Option<Ended>, StoreError>> {
        let seed = self.chance.u64(..);
        let store = Crashing::new(
            self.shelf.store(),
            seed,
            run.failing,
            run.is_eager,
            &self.met,
        );
        let worker = Outbox::new(store)
            .rules(run.rules.clone())
            .worker(self.portal.clone())
            .concurrency(run.concurrency)
            .patience(run.patience)
            .retention(self.population.retention)
            .sleep(self.time.clone())
            .clock(std::sync::Arc::clone(&self.time.clock))
            .seed(seed);
        let stop = stop.clone();
        let drains = run.drains;
        Task::new(async move {
            if drains {
                worker.drain(&stop).await.map(Some)
            } else {
                worker.run(&stop).await.map(|()| None)
            }
        })
    }

    fn tell_to_stop(&mut self, stop: &Stop) {
        match self.chance.u32(0..20) {
            0 => {
                self.met.note("requests given up");
                stop.abandon();
            }
            _ => stop.stop(),
        }
    }

    fn note_end(&self, ended: &Result<Option<Ended>, StoreError>) {
        match ended {
            Ok(Some(Ended::Resting)) => self.met.note("resting"),
            Ok(Some(Ended::Stopped) | None) => self.met.note("stopped"),
            Ok(_) => {}
            Err(_) => self.met.note("workers ended by the store"),
        }
    }

    /// The others who use the database do something while the worker runs. Whether they did.
    fn disturb(&mut self) -> bool {
        match self.chance.u32(0..60) {
            0..=3 if !self.waiting.is_empty() => {
                let some = self.chance.usize(1..=3);
                self.enqueue_some(some);
                true
            }
            4 => {
                self.decide();
                true
            }
            _ => false,
        }
    }

    /// The program dies and is started again. A process that is killed leaves the log of its database behind: the
    /// files are copied away before this one has closed them.
    fn crash(&mut self) {
        self.met.note("crashes");
        self.portal.tell(|| "crash".to_owned());
        self.check_portal();
        let before = checks::fingerprint(&self.shelf.records());
        if self.chance.bool() {
            self.met.note("crashes that left the log of the database");
            let [from, from_log] = [self.path(), self.log_path()];
            self.moves += 1;
            std::fs::copy(from, self.path()).unwrap();
            std::fs::copy(from_log, self.log_path()).unwrap();
        }
        self.shelf.put(None);
        self.open();
        let after = self.shelf.records();
        assert_eq!(
            before,
            checks::fingerprint(&after),
            "a new start changes nothing"
        );
        if self.chance.bool() {
            self.check_next_worker(&after);
        } else {
            let state = State::ALL[self.chance.usize(0..State::ALL.len())];
            self.check_list(&after, state);
        }
        self.check(Check::BetweenRuns);
    }

    /// No more trouble: a person decides on what is in doubt, and a worker sends, until nothing is left to do.
    fn bring_to_an_end(&mut self) {
        self.is_calm = true;
        self.portal.tell(|| "no more trouble".to_owned());
        self.portal.calm_down();
        let all = self.waiting.len();
        self.enqueue_some(all);
        for _ in 0..40 {
            self.portal.come_to_rest();
            self.check_portal();
            self.decide();
            if self.is_at_rest() {
                self.check(Check::AtTheEnd);
                return;
            }
            if let Some(Ended::Resting) = self.work() {
                self.wake();
            }
        }
        panic!("it does not come to an end: {:?}", self.shelf.records());
    }

    fn open(&mut self) {
        let clock = std::sync::Arc::clone(&self.time.clock);
        let store = SqliteStore::open_with_clock(self.path(), clock).unwrap();
        self.shelf.put(Some(store));
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.sqlite", self.moves))
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join(format!("{}.sqlite-wal", self.moves))
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(crate) fn portal(&self) -> &Portal {
        &self.portal
    }

    pub(crate) fn met(&self) -> &Met {
        &self.met
    }
}
