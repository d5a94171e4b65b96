//! Rows of an input and an outbox: puts them in, and finds out what became of them.

use std::sync::{Arc, mpsc};

use careflex::outbox::rusqlite::TransactionBehavior;
use careflex::outbox::{
    ContentHash, EnqueueError, Enqueued, Entry, IncidentNumber, Key, Outbox, Prepared, Record,
    SqliteStore, State, StoreError,
};
use careflex::{InputRow, ReadError};

use tokio::task::JoinHandle;

use crate::exit::{Failure, in_full};
use crate::input::{Item, Items};
use crate::row::{RowLine, Status};
use crate::store;

/// Rows that are looked up together.
const TOGETHER: usize = 1024;
/// What programs can go by where a row has the key of another one.
const CONFLICT: &str = "key-conflict";

/// What came of putting rows in.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct PutIn {
    /// Rows that were not there.
    pub(crate) added: u64,
    /// Rows that were.
    pub(crate) already: u64,
    /// Rows with the key of another one.
    pub(crate) conflicts: u64,
    /// A file could not be read to its end.
    pub(crate) is_broken: bool,
    /// The highest number of an incident of the input.
    pub(crate) last: Option<IncidentNumber>,
}

/// Puts all valid rows into the outbox, in one transaction: all or nothing, whatever happens. With conflicts, and
/// unless these are to be skipped, nothing. Blocks.
pub(crate) fn put_in(
    outbox: &Outbox<SqliteStore>,
    items: Items,
    skips: bool,
) -> Result<PutIn, Failure> {
    put_in_all(outbox, items, skips).map_err(|error| store::failure(&error))
}

fn put_in_all(
    outbox: &Outbox<SqliteStore>,
    items: Items,
    skips: bool,
) -> Result<PutIn, StoreError> {
    let mut done = PutIn::default();
    let mut connection = outbox.store().connect()?;
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let prepared = prepare_in_background(outbox.clone(), items);
    while let Ok(row) = prepared.recv() {
        let Some(row) = row else {
            done.is_broken = true;
            break;
        };
        match outbox.enqueue_prepared(&mut transaction, &row) {
            Ok(enqueued) => {
                match enqueued {
                    Enqueued::Already(..) => done.already += 1,
                    _ => done.added += 1,
                }
                done.last = done.last.max(Some(enqueued.number()));
            }
            Err(EnqueueError::Store(error)) => return Err(error),
            Err(_) => done.conflicts += 1,
        }
    }
    if done.is_broken || (done.conflicts > 0 && !skips) {
        transaction.rollback()?;
    } else {
        transaction.commit()?;
    }
    Ok(done)
}

/// Reads and prepares rows while others are put in. `None`: a file could not be read to its end.
fn prepare_in_background(
    outbox: Outbox<SqliteStore>,
    items: Items,
) -> mpsc::Receiver<Option<Prepared>> {
    let (sender, receiver) = mpsc::sync_channel(TOGETHER);
    std::thread::spawn(move || {
        for item in items {
            let row = match item.row {
                Ok((_, row)) => match Entry::try_from(row).map(|entry| outbox.prepare(entry)) {
                    Ok(Ok(prepared)) => Some(prepared),
                    // It is not valid, and accounted for as that.
                    _ => continue,
                },
                Err(_) => None,
            };
            // Nobody takes rows any more after an error.
            if sender.send(row).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A row of an input, and what became of it.
pub(crate) struct Accounted {
    pub(crate) file: Arc<str>,
    pub(crate) row: InputRow,
    pub(crate) line: RowLine,
    /// The incident waits, or nobody knows what became of it: that will change.
    pub(crate) is_open: bool,
    /// It is in the outbox.
    pub(crate) is_in_outbox: bool,
}

/// Finds out what became of each row of an input, some at a time: while some are looked up, others are read, and
/// those before are shown.
pub(crate) struct Accounts {
    outbox: Outbox<SqliteStore>,
    /// Why rows were not sent that are still queued.
    why_queued: String,
    waiting: Vec<Row>,
    looked_up: Option<LookedUp>,
}

/// A row with its file and number, and what tells its incident from others: nothing if it is not valid.
struct Row {
    file: Arc<str>,
    index: u64,
    row: InputRow,
    known: Option<(Key, ContentHash)>,
}

struct LookedUp {
    rows: Vec<Row>,
    found: JoinHandle<Result<Vec<Option<Record>>, StoreError>>,
}

impl Accounts {
    pub(crate) fn new(outbox: &Outbox<SqliteStore>, why_queued: String) -> Self {
        Self {
            outbox: outbox.clone(),
            why_queued,
            waiting: Vec::with_capacity(TOGETHER),
            looked_up: None,
        }
    }

    /// Takes a row, and gives those that were looked up, if it is time.
    pub(crate) async fn add(&mut self, item: Item) -> Result<Vec<Accounted>, AccountError> {
        let (index, row) = item.row.map_err(AccountError::Read)?;
        let known = Entry::try_from(row.clone()).ok();
        let known = known.and_then(|entry| self.outbox.prepare(entry).ok());
        self.waiting.push(Row {
            file: item.file,
            index,
            row,
            known: known.map(|prepared| (prepared.key, prepared.hash)),
        });
        if self.waiting.len() < TOGETHER {
            return Ok(Vec::new());
        }
        self.look_up().await
    }

    /// Gives all that are left.
    pub(crate) async fn rest(&mut self) -> Result<Vec<Accounted>, AccountError> {
        let mut accounts = self.look_up().await?;
        accounts.extend(self.look_up().await?);
        Ok(accounts)
    }

    /// Begins to look up the rows that wait, and gives those before.
    async fn look_up(&mut self) -> Result<Vec<Accounted>, AccountError> {
        let rows = std::mem::take(&mut self.waiting);
        let known = rows.iter().filter_map(|row| row.known.as_ref());
        let keys: Vec<_> = known.map(|(key, _)| key.clone()).collect();
        let outbox = self.outbox.clone();
        let found = tokio::spawn(async move { outbox.find(keys).await });
        match self.looked_up.replace(LookedUp { rows, found }) {
            Some(LookedUp { rows, found }) => {
                let found = found.await.map_err(|_| AccountError::Unknown)??;
                Ok(self.put_together(rows, found))
            }
            None => Ok(Vec::new()),
        }
    }

    fn put_together(&self, rows: Vec<Row>, found: Vec<Option<Record>>) -> Vec<Accounted> {
        let mut found = found.into_iter();
        let mut accounts = Vec::with_capacity(rows.len());
        for Row {
            file,
            index,
            row,
            known,
        } in rows
        {
            let (line, state) = match known {
                None => (of_invalid(index, &row), None),
                Some((_, hash)) => match found.next().flatten() {
                    None => (of_missing(index, &row), None),
                    Some(record) if record.hash != hash => {
                        (of_conflict(index, &row, &record), None)
                    }
                    Some(record) => {
                        let line = of_record(index, &row, &record, &self.why_queued);
                        (line, Some(record.state))
                    }
                },
            };
            accounts.push(Accounted {
                file,
                row,
                line,
                is_open: state.is_some_and(|state| !state.is_answered()),
                is_in_outbox: state.is_some(),
            });
        }
        accounts
    }
}

/// Why it cannot be said what became of the rows.
#[derive(Debug)]
pub(crate) enum AccountError {
    Read(ReadError),
    Store(StoreError),
    /// The look into the outbox broke down.
    Unknown,
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl AccountError {
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Read(error) => format!("the file cannot be read again: {error}"),
            Self::Store(error) => in_full(error),
            Self::Unknown => "the outbox cannot be read".to_owned(),
        }
    }
}

fn of_row(index: u64, row: &InputRow, status: Status) -> RowLine {
    RowLine {
        careflex_id: row.careflex_id.as_ref().map(ToString::to_string),
        ..RowLine::of(index, row.key.clone(), status)
    }
}

fn of_invalid(index: u64, row: &InputRow) -> RowLine {
    let line = of_row(index, row, Status::Invalid);
    match &row.incident {
        Err(violations) => line.invalid(violations),
        Ok(_) => line,
    }
}

/// Where nothing was put in.
fn of_missing(index: u64, row: &InputRow) -> RowLine {
    RowLine {
        message: Some("not sent: nothing of the file was put into the outbox".to_owned()),
        ..of_row(index, row, Status::NotSent)
    }
}

fn of_conflict(index: u64, row: &InputRow, record: &Record) -> RowLine {
    RowLine {
        code: Some(CONFLICT.to_owned()),
        message: Some(format!(
            "externalId: another incident with it and other content is in the outbox as number {}, which is {}. If that one corrects this row, nothing is to be done; if both are meant, give this one an external ID of its own",
            record.number, record.state
        )),
        ..of_row(index, row, Status::Invalid)
    }
}

fn of_record(index: u64, row: &InputRow, record: &Record, why_queued: &str) -> RowLine {
    let status = match record.state {
        State::Accepted => Status::Accepted,
        State::HandedOver => Status::HandedOver,
        State::Refused => Status::Refused,
        State::Invalid => Status::Invalid,
        State::Queued => Status::NotSent,
        // Sending by another process: what comes of it is not known yet.
        _ => Status::InDoubt,
    };
    RowLine {
        careflex_id: Some(record.careflex_id.to_string()),
        import_id: record.import_id.as_ref().map(ToString::to_string),
        incident_id: record.incident_id.as_ref().map(ToString::to_string),
        code: record.code.clone(),
        message: match record.state {
            State::Queued => Some(why_queued.to_owned()),
            State::Sending => Some("it is being sent, or the program that did was killed: see `careflex outbox status`".to_owned()),
            _ => record.message.clone(),
        },
        ..RowLine::of(index, row.key.clone(), status)
    }
}
