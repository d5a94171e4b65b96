//! Sends the rows of an input: batches of one company, a bounded number of requests at the same time,
//! never two of one employee, and the outcomes in the order of the input.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use careflex::{CareflexId, Incident, Reporter, Rules, Violation, ViolationCode};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::batch::{Batch, EmployeeKey, Sent};
use super::interrupt::Interrupt;
use crate::commands::validate::print_violations;
use crate::input::{Input, Item};
use crate::output::{Printer, RowLine, Status, Summary};

/// Rows that are read ahead.
const READ_AHEAD: usize = 256;
/// Rows whose outcome waits for an earlier one; beyond, nothing more is read.
const MOST_WAITING: usize = 20_000;

/// How a run goes.
pub(crate) struct Plan {
    /// `None`: nothing is sent.
    pub(crate) reporter: Option<Arc<dyn Reporter>>,
    pub(crate) rules: Rules,
    pub(crate) concurrency: usize,
    /// How many rows the first reading found.
    pub(crate) expected_rows: Option<u64>,
    /// There was no first reading, so violations are printed on the way.
    pub(crate) prints_violations: bool,
    /// What to say of rows when nothing is sent.
    pub(crate) not_sent_because: &'static str,
}

/// What a run came to.
pub(crate) struct Finished {
    pub(crate) summary: Summary,
    /// Why it ended early.
    pub(crate) stopped: Option<String>,
    /// A file could not be read to its end.
    pub(crate) is_input_broken: bool,
}

pub(crate) struct Run<'p> {
    reporter: Option<Arc<dyn Reporter>>,
    rules: Arc<Rules>,
    plan: Plan,
    printer: &'p mut Printer,
    requests: JoinSet<Sent>,
    /// What to say of the rows of a request that ends without an outcome.
    in_doubt: HashMap<Id, Vec<RowLine>>,
    /// Whose incidents are under way: NEW must come before its SDB.
    under_way: HashSet<EmployeeKey>,
    /// The batch that is being filled.
    open: Option<Batch>,
    /// A full batch that waits for a free place.
    waiting: Option<Batch>,
    /// Outcomes that wait for an earlier row.
    settled: BTreeMap<u64, RowLine>,
    next_index: u64,
    rows_read: u64,
    summary: Summary,
    stopped: Option<String>,
    is_input_broken: bool,
    /// Standard output is gone: nothing more is printed, but what is under way is finished.
    is_output_broken: bool,
}

impl<'p> Run<'p> {
    pub(crate) fn new(mut plan: Plan, printer: &'p mut Printer) -> Self {
        Self {
            reporter: plan.reporter.take(),
            rules: Arc::new(plan.rules.clone()),
            plan,
            printer,
            requests: JoinSet::new(),
            in_doubt: HashMap::new(),
            under_way: HashSet::new(),
            open: None,
            waiting: None,
            settled: BTreeMap::new(),
            next_index: 0,
            rows_read: 0,
            summary: Summary::default(),
            stopped: None,
            is_input_broken: false,
            is_output_broken: false,
        }
    }

    /// Sends all rows of an input, and prints an outcome for each.
    pub(crate) async fn all(mut self, input: &Input) -> Finished {
        let mut interrupt = Interrupt::listen();
        let mut items = read_in_background(input);
        let mut reading = true;
        loop {
            self.start_waiting();
            let can_read = reading && self.waiting.is_none() && self.settled.len() < MOST_WAITING;
            if !reading && self.waiting.is_none() {
                self.waiting = self.open.take();
                if self.waiting.is_some() {
                    continue;
                }
                if self.requests.is_empty() {
                    break;
                }
            }
            tokio::select! {
                biased;
                () = interrupt.wait(), if self.stopped.is_none() => {
                    self.stop("interrupted: what was under way is finished, the rest was not sent".to_owned());
                    // Files are read on, so that each row is accounted for; a pipe may never end.
                    reading = reading && !input.is_piped();
                }
                Some(sent) = self.requests.join_next_with_id() => self.settle(sent),
                item = items.recv(), if can_read => match item {
                    Some(item) => self.take(item),
                    None => reading = false,
                },
            }
        }
        self.account_for_unread_rows();
        Finished {
            summary: self.summary,
            stopped: self.stopped,
            is_input_broken: self.is_input_broken,
        }
    }

    fn take(&mut self, item: Item) {
        if self.plan.prints_violations {
            let printed = print_violations(&item, self.printer);
            self.note_output(printed.map(drop));
        }
        let (index, row) = match item.row {
            Ok(row) => row,
            Err(error) => {
                self.is_input_broken = true;
                self.stop(format!("{}: {error}; what follows was not sent", item.file));
                return;
            }
        };
        self.rows_read += 1;
        match (row.incident, row.careflex_id) {
            (Ok(incident), Some(company)) => self.add(index, company, incident),
            (Ok(_), None) => {
                let missing =
                    Violation::error("careflexId", ViolationCode::NoCompany, "is missing");
                self.finish([RowLine::invalid(index, row.key, None, &missing.into())]);
            }
            (Err(violations), company) => {
                self.finish([RowLine::invalid(
                    index,
                    row.key,
                    company.as_ref(),
                    &violations,
                )]);
            }
        }
    }

    /// Adds a row to the open batch. Nothing is read while a batch waits, so there is room for one.
    fn add(&mut self, index: u64, company: CareflexId, incident: Incident) {
        let most = self.plan.rules.max_incidents;
        let is_done = |batch: &mut Batch| batch.company != company || batch.rows.len() >= most;
        if let Some(done) = self.open.take_if(is_done) {
            self.waiting = Some(done);
        }
        self.open
            .get_or_insert_with(|| Batch {
                company,
                rows: Vec::new(),
            })
            .rows
            .push((index, incident));
        if self.waiting.is_none() {
            self.waiting = self.open.take_if(|batch| batch.rows.len() >= most);
        }
    }

    /// Sends the waiting batch if there is a place for it.
    fn start_waiting(&mut self) {
        let is_over = self.reporter.is_none() || self.stopped.is_some();
        let has_place = is_over || self.requests.len() < self.plan.concurrency;
        let under_way = &self.under_way;
        let is_free =
            |batch: &mut Batch| is_over || !batch.keys().any(|key| under_way.contains(&key));
        let Some(batch) = self.waiting.take_if(|batch| has_place && is_free(batch)) else {
            return;
        };
        match &self.reporter {
            Some(reporter) if !is_over => {
                self.under_way.extend(batch.keys());
                let in_doubt =
                    batch.lines(Status::InDoubt, Some("the request failed unexpectedly"));
                let request = self
                    .requests
                    .spawn(batch.send(Arc::clone(reporter), Arc::clone(&self.rules)));
                self.in_doubt.insert(request.id(), in_doubt);
            }
            _ => {
                let because = match &self.stopped {
                    Some(_) if self.reporter.is_some() => "not sent because the run ended early",
                    _ => self.plan.not_sent_because,
                };
                self.finish(batch.lines(Status::NotSent, Some(because)));
            }
        }
    }

    fn settle(&mut self, sent: Result<(Id, Sent), JoinError>) {
        match sent {
            Ok((id, sent)) => {
                self.in_doubt.remove(&id);
                self.summary.requests += u64::from(sent.was_request);
                for key in &sent.keys {
                    self.under_way.remove(key);
                }
                if let Some(reason) = sent.stop {
                    self.stop(reason);
                }
                self.finish(sent.lines);
            }
            // A panic; its hook has said where.
            Err(error) => {
                self.summary.requests += 1;
                self.stop("a request failed unexpectedly: its rows are in doubt".to_owned());
                let lines = self.in_doubt.remove(&error.id()).unwrap_or_default();
                self.finish(lines);
            }
        }
    }

    /// Takes outcomes, and prints those that no earlier row holds up any more.
    fn finish(&mut self, lines: impl IntoIterator<Item = RowLine>) {
        self.settled
            .extend(lines.into_iter().map(|line| (line.index, line)));
        while let Some(line) = self.settled.remove(&self.next_index) {
            self.next_index += 1;
            self.summary.count(line.status);
            if !self.is_output_broken {
                let printed = self.printer.row(&line);
                self.note_output(printed);
            }
            self.printer.progress(1);
        }
    }

    fn note_output(&mut self, printed: io::Result<()>) {
        if let Err(error) = printed {
            self.is_output_broken = true;
            self.stop(format!("cannot write the results: {error}"));
        }
    }

    fn stop(&mut self, reason: String) {
        self.stopped.get_or_insert(reason);
    }

    /// Rows of a file that could not be read again, because it had changed.
    fn account_for_unread_rows(&mut self) {
        let expected = self.plan.expected_rows.unwrap_or_default();
        self.summary.not_sent += expected.saturating_sub(self.rows_read);
    }
}

/// Reads on a thread of its own: reading blocks.
fn read_in_background(input: &Input) -> mpsc::Receiver<Item> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let items = input.read_again();
    std::thread::spawn(move || {
        for item in items {
            // The run is over when nobody takes the rows any more.
            if sender.blocking_send(item).is_err() {
                return;
            }
        }
    });
    receiver
}
