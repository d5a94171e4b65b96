//! `careflex outbox`: looks into an outbox, sends from it, and takes decisions.

use std::io::{self, Write};
use std::time::SystemTime;

use careflex::outbox::{
    BatchNumber, Ended, IncidentNumber, Outbox, Query, Record, Resolution, Selection, SqliteStore,
    State,
};
use serde_json::json;

use crate::args::{
    ExportArgs, ListArgs, MovedArgs, OutboxArgs, OutboxCommand, ProfileArgs, PurgeArgs,
    ResolveArgs, RetryArgs, RunArgs, StatusArgs,
};
use crate::company;
use crate::exit::{Code, Failure, in_full};
use crate::interrupt::Interrupt;
use crate::output::Printer;
use crate::private_file::{PrivateFile, check_place};
use crate::profile::Profile;
use crate::sender::{BatchLine, Happened, RESTING, Sender, Way};
use crate::store;

mod list;
mod status;

pub(crate) async fn run(
    args: &OutboxArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let profile = Profile::read(profile)?;
    match &args.command {
        OutboxCommand::Status(args) => show_status(args, &profile, printer).await,
        OutboxCommand::Run(args) => send(args, &profile, printer).await,
        OutboxCommand::List(args) => show_list(args, &profile, printer).await,
        OutboxCommand::Resolve(args) => resolve(args, &profile, printer).await,
        OutboxCommand::Retry(args) => retry(args, &profile, printer).await,
        OutboxCommand::Moved(args) => moved(args, &profile, printer).await,
        OutboxCommand::Purge(args) => purge(args, &profile, printer).await,
        OutboxCommand::Export(args) => export(args, &profile, printer).await,
    }
}

async fn show_status(
    args: &StatusArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let status = outbox.status().await;
    let status = status.map_err(|error| store::failure(&error))?;
    let address = store::required(&args.store, profile)?;
    status::show(&status, &address.path, SystemTime::now(), printer)?;
    Ok(Code::Fine)
}

async fn send(args: &RunArgs, profile: &Profile, printer: &mut Printer) -> Result<Code, Failure> {
    let mut interrupt = Interrupt::listen();
    let sending = &args.sending;
    let address = store::required(&sending.store, profile)?;
    let way = Way::read(sending.via, &sending.drop, &sending.addresses, profile)?;
    let outbox = store::open(address)?;
    let bound = outbox.bind_to(way.portal).await;
    bound.map_err(|error| store::failure(&error))?;
    let sender = Sender::new(&outbox, way.reporter, sending.concurrency, &sending.store);
    let mut told = Told::default();
    if args.once {
        let ended = sender
            .drain(&mut interrupt, |happened| told.take(happened, printer))
            .await;
        let ended = ended.map_err(|error| told.failure(&error))?;
        let status = outbox.status().await;
        let status = status.map_err(|error| told.failure(&error))?;
        return told.conclude(&ended, status.count(State::InDoubt), printer);
    }
    let complaint = format!("sending from {}, until Ctrl-C", address.path.display());
    printer.complain(&complaint);
    let ended = sender
        .run(&mut interrupt, |happened| told.take(happened, printer))
        .await;
    ended.map_err(|error| told.failure(&error))?;
    Ok(if told.gave_up {
        Code::InDoubt
    } else {
        Code::Fine
    })
}

/// What was said of the worker's batches, in sum.
#[derive(Default)]
struct Told {
    refused: u64,
    /// Requests were given up by the user.
    gave_up: bool,
    has_sent: bool,
}

impl Told {
    fn take(&mut self, happened: Happened, printer: &mut Printer) {
        match happened {
            Happened::Settled(line) => self.settled(&line, printer),
            Happened::Trouble(what) => printer.complain(&what),
            Happened::Resting => printer.complain(RESTING),
            Happened::GivenUp => self.gave_up = true,
        }
    }

    fn settled(&mut self, line: &BatchLine, printer: &mut Printer) {
        self.has_sent |= line.has_left();
        self.refused += line.refused + line.invalid;
        line.show(printer);
    }

    /// A store that fails after something was sent leaves that in doubt.
    fn failure(&self, error: &careflex::outbox::StoreError) -> Failure {
        let failure = store::failure(error);
        let code = if self.has_sent {
            Code::InDoubt
        } else {
            failure.code
        };
        Failure { code, ..failure }
    }

    /// What was in doubt before counts too: a worker that died cannot tell of it any more, and others wait for it.
    fn conclude(&self, ended: &Ended, in_doubt: u64, printer: &Printer) -> Result<Code, Failure> {
        let is_stopped = match ended {
            Ended::Drained => false,
            Ended::NotSent(error) => {
                printer.complain(&error.in_full());
                true
            }
            Ended::Resting => true,
            _ => {
                printer.complain("interrupted: the rest is queued");
                true
            }
        };
        Ok(if in_doubt > 0 {
            let doubts = incidents(in_doubt);
            printer.complain(&format!(
                "{doubts} in doubt: look into the portal, see `careflex outbox status`"
            ));
            Code::InDoubt
        } else if is_stopped {
            Code::NotSent
        } else if self.refused > 0 {
            Code::Refused
        } else {
            Code::Fine
        })
    }
}

async fn show_list(
    args: &ListArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let mut query = Query::default();
    query.states = args.state.iter().copied().map(Into::into).collect();
    query.batch = args.batch.map(BatchNumber);
    query.careflex_id = args
        .careflex_id
        .as_ref()
        .map(|id| company::parse(id, "--careflex-id"))
        .transpose()?;
    list::show(&outbox, query, args.limit, printer).await
}

async fn resolve(
    args: &ResolveArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let (resolution, done) = if args.booked {
        (Resolution::Booked, "accepted")
    } else {
        (Resolution::NotBooked, "queued again")
    };
    let which = if args.incident.is_empty() {
        Selection::Batch(BatchNumber(args.batch))
    } else {
        of_batch(&outbox, args.batch, &args.incident).await?
    };
    let resolved = outbox.resolve(which, resolution).await;
    let resolved = resolved.map_err(|error| store::failure(&error))?;
    if resolved == 0 {
        return Err(Failure::usage(format!(
            "batch {} holds no such incident in doubt: `careflex outbox status` shows those that do",
            args.batch
        )));
    }
    printer.event("resolved", json!({ "incidents": resolved, "as": done }))?;
    printer.say(&format!("{}: {done}", incidents(resolved)))?;
    Ok(Code::Fine)
}

/// Some incidents of a batch: a number of another one is a mistake.
async fn of_batch(
    outbox: &Outbox<SqliteStore>,
    batch: i64,
    numbers: &[i64],
) -> Result<Selection, Failure> {
    let mut query = Query::default();
    query.batch = Some(BatchNumber(batch));
    let records = outbox.list(query).await;
    let records = records.map_err(|error| store::failure(&error))?;
    for number in numbers {
        let is_in = |record: &Record| {
            record.number.0 == *number && record.batch == Some(BatchNumber(batch))
        };
        if !records.iter().any(is_in) {
            return Err(Failure::usage(format!(
                "incident {number} is not in batch {batch} (any more)"
            )));
        }
    }
    Ok(Selection::Incidents(
        numbers.iter().copied().map(IncidentNumber).collect(),
    ))
}

async fn retry(
    args: &RetryArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let which = match args.batch {
        Some(batch) => Selection::Batch(BatchNumber(batch)),
        None if args.all => Selection::All,
        None => Selection::Incidents(args.incident.iter().copied().map(IncidentNumber).collect()),
    };
    let queued = outbox.retry(which).await;
    let queued = queued.map_err(|error| store::failure(&error))?;
    if queued == 0 {
        return Err(Failure::usage(
            "there is no such refused incident, or its content has been purged: `careflex outbox list --state refused` shows those that there are",
        ));
    }
    printer.event("queued", json!({ "incidents": queued }))?;
    printer.say(&format!("{}: queued again", incidents(queued)))?;
    Ok(Code::Fine)
}

async fn moved(
    args: &MovedArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let portal = args.portal.trim();
    let has_port = portal.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok()
    });
    if !has_port {
        return Err(Failure::usage(
            "must be host and port of the address for access tokens, for example portal.example:443",
        ));
    }
    let moved = outbox.portal_has_moved_to(portal).await;
    moved.map_err(|error| store::failure(&error))?;
    printer.event("moved", json!({ "portal": portal }))?;
    printer.say(&format!(
        "the outbox is for the portal {portal} from now on"
    ))?;
    Ok(Code::Fine)
}

async fn purge(
    args: &PurgeArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let kept = match args.older_than {
        Some(days) => store::DAY * days,
        None => store::retention(&args.store),
    };
    let purged = outbox.purge(kept).await;
    let purged = purged.map_err(|error| store::failure(&error))?;
    printer.event("purged", json!({ "incidents": purged }))?;
    printer.say(&format!(
        "{}: contents and messages removed",
        incidents(purged)
    ))?;
    Ok(Code::Fine)
}

async fn export(
    args: &ExportArgs,
    profile: &Profile,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let outbox = store::open_existing(&args.store, profile)?;
    let format = args.format.into();
    let written = match &args.output {
        Some(path) => {
            check_place("--output", path, [])?;
            let mut file = PrivateFile::create(path)?;
            let written = outbox.export(Query::default(), format, &mut file).await;
            written.and_then(|written| file.keep().map(|()| written))
        }
        None => {
            printer.leave_stdout();
            let stdout = io::BufWriter::new(io::stdout());
            outbox.export(Query::default(), format, stdout).await
        }
    };
    let written =
        written.map_err(|error| Failure::usage(format!("cannot export: {}", in_full(&error))))?;
    printer.say(&format!("{} exported", incidents(written)))?;
    io::stdout().flush()?;
    Ok(Code::Fine)
}

pub(crate) fn incidents(count: u64) -> String {
    match count {
        1 => "1 incident".to_owned(),
        count => format!("{count} incidents"),
    }
}
