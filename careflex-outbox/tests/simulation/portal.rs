//! A portal that misbehaves by seed, knows what it has booked, and checks what it is sent against the store.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use careflex_core::{
    EmptyReport, Receipt, Report, ReportError, ReportErrorKind, Reporter, async_trait,
};
use careflex_outbox::{BatchNumber, IncidentNumber, Record, State};
use fastrand::Rng;

use crate::incidents::{Uid, uid_of};
use crate::met::Met;
use crate::shelf::Shelf;
use crate::steps::pause;

mod fate;

use fate::{Booked, Fate, RowFate};

/// Clones are the same portal.
#[derive(Clone)]
pub(crate) struct Portal(Arc<Mutex<Inside>>);

struct Inside {
    chance: Rng,
    met: Met,
    shelf: Shelf,
    /// Whether it misbehaves. Else it takes everything.
    makes_trouble: bool,
    /// Whether it refuses nearly everything, as a wrong address does.
    refuses: bool,
    /// How often each incident was booked.
    ledger: BTreeMap<Uid, u32>,
    /// Requests that are here.
    open: BTreeMap<u64, Vec<Uid>>,
    requests: u64,
    /// What it will still book, although nobody waits any more.
    late: Vec<Late>,
    /// What must never happen. A panic would be taken for one of the reporter's.
    violations: Vec<String>,
    is_told: bool,
}

struct Late {
    takes: Vec<Uid>,
    after_steps: u32,
}

#[async_trait]
impl Reporter for Portal {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let (mut request, fate, [on_the_way, at_work, back]) = self.receive(report);
        pause(on_the_way).await;
        request.book(fate.booked());
        pause(at_work).await;
        if let Fate::BreaksDown(_) = fate {
            self.lock().met.note("reporters that broke down");
            // Unlike `panic!` it writes nothing to the test's output.
            std::panic::resume_unwind(Box::new("the reporter breaks down"));
        }
        pause(back).await;
        self.lock().count(&fate);
        fate.into_answer(report)
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Err(ReportError::new(
            ReportErrorKind::Unsupported,
            "nobody asks for it",
        ))
    }
}

impl Portal {
    pub(crate) fn new(seed: u64, shelf: &Shelf, met: &Met, is_told: bool) -> Self {
        let mut chance = Rng::with_seed(seed);
        Self(Arc::new(Mutex::new(Inside {
            refuses: chance.u32(0..8) == 0,
            chance,
            met: met.clone(),
            shelf: shelf.clone(),
            makes_trouble: true,
            ledger: BTreeMap::new(),
            open: BTreeMap::new(),
            requests: 0,
            late: Vec::new(),
            violations: Vec::new(),
            is_told,
        })))
    }

    /// From now on it takes everything.
    pub(crate) fn calm_down(&self) {
        self.lock().makes_trouble = false;
    }

    /// One step has passed: some of what nobody waits for any more is booked.
    pub(crate) fn tick(&self) {
        let mut inside = self.lock();
        for late in &mut inside.late {
            late.after_steps = late.after_steps.saturating_sub(1);
        }
        inside.book_late(|late| late.after_steps == 0);
    }

    /// Books everything that it will still book.
    pub(crate) fn come_to_rest(&self) {
        self.lock().book_late(|_| true);
    }

    /// Whether it may still book an incident.
    pub(crate) fn may_still_book(&self, uid: Uid) -> bool {
        let inside = self.lock();
        let late = inside.late.iter().map(|late| &late.takes);
        let mut all = inside.open.values().chain(late).flatten();
        all.any(|one| *one == uid)
    }

    /// How often it has booked an incident.
    pub(crate) fn times_booked(&self, uid: Uid) -> u32 {
        self.lock().ledger.get(&uid).copied().unwrap_or_default()
    }

    pub(crate) fn booked(&self) -> Vec<Uid> {
        self.lock().ledger.keys().copied().collect()
    }

    /// What must never have happened.
    pub(crate) fn violation(&self) -> Option<String> {
        self.lock().violations.first().cloned()
    }

    /// Writes what happens, if somebody replays the history.
    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        self.lock().tell(what);
    }

    /// A request arrives.
    fn receive(&self, report: &Report) -> (Request, Fate, [u32; 3]) {
        let mut inside = self.lock();
        inside.met.note("requests");
        let uids: Vec<_> = report.incidents().iter().map(uid_of).collect();
        inside.check_arrival(&uids);
        let fate = inside.fate(uids.len());
        let points = [(); 3].map(|()| inside.chance.u32(0..=2));
        inside.requests += 1;
        let number = inside.requests;
        inside.tell(|| format!("request {number} brings {uids:?}: {fate:?}"));
        inside.open.insert(number, uids.clone());
        if inside.open.len() > 1 {
            inside.met.note("several requests at once");
        }
        let takes = uids.into_iter().enumerate();
        let takes = takes.filter(|(row, _)| fate.takes(*row));
        let request = Request {
            portal: self.clone(),
            number,
            takes: Some(takes.map(|(_, uid)| uid).collect()),
        };
        (request, fate, points)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is here. If its sender goes away before it was decided whether it is booked, chance decides.
struct Request {
    portal: Portal,
    number: u64,
    /// `None` once it is decided.
    takes: Option<Vec<Uid>>,
}

impl Request {
    fn book(&mut self, booked: Booked) {
        if let Some(takes) = self.takes.take() {
            self.portal.lock().book_when(takes, booked);
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut inside = self.portal.lock();
        inside.open.remove(&self.number);
        if let Some(takes) = self.takes.take() {
            let booked = inside.chance_of_booking();
            inside.tell(|| format!("the sender of request {} is gone: {booked:?}", self.number));
            if !takes.is_empty() && !matches!(booked, Booked::Never) {
                inside.met.note("bookings after the request had broken");
            }
            inside.book_when(takes, booked);
        }
    }
}

impl Inside {
    fn fate(&mut self, rows: usize) -> Fate {
        let accepted = vec![RowFate::Accepted; rows];
        if !self.makes_trouble {
            return Fate::Answered(accepted);
        }
        if self.refuses && self.chance.u32(0..8) > 0 {
            return Fate::RefusedAsAWhole;
        }
        match self.chance.u32(0..20) {
            0..=7 => Fate::Answered(accepted),
            8..=11 => Fate::Answered((0..rows).map(|_| self.row_fate()).collect()),
            12 => Fate::HandedOver,
            13..=14 => Fate::NotSent,
            15..=16 => Fate::RefusedAsAWhole,
            17 => Fate::Fails(ReportErrorKind::Unanswered, self.chance_of_booking()),
            18 => Fate::Fails(ReportErrorKind::ServerFailure, self.chance_of_booking()),
            _ => Fate::BreaksDown(self.chance_of_booking()),
        }
    }

    fn row_fate(&mut self) -> RowFate {
        match self.chance.u32(0..4) {
            0..=1 => RowFate::Accepted,
            2 => RowFate::Refused,
            _ => RowFate::Missing {
                is_booked: self.chance.bool(),
            },
        }
    }

    fn chance_of_booking(&mut self) -> Booked {
        match self.chance.u32(0..3) {
            0 => Booked::Never,
            1 => Booked::Now,
            _ => Booked::Late,
        }
    }

    fn count(&self, fate: &Fate) {
        let what = match fate {
            Fate::Answered(rows) => {
                let of = |one: fn(&RowFate) -> bool| rows.iter().filter(|row| one(row)).count();
                let refused = of(|row| *row == RowFate::Refused);
                self.met.add("refused rows", refused as u64);
                if of(|row| matches!(row, RowFate::Missing { .. })) > 0 {
                    self.met.note("answers that lacked rows");
                }
                return;
            }
            Fate::HandedOver => "handed over",
            Fate::NotSent => "requests not sent",
            Fate::RefusedAsAWhole => "requests refused as a whole",
            Fate::Fails(ReportErrorKind::Unanswered, Booked::Never) => "unanswered, not booked",
            Fate::Fails(ReportErrorKind::Unanswered, _) => "unanswered, booked",
            Fate::Fails(_, Booked::Never) => "server failures, not booked",
            Fate::Fails(..) => "server failures, booked",
            Fate::BreaksDown(_) => return,
        };
        self.met.note(what);
    }

    fn book_when(&mut self, takes: Vec<Uid>, booked: Booked) {
        match booked {
            Booked::Never => {}
            Booked::Now => self.book(&takes),
            Booked::Late => {
                let after_steps = self.chance.u32(1..=60);
                self.late.push(Late { takes, after_steps });
            }
        }
    }

    fn book_late(&mut self, is_due: impl Fn(&Late) -> bool) {
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(is_due);
        self.late = later;
        let due: Vec<Late> = due;
        for late in due {
            self.met.add("late bookings", late.takes.len() as u64);
            self.book(&late.takes);
        }
    }

    fn book(&mut self, takes: &[Uid]) {
        if takes.is_empty() {
            return;
        }
        self.tell(|| format!("booked: {takes:?}"));
        self.met.add("bookings", takes.len() as u64);
        let records = self.shelf.records();
        for uid in takes {
            self.check_booking(*uid, takes, &records);
            *self.ledger.entry(*uid).or_default() += 1;
        }
    }

    /// What is booked must be known to be under way, once, and in its order.
    fn check_booking(&mut self, uid: Uid, takes: &[Uid], records: &[Record]) {
        if self.ledger.contains_key(&uid) {
            self.complain(format!("incident {uid} is booked twice"));
        }
        let Some(record) = self.shelf.live(uid, records) else {
            return self.complain(format!("incident {uid} is booked and not in the list"));
        };
        if !matches!(record.state, State::Sending | State::InDoubt) {
            let state = record.state;
            self.complain(format!("incident {uid} is booked while it is {state}"));
        }
        let came_again = self.shelf.came_again(record.number);
        let overtaken_by = records.iter().find(|later| {
            let later_uid = self.shelf.uid(later.number);
            later.number > record.number
                && is_of_same_employee(later, record)
                && self.ledger.contains_key(&later_uid)
                && !takes.contains(&later_uid)
        });
        if let Some(later) = overtaken_by.filter(|_| !came_again) {
            let later = self.shelf.uid(later.number);
            self.complain(format!("incident {uid} is booked after {later}"));
        }
    }

    /// What arrives must be noted as leaving, in one batch, and no other incident of its employees may be under way,
    /// in doubt, or waiting before it.
    fn check_arrival(&mut self, uids: &[Uid]) {
        let records = self.shelf.records();
        let mut batch: Option<BatchNumber> = None;
        let mut numbers: Vec<IncidentNumber> = Vec::new();
        for uid in uids {
            let Some(record) = self.shelf.live(*uid, &records) else {
                return self.complain(format!("incident {uid} is sent and not in the list"));
            };
            if record.state != State::Sending || (batch.is_some() && record.batch != batch) {
                let state = record.state;
                self.complain(format!("incident {uid} arrives while it is {state}"));
            }
            batch = record.batch;
            numbers.push(record.number);
        }
        if !numbers.is_sorted() {
            self.complain(format!("the order of {uids:?} is wrong"));
        }
        let of_batch = records.iter().filter(|record| {
            record.state == State::Sending && record.batch.is_some() && record.batch == batch
        });
        if !of_batch.map(|record| &record.number).eq(&numbers) {
            self.complain(format!("the batch of {uids:?} holds others"));
        }
        let others = records
            .iter()
            .filter(|other| !numbers.contains(&other.number));
        for other in others {
            let mut sent = records.iter().filter(|one| numbers.contains(&one.number));
            let Some(one) = sent.rfind(|one| is_of_same_employee(one, other)) else {
                continue;
            };
            let is_in_the_way = match other.state {
                State::Sending | State::InDoubt => true,
                State::Queued => other.number < one.number && !self.shelf.came_again(other.number),
                _ => false,
            };
            if is_in_the_way {
                let [uid, other_uid] = [one, other].map(|record| self.shelf.uid(record.number));
                let state = other.state;
                self.complain(format!(
                    "incident {uid} arrives while {other_uid} is {state}"
                ));
            }
        }
    }

    fn complain(&mut self, what: String) {
        self.tell(|| what.clone());
        self.violations.push(what);
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            let _: Result<(), _> = writeln!(std::io::stderr(), "  {}", what());
        }
    }
}

pub(crate) fn is_of_same_employee(one: &Record, other: &Record) -> bool {
    one.careflex_id == other.careflex_id && one.employee_id == other.employee_id
}
