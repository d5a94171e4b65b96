//! `careflex report --store`: puts all rows into an outbox, sends from there, and says what became of each.

use std::io;

use careflex::outbox::{Ended, Outbox, SqliteStore, StoreErrorKind};

use crate::args::{OnInvalid, ReportArgs};
use crate::error_report::ErrorFile;
use crate::exit::{Failure, in_full};
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::output::{Printer, Summary};
use crate::row::Status;
use crate::run::{Finished, Plan, read_in_background};
use crate::sender::{Happened, RESTING, Sender};
use crate::stored::{AccountError, Accounted, Accounts, PutIn, put_in};

const INTERRUPTED: &str =
    "interrupted: what was under way is finished, the rest is queued in the outbox";
const QUEUED: &str = "queued: it waits for an earlier incident of the same employee that is in doubt, see `careflex outbox status`";

/// Sends the rows of an input, over an outbox.
pub(super) async fn run(
    plan: Plan,
    outbox: &Outbox<SqliteStore>,
    args: &ReportArgs,
    input: &Input,
    mut interrupt: Interrupt,
    printer: &mut Printer,
) -> Result<Finished, Failure> {
    let outbox_of_thread = outbox.clone();
    let items = input.read_again();
    let skips = args.on_invalid == OnInvalid::Skip;
    let put = tokio::task::spawn_blocking(move || put_in(&outbox_of_thread, items, skips)).await;
    let put = put.map_err(|_| Failure::not_sent("the rows could not be put into the outbox"))??;
    let is_refused = put.is_broken || (put.conflicts > 0 && !skips);
    let mut sent = Sent::default();
    if is_refused {
        printer.complain(&why_nothing_was_sent(&put));
    } else {
        if put.already > 0 {
            let said = format!("{} of the rows were in the outbox already", put.already);
            // Whoever has closed standard output learns it from the rows.
            let _: io::Result<()> = printer.say(&said);
        }
        if let Some(reporter) = plan.reporter {
            let sender = Sender::new(outbox, reporter, args.concurrency, &args.store);
            sent = send(sender, &mut interrupt, printer).await;
        }
    }
    let mut account = Account {
        summary: Summary {
            requests: sent.requests,
            ..Summary::default()
        },
        error_file: plan.error_file,
        is_output_broken: false,
    };
    let why_queued = sent.stopped.clone().unwrap_or_else(|| QUEUED.to_owned());
    let broken = account.of_all(input, outbox, why_queued, printer).await;
    if let Err(error) = &broken {
        printer.complain(&format!(
            "not all outcomes can be shown: {}. They are in the outbox: `careflex outbox list`",
            error.in_words()
        ));
    }
    Ok(Finished {
        // Where nothing was left to be sent, nothing ended early.
        stopped: sent
            .stopped
            .filter(|_| account.summary.not_sent > 0 || broken.is_err()),
        summary: account.summary,
        is_input_broken: put.is_broken || broken.is_err(),
        is_output_broken: account.is_output_broken,
        is_refused,
        is_kept: true,
        error_file: account.error_file,
    })
}

fn why_nothing_was_sent(put: &PutIn) -> String {
    if put.is_broken {
        return "nothing was sent: a file cannot be read again, leave it alone until the report has ended".to_owned();
    }
    let rows = match put.conflicts {
        1 => "1 row has the external ID of another incident".to_owned(),
        rows => format!("{rows} rows have external IDs of other incidents"),
    };
    format!(
        "nothing was sent: {rows} in the outbox, or of another row (--on-invalid skip sends the others)"
    )
}

/// What came of sending.
#[derive(Default)]
struct Sent {
    requests: u64,
    /// Why the rest was not sent.
    stopped: Option<String>,
}

async fn send(sender: Sender, interrupt: &mut Interrupt, printer: &Printer) -> Sent {
    let mut requests = 0;
    let drained = sender
        .drain(interrupt, |happened| match happened {
            Happened::Settled(line) => {
                requests += u64::from(line.has_left());
                printer.progress(
                    line.accepted + line.handed_over + line.refused + line.invalid + line.in_doubt,
                );
            }
            Happened::Trouble(what) => printer.complain(&what),
            Happened::Resting | Happened::GivenUp => {}
        })
        .await;
    let stopped = match drained {
        Ok(Ended::Drained) => None,
        Ok(Ended::NotSent(error)) => Some(error.in_full()),
        Ok(Ended::Resting) => Some(RESTING.to_owned()),
        Ok(_) => Some(INTERRUPTED.to_owned()),
        Err(error) if error.kind() == StoreErrorKind::HasWorker => {
            Some("the rows are in the outbox, from which another program sends".to_owned())
        }
        Err(error) => Some(in_full(&error)),
    };
    Sent { requests, stopped }
}

/// Says what became of each row.
struct Account {
    summary: Summary,
    error_file: Option<ErrorFile>,
    /// Standard output is gone: nothing more is printed.
    is_output_broken: bool,
}

impl Account {
    async fn of_all(
        &mut self,
        input: &Input,
        outbox: &Outbox<SqliteStore>,
        why_queued: String,
        printer: &mut Printer,
    ) -> Result<(), AccountError> {
        let mut items = read_in_background(input.read_again());
        let mut accounts = Accounts::new(outbox, why_queued);
        while let Some(item) = items.recv().await {
            for accounted in accounts.add(item).await? {
                self.take(&accounted, printer);
            }
        }
        for accounted in accounts.rest().await? {
            self.take(&accounted, printer);
        }
        Ok(())
    }

    fn take(&mut self, accounted: &Accounted, printer: &mut Printer) {
        let Accounted {
            file, row, line, ..
        } = accounted;
        self.summary.count(line.status);
        if let Some(error_file) = &mut self.error_file {
            match (&row.incident, line.status) {
                (Err(violations), _) => error_file.add_invalid(file, row, violations),
                (Ok(_), Status::Invalid | Status::Refused) => {
                    error_file.add_line(file, row, line);
                }
                _ => {}
            }
        }
        if !self.is_output_broken {
            self.is_output_broken = printer.row(line).is_err();
        }
    }
}
