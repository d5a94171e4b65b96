//! Sends the rows of an input, and prints the outcome of each.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use careflex::{
    Bulk, BulkQueue, BulkRow, Delivery, EmptyReport, InputRow, Outcome, Receipt, Report,
    ReportError, ReportErrorKind, Reporter, RowKey, Rules, async_trait,
};
use tokio::sync::mpsc;

use crate::check::is_of_other_company;
use crate::error_report::ErrorFile;
use crate::input::{Input, Item, Items};
use crate::interrupt::Interrupt;
use crate::listing::Listing;
use crate::output::{Printer, Summary};
use crate::row::{RowLine, Status};

/// Rows that are read ahead.
const READ_AHEAD: usize = 256;
/// A pipe that gives nothing for so long has its rows sent without waiting for full batches.
const PATIENCE: Duration = Duration::from_millis(500);

/// Why the rest was not sent.
const INTERRUPTED: &str = "interrupted: what was under way is finished, the rest was not sent";
const GIVEN_UP: &str = "interrupted twice: what was under way was given up, the rest was not sent";

/// How a run goes.
pub(crate) struct Plan {
    /// `None`: nothing is sent.
    pub(crate) reporter: Option<Arc<dyn Reporter>>,
    pub(crate) rules: Rules,
    pub(crate) concurrency: usize,
    /// How many rows the first reading found.
    pub(crate) expected_rows: Option<u64>,
    /// There was no first reading, so violations are printed on the way.
    pub(crate) listing: Option<Listing>,
    /// Where the rows to correct go.
    pub(crate) error_file: Option<ErrorFile>,
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
    /// Nothing may be sent, which showed only when it was to begin.
    pub(crate) is_refused: bool,
    /// What became of the rows is in an outbox.
    pub(crate) is_kept: bool,
    /// With the rows to correct, still to be put in its place.
    pub(crate) error_file: Option<ErrorFile>,
}

pub(crate) struct Run<'p> {
    queue: BulkQueue,
    /// Nothing is to be sent, whatever comes.
    is_idle: bool,
    expected_rows: Option<u64>,
    listing: Option<Listing>,
    error_file: Option<ErrorFile>,
    /// The rows in the queue and their files, if they may be wanted again.
    held: VecDeque<(Arc<str>, InputRow)>,
    not_sent_because: &'static str,
    printer: &'p mut Printer,
    rows_read: u64,
    summary: Summary,
    stopped: Option<String>,
    is_input_broken: bool,
    /// Standard output is gone: nothing more is printed, but what is under way is finished.
    is_output_broken: bool,
}

impl<'p> Run<'p> {
    pub(crate) fn new(plan: Plan, printer: &'p mut Printer) -> Self {
        let is_idle = plan.reporter.is_none();
        let reporter = plan.reporter.unwrap_or_else(|| Arc::new(Nobody));
        let mut queue = Bulk::new(reporter)
            .rules(plan.rules)
            .concurrency(plan.concurrency)
            .queue();
        if is_idle {
            queue.stop();
        }
        Self {
            queue,
            is_idle,
            expected_rows: plan.expected_rows,
            listing: plan.listing,
            error_file: plan.error_file,
            held: VecDeque::new(),
            not_sent_because: plan.not_sent_because,
            printer,
            rows_read: 0,
            summary: Summary::default(),
            stopped: None,
            is_input_broken: false,
            is_output_broken: false,
        }
    }

    /// Sends all rows of an input, and prints an outcome for each.
    pub(crate) async fn all(mut self, input: &Input, mut interrupt: Interrupt) -> Finished {
        let mut items = read_in_background(match self.expected_rows {
            Some(_) => input.read_again(),
            None => input.read_once(),
        });
        let mut reading = true;
        let mut interrupts = 0;
        while reading || !self.queue.is_empty() {
            let can_read = reading && self.queue.has_room();
            tokio::select! {
                biased;
                () = interrupt.wait(interrupts + 1), if interrupts < 2 => {
                    interrupts += 1;
                    self.interrupt(interrupts);
                    // Files are read on, so that each row is accounted for; a pipe may never end.
                    reading = reading && !input.is_piped();
                }
                Some(row) = self.queue.next() => self.print(&row),
                item = items.recv(), if can_read => match item {
                    Some(item) => {
                        self.take(item);
                        // What follows a file that has changed would get the wrong numbers.
                        reading = !self.has_lost_count();
                    }
                    None => {
                        reading = false;
                        self.queue.flush();
                    }
                },
                () = tokio::time::sleep(PATIENCE), if can_read && input.is_piped() => {
                    self.queue.flush();
                }
            }
        }
        self.account_for_unread_rows();
        self.end_listing();
        // Where nothing was left to be sent, nothing ended early.
        let left = self.summary.not_sent > 0;
        if let Some(failure) = self.queue.failure().filter(|_| left) {
            let why = failure.in_full();
            self.stopped.get_or_insert(match failure.delivery() {
                Delivery::NotSent => why,
                _ => format!("too many reports in a row failed, the rest was not sent: {why}"),
            });
        }
        Finished {
            summary: Summary {
                requests: self.queue.progress().requests,
                ..self.summary
            },
            stopped: self.stopped,
            is_input_broken: self.is_input_broken,
            is_output_broken: self.is_output_broken,
            is_refused: false,
            is_kept: false,
            error_file: self.error_file,
        }
    }

    fn take(&mut self, item: Item) {
        if let Some(listing) = &mut self.listing
            && !self.is_output_broken
        {
            let printed = listing.add(&item, self.printer);
            self.note_output(printed);
        }
        let row = match item.row {
            Ok((_, row)) => row,
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
        if self.error_file.is_some() {
            self.held.push_back((item.file, row.clone()));
        }
        self.queue.push(row);
    }

    fn print(&mut self, row: &BulkRow) {
        let stopped = if self.is_idle {
            self.not_sent_because
        } else {
            "not sent because the run ended early"
        };
        let line = RowLine::new(row, stopped);
        self.note_for_correction(row, &line);
        self.print_line(&line);
    }

    /// Outcomes come in the order of the rows.
    fn note_for_correction(&mut self, row: &BulkRow, line: &RowLine) {
        if let Some(error_file) = &mut self.error_file
            && let Some((file, held)) = self.held.pop_front()
        {
            match &row.outcome {
                Outcome::Invalid(violations) => error_file.add_invalid(&file, &held, violations),
                Outcome::Refused(_) => error_file.add_line(&file, &held, line),
                _ => {}
            }
        }
    }

    fn print_line(&mut self, line: &RowLine) {
        self.summary.count(line.status);
        if !self.is_output_broken {
            let printed = self.printer.row(line);
            self.note_output(printed);
        }
        self.printer.progress(1);
    }

    fn end_listing(&mut self) {
        if let Some(listing) = self.listing.take()
            && !self.is_output_broken
        {
            match listing.end(self.printer) {
                Ok(unlisted) => self.summary.unlisted = unlisted,
                Err(error) => self.note_output(Err(error)),
            }
        }
    }

    /// Whether a file that was read to its end before cannot be any more.
    fn has_lost_count(&self) -> bool {
        self.is_input_broken && !self.is_idle && self.expected_rows.is_some()
    }

    fn interrupt(&mut self, times: u8) {
        if times == 1 {
            self.stop(INTERRUPTED.to_owned());
            if self.queue.under_way() > 0 {
                self.printer
                    .complain("finishing what is under way; once more ends that too");
            }
        } else {
            self.queue.abandon();
            // What ended the run before is still the reason.
            if self.stopped.as_deref() == Some(INTERRUPTED) {
                self.stopped = Some(GIVEN_UP.to_owned());
            }
        }
    }

    fn note_output(&mut self, printed: io::Result<()>) {
        if let Err(error) = printed {
            self.is_output_broken = true;
            self.stop(format!("cannot write the results: {error}"));
        }
    }

    /// Sends nothing more.
    fn stop(&mut self, reason: String) {
        self.queue.stop();
        self.stopped.get_or_insert(reason);
    }

    /// Rows that were there at the first reading and could not be read again.
    fn account_for_unread_rows(&mut self) {
        let expected = self.expected_rows.unwrap_or_default();
        for index in self.rows_read..expected {
            self.print_line(&RowLine {
                message: Some("not sent: the file could not be read again".to_owned()),
                ..RowLine::of(index, RowKey::default(), Status::NotSent)
            });
        }
    }
}

/// Reads on a thread of its own: reading blocks.
pub(crate) fn read_in_background(items: Items) -> mpsc::Receiver<Item> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
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

/// Stands where nothing is to be sent.
struct Nobody;

#[async_trait]
impl Reporter for Nobody {
    async fn report(&self, _: &Report) -> Result<Receipt, ReportError> {
        Err(nothing_is_sent())
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Err(nothing_is_sent())
    }
}

fn nothing_is_sent() -> ReportError {
    ReportError::new(ReportErrorKind::Unsupported, "nothing is sent")
}
