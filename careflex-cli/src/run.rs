//! Sends the rows of an input: batches of one company, a bounded number of requests at the same time,
//! never two of one employee, and the outcomes in the order of the input.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use careflex::{CareflexId, Incident, Reporter, RowKey, Rules, Violation, ViolationCode};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use crate::batch::{Batch, EmployeeKey, Sent};
use crate::check::{is_of_other_company, print_violations};
use crate::input::{Input, Item};
use crate::interrupt::Interrupt;
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
    /// Not every outcome could be printed.
    pub(crate) is_output_broken: bool,
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
        let mut interrupts = 0;
        loop {
            if self.is_over() {
                self.give_up_batches();
            } else {
                // A partial batch goes when nothing more comes, or when too many outcomes wait for it.
                if self.waiting.is_none() && (!reading || self.settled.len() >= MOST_WAITING) {
                    self.waiting = self.open.take();
                }
                self.start_waiting();
            }
            let can_read = reading && self.waiting.is_none() && self.settled.len() < MOST_WAITING;
            let is_idle = self.waiting.is_none() && self.open.is_none() && self.requests.is_empty();
            if !reading && is_idle {
                break;
            }
            tokio::select! {
                biased;
                () = interrupt.wait(interrupts + 1), if interrupts < 2 => {
                    interrupts += 1;
                    self.interrupt(interrupts);
                    // Files are read on, so that each row is accounted for; a pipe may never end.
                    reading = reading && !input.is_piped();
                }
                Some(sent) = self.requests.join_next_with_id() => self.settle(sent),
                item = items.recv(), if can_read => match item {
                    Some(item) => {
                        self.take(item);
                        // What follows a file that has changed would get the wrong numbers.
                        reading = !self.has_lost_count();
                    }
                    None => reading = false,
                },
            }
        }
        self.account_for_unread_rows();
        Finished {
            summary: self.summary,
            stopped: self.stopped,
            is_input_broken: self.is_input_broken,
            is_output_broken: self.is_output_broken,
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
        if is_of_other_company(&row) {
            self.is_input_broken = true;
            self.stop(format!(
                "{}: a row names another company than it should; what follows was not sent",
                item.file
            ));
        }
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

    /// Whether nothing more is sent.
    fn is_over(&self) -> bool {
        self.reporter.is_none() || self.stopped.is_some()
    }

    /// Whether a file that was read to its end before cannot be any more.
    fn has_lost_count(&self) -> bool {
        self.is_input_broken && self.reporter.is_some() && self.plan.expected_rows.is_some()
    }

    /// What has not been sent yet never will be.
    fn give_up_batches(&mut self) {
        let because = match &self.stopped {
            Some(_) if self.reporter.is_some() => "not sent because the run ended early",
            _ => self.plan.not_sent_because,
        };
        for batch in [self.waiting.take(), self.open.take()]
            .into_iter()
            .flatten()
        {
            self.finish(batch.lines(Status::NotSent, Some(because)));
        }
    }

    /// Sends the waiting batch if there is a place for it, and none of its employees is under way.
    fn start_waiting(&mut self) {
        let Some(reporter) = self.reporter.clone() else {
            return;
        };
        let has_place = self.requests.len() < self.plan.concurrency;
        let under_way = &self.under_way;
        let can_go =
            |batch: &mut Batch| has_place && !batch.keys().any(|key| under_way.contains(&key));
        let Some(batch) = self.waiting.take_if(can_go) else {
            return;
        };
        self.under_way.extend(batch.keys());
        let in_doubt = batch.lines(
            Status::InDoubt,
            Some("the request ended without an outcome"),
        );
        let request = self
            .requests
            .spawn(batch.send(reporter, Arc::clone(&self.rules)));
        self.in_doubt.insert(request.id(), in_doubt);
    }

    fn interrupt(&mut self, times: u8) {
        if times == 1 {
            self.stop(
                "interrupted: what was under way is finished, the rest was not sent".to_owned(),
            );
            if !self.requests.is_empty() {
                self.printer
                    .complain("finishing what is under way; once more ends that too");
            }
        } else {
            // Their rows may have been taken: they come back as in doubt.
            self.requests.abort_all();
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
            // Given up after a second signal, or a panic, whose hook has said where.
            Err(error) => {
                self.summary.requests += 1;
                self.stop("a request ended without an outcome".to_owned());
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

    /// Rows that were there at the first reading and could not be read again.
    fn account_for_unread_rows(&mut self) {
        let expected = self.plan.expected_rows.unwrap_or_default();
        for index in self.rows_read..expected {
            self.finish([RowLine {
                message: Some("not sent: the file could not be read again".to_owned()),
                ..RowLine::of(index, RowKey::default(), Status::NotSent)
            }]);
        }
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
