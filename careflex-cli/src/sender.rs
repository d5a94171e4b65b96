//! Runs the worker of an outbox, and hears what it does.

use std::io;
use std::path::Path;
use std::sync::Arc;

use careflex::outbox::{Ended, Outbox, SqliteStore, State, Stop, StoreError, WorkEvent, Worker};
use careflex::{CareflexId, Reporter};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::args::{AddressArgs, DropArgs, StoreArgs, Via};
use crate::connection::{self, Addresses};
use crate::exit::{Failure, in_full};
use crate::handover::FilesOut;
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::output::Printer;
use crate::profile::Profile;
use crate::store;

/// What an outbox is bound to whose incidents are handed over as files.
const FILES: &str = "of the drop folders";

/// How to send what is in an outbox, and the portal for which it is.
pub(crate) struct Way {
    pub(crate) reporter: Arc<dyn Reporter>,
    pub(crate) portal: String,
    /// Where files go, if they do.
    files_out: Option<FilesOut>,
}

impl Way {
    /// Reads settings and checks that they can be used.
    pub(crate) fn read(
        via: Via,
        drop: &DropArgs,
        addresses: &AddressArgs,
        profile: &Profile,
    ) -> Result<Self, Failure> {
        let Some(over_http) = via.over_http() else {
            let files_out = FilesOut::read(drop, None, profile)?;
            let company = crate::company::default(profile)?;
            // What waits in an outbox may be of any company.
            files_out.require_company(company.as_ref())?;
            return Ok(Self {
                reporter: files_out.clone().reporter(company.as_ref())?,
                portal: portal_of(via, addresses, profile)?,
                files_out: Some(files_out),
            });
        };
        if let Some(flag) = drop.given() {
            return Err(Failure::usage(format!("{flag} is for --via csv")));
        }
        let checked = Addresses::read(addresses, profile)?;
        Ok(Self {
            reporter: connection::reporter(over_http, &checked, addresses, profile)?,
            portal: portal_of(via, addresses, profile)?,
            files_out: None,
        })
    }

    /// Refuses rows that cannot be handed over, of files in a folder; and a folder from which the SyncTool takes.
    pub(crate) fn guard(&self, folder: &Path, input: &mut Input) -> Result<(), Failure> {
        let Some(files_out) = &self.files_out else {
            return Ok(());
        };
        if files_out.would_take(&folder.join("any")) {
            let folder = folder.display();
            return Err(Failure::usage(format!(
                "{folder}: is the folder into which the files go: watch another one"
            )));
        }
        files_out.guard(input);
        Ok(())
    }
}

/// The name by which an outbox is bound to a portal.
pub(crate) fn portal_of(
    via: Via,
    addresses: &AddressArgs,
    profile: &Profile,
) -> Result<String, Failure> {
    match via.over_http() {
        Some(_) => Ok(Addresses::read(addresses, profile)?.token()?.host()),
        None => Ok(FILES.to_owned()),
    }
}

/// What to say when nothing is sent until a person has looked.
pub(crate) const RESTING: &str = "too many reports in a row failed: nothing is sent until you have looked, see `careflex outbox status`";

/// What a worker has done.
#[derive(Debug)]
pub(crate) enum Happened {
    /// It is known what became of a batch, or that nobody knows.
    Settled(BatchLine),
    /// Something keeps it from sending, in words.
    Trouble(String),
    /// Nothing is sent until a person has looked.
    Resting,
    /// The user has given up what was under way.
    GivenUp,
}

/// What became of a batch, counted.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchLine {
    pub(crate) batch: i64,
    pub(crate) careflex_id: CareflexId,
    pub(crate) accepted: u64,
    pub(crate) handed_over: u64,
    pub(crate) refused: u64,
    pub(crate) invalid: u64,
    pub(crate) in_doubt: u64,
    /// Queued again.
    pub(crate) not_sent: u64,
    pub(crate) reason: Option<String>,
}

impl BatchLine {
    /// Whether a request has left.
    pub(crate) fn has_left(&self) -> bool {
        self.accepted + self.handed_over + self.refused + self.in_doubt > 0
    }

    /// Shows it. The outbox knows it too: that nobody reads this any more is no trouble.
    pub(crate) fn show(&self, printer: &mut Printer) {
        // Why something is not sent is said once, not for each batch.
        let is_news = self.has_left() || self.invalid > 0;
        let _: io::Result<()> = printer.event("batch", self).and_then(|()| match is_news {
            true => printer.say(&self.in_words()),
            false => Ok(()),
        });
    }

    fn in_words(&self) -> String {
        let counts = [
            (self.accepted, "accepted"),
            (self.handed_over, "handed over"),
            (self.refused, "refused"),
            (self.invalid, "invalid"),
            (self.in_doubt, "in doubt"),
            (self.not_sent, "not sent"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let counts = counts.join(", ");
        match &self.reason {
            Some(reason) => format!("batch {}: {counts}: {reason}", self.batch),
            None => format!("batch {}: {counts}", self.batch),
        }
    }
}

/// A worker that is told to stop by signals, and tells what it does.
pub(crate) struct Sender {
    worker: Worker,
    stop: Stop,
    happened: mpsc::UnboundedReceiver<Happened>,
}

impl Sender {
    pub(crate) fn new(
        outbox: &Outbox<SqliteStore>,
        reporter: Arc<dyn Reporter>,
        concurrency: Option<u16>,
        args: &StoreArgs,
    ) -> Self {
        let (tell, happened) = mpsc::unbounded_channel();
        let mut worker = outbox
            .worker(reporter)
            .retention(Some(store::retention(args)))
            .observe(move |event| {
                if let Some(event) = heard(&event) {
                    // Nobody listens any more at the very end.
                    let _: Result<(), _> = tell.send(event);
                }
            });
        if let Some(concurrency) = concurrency {
            worker = worker.concurrency(usize::from(concurrency));
        }
        Self {
            worker,
            stop: Stop::new(),
            happened,
        }
    }

    /// Sends until nothing is left that can be sent now, or nothing can be sent.
    pub(crate) async fn drain(
        self,
        interrupt: &mut Interrupt,
        hear: impl FnMut(Happened),
    ) -> Result<Ended, StoreError> {
        let stop = self.stop.clone();
        let work = self.worker.drain(&stop);
        attend(work, self.happened, &stop, interrupt, hear).await
    }

    /// Sends until it is told to stop.
    pub(crate) async fn run(
        self,
        interrupt: &mut Interrupt,
        hear: impl FnMut(Happened),
    ) -> Result<(), StoreError> {
        let stop = self.stop.clone();
        let work = self.worker.run(&stop);
        attend(work, self.happened, &stop, interrupt, hear).await
    }
}

/// Works, passes on what is heard and what signals say, until the work is done.
async fn attend<T>(
    work: impl Future<Output = T>,
    mut happened: mpsc::UnboundedReceiver<Happened>,
    stop: &Stop,
    interrupt: &mut Interrupt,
    mut hear: impl FnMut(Happened),
) -> T {
    let mut work = std::pin::pin!(work);
    let mut interrupts = 0;
    let done = loop {
        tokio::select! {
            biased;
            () = interrupt.wait(interrupts + 1), if interrupts < 2 => {
                interrupts += 1;
                if interrupts == 1 {
                    stop.stop();
                    hear(Happened::Trouble("finishing what is under way; once more ends that too".to_owned()));
                } else {
                    stop.abandon();
                    hear(Happened::GivenUp);
                }
            }
            Some(event) = happened.recv() => hear(event),
            done = &mut work => break done,
        }
    };
    while let Ok(event) = happened.try_recv() {
        hear(event);
    }
    done
}

fn heard(event: &WorkEvent<'_>) -> Option<Happened> {
    Some(match event {
        WorkEvent::Settled {
            careflex_id,
            settlement,
        } => {
            let count = |state: State| {
                let rows = settlement.rows.iter();
                rows.filter(|(_, settled)| settled.state() == state).count() as u64
            };
            Happened::Settled(BatchLine {
                batch: settlement.batch.0,
                careflex_id: (*careflex_id).clone(),
                accepted: count(State::Accepted),
                handed_over: count(State::HandedOver),
                refused: count(State::Refused),
                invalid: count(State::Invalid),
                in_doubt: count(State::InDoubt),
                not_sent: count(State::Queued),
                reason: settlement.reason.clone(),
            })
        }
        WorkEvent::NotSent {
            error,
            pause: Some(pause),
        } => Happened::Trouble(format!(
            "not sent: {}; trying again in {:.0} s",
            in_full(*error),
            pause.as_secs_f64()
        )),
        WorkEvent::StoreFailed { error, pause } => Happened::Trouble(format!(
            "{}; trying again in {:.0} s",
            in_full(error),
            pause.as_secs_f64()
        )),
        WorkEvent::LeftInDoubt(batches) => Happened::Trouble(format!(
            "an earlier call was killed while it was sending: {} in doubt, see `careflex outbox status`",
            match batches {
                1 => "1 batch is".to_owned(),
                batches => format!("{batches} batches are"),
            }
        )),
        WorkEvent::Resting => Happened::Resting,
        _ => return None,
    })
}
