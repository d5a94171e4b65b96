//! Sends one batch.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use careflex_core::{
    Delivery, Incident, Receipt, Report, ReportError, Reporter, Row, Rules, Violations,
};
use careflex_rest::json::IncidentReader;
use futures_util::FutureExt as _;

use crate::entry::ContentHash;
use crate::state::{BatchNumber, IncidentNumber};
use crate::store::{BatchOutcome, ClaimedBatch, Settled, Settlement};

/// A batch that can leave.
pub(super) struct Ready {
    pub(super) batch: BatchNumber,
    pub(super) numbers: Vec<IncidentNumber>,
    pub(super) hash: ContentHash,
    pub(super) report: Report,
}

/// What came of a batch.
pub(super) struct Answer {
    pub(super) settlement: Settlement,
    /// Why it was not sent.
    pub(super) not_sent: Option<Arc<ReportError>>,
}

impl Ready {
    /// Sends it.
    pub(super) async fn send(self, reporter: &dyn Reporter) -> Answer {
        let Self {
            batch,
            numbers,
            report,
            ..
        } = self;
        // A reporter that breaks down must not take the worker with it.
        let answer = AssertUnwindSafe(reporter.report(&report))
            .catch_unwind()
            .await;
        match answer {
            Ok(Ok(receipt)) => answered(batch, numbers, receipt),
            Ok(Err(error)) => failed(batch, numbers, error),
            Err(_) => Answer {
                settlement: in_doubt(batch, numbers, "the reporter broke down"),
                not_sent: None,
            },
        }
    }

    /// What to say of it if it does not leave.
    pub(super) fn give_back(self) -> Settlement {
        let rows = self.numbers.into_iter();
        let rows = rows.map(|number| (number, Settled::NotSent)).collect();
        Settlement::new(self.batch, BatchOutcome::NotSent, rows)
    }
}

/// A batch that nobody knows anything of.
pub(super) fn in_doubt(
    batch: BatchNumber,
    numbers: impl IntoIterator<Item = IncidentNumber>,
    reason: &str,
) -> Settlement {
    let rows = numbers
        .into_iter()
        .map(|number| (number, Settled::InDoubt(reason.to_owned())))
        .collect();
    Settlement {
        reason: Some(reason.to_owned()),
        ..Settlement::new(batch, BatchOutcome::InDoubt, rows)
    }
}

/// Makes a report of a batch, or says what keeps it from being one: the rules may have changed since its incidents
/// were enqueued.
pub(super) fn pack(claimed: ClaimedBatch, rules: &Rules) -> Result<Ready, Settlement> {
    let batch = claimed.batch;
    let (numbers, hashes): (Vec<_>, Vec<_>) = claimed.incidents.into_iter().unzip();
    let not_sent = |numbers: Vec<IncidentNumber>, rows: Vec<Settled>| {
        let rows = numbers.into_iter().zip(rows).collect();
        Err(Settlement::new(batch, BatchOutcome::NotSent, rows))
    };
    let incidents = match read(&claimed.contents, numbers.len(), rules) {
        Ok(incidents) => incidents,
        Err(rows) => return not_sent(numbers, rows),
    };
    match Report::new(claimed.careflex_id, incidents, rules) {
        Ok(report) => Ok(Ready {
            batch,
            numbers,
            hash: ContentHash::of_batch(&hashes),
            report,
        }),
        Err(refused) => {
            let rows = refused.into_rows();
            let rows = rows.map(|(_, violations)| of_violations(&violations));
            not_sent(numbers, rows.collect())
        }
    }
}

/// Reads so many incidents, one a line. If one cannot be read or is not valid, says of each what becomes of it.
fn read(contents: &[u8], count: usize, rules: &Rules) -> Result<Vec<Incident>, Vec<Settled>> {
    let mut incidents = Vec::with_capacity(count);
    for row in IncidentReader::new(contents, rules.clone()) {
        match row.map(|row| row.incident) {
            Ok(Ok(incident)) => incidents.push(incident),
            // Where a content is damaged, what is behind it cannot be read together with it.
            _ => return Err(read_each(contents, rules)),
        }
    }
    if incidents.len() == count {
        Ok(incidents)
    } else {
        Err(read_each(contents, rules))
    }
}

fn read_each(contents: &[u8], rules: &Rules) -> Vec<Settled> {
    let read_one = |line: &[u8]| {
        let mut rows = IncidentReader::new(line, rules.clone());
        match (rows.next(), rows.next()) {
            (Some(Ok(row)), None) => match row.incident {
                Ok(_) => Settled::NotSent,
                Err(violations) => of_violations(&violations),
            },
            _ => unreadable_content(),
        }
    };
    let lines = contents.strip_suffix(b"\n").unwrap_or(contents);
    lines.split(|byte| *byte == b'\n').map(read_one).collect()
}

fn of_violations(violations: &Violations) -> Settled {
    match violations.errors().next() {
        None => Settled::NotSent,
        Some(first) => Settled::Invalid {
            code: first.code().as_str().to_owned(),
            message: first.to_string(),
        },
    }
}

fn unreadable_content() -> Settled {
    Settled::Invalid {
        code: "unreadable".to_owned(),
        message: "its content in the outbox cannot be read: enqueue it again".to_owned(),
    }
}

fn answered(batch: BatchNumber, numbers: Vec<IncidentNumber>, receipt: Receipt) -> Answer {
    let import_id = receipt.import_id().cloned();
    let answers = receipt.into_rows().into_iter().map(Some);
    // Should a reporter's receipt lack rows, that must not look as if nothing had been sent.
    let rows: Vec<_> = numbers
        .into_iter()
        .zip(answers.chain(std::iter::repeat(None)))
        .map(|(number, row)| (number, of_row(row)))
        .collect();
    let is_clear = rows
        .iter()
        .any(|(_, settled)| !matches!(settled, Settled::InDoubt(_)));
    let mut settlement = Settlement::new(batch, BatchOutcome::Answered, rows);
    settlement.import_id = import_id;
    if !is_clear {
        settlement.outcome = BatchOutcome::InDoubt;
        settlement.reason = Some("the portal's answer is clear for no incident at all".to_owned());
    }
    Answer {
        settlement,
        not_sent: None,
    }
}

fn of_row(row: Option<Row>) -> Settled {
    match row {
        Some(Row::Accepted { incident_id }) => Settled::Accepted(incident_id),
        Some(Row::HandedOver) => Settled::HandedOver,
        Some(Row::Refused {
            incident_id,
            code,
            message,
        }) => Settled::Refused {
            incident_id,
            code: Some(code),
            message,
        },
        Some(Row::InDoubt { reason }) => Settled::InDoubt(reason.to_string()),
        // A row of a kind that is not known here is no clear one.
        Some(_) | None => Settled::InDoubt("there is no clear answer for it".to_owned()),
    }
}

fn failed(batch: BatchNumber, numbers: Vec<IncidentNumber>, error: ReportError) -> Answer {
    let (outcome, settled) = match error.delivery() {
        Delivery::NotSent => (BatchOutcome::NotSent, Settled::NotSent),
        Delivery::Refused => (
            BatchOutcome::Refused,
            Settled::Refused {
                incident_id: None,
                code: error.code(),
                message: error.in_full(),
            },
        ),
        Delivery::InDoubt => (BatchOutcome::InDoubt, Settled::InDoubt(error.in_full())),
        // A delivery of a kind that is not known here is no clear one.
        _ => (BatchOutcome::InDoubt, Settled::InDoubt(error.in_full())),
    };
    let rows = numbers
        .into_iter()
        .map(|number| (number, settled.clone()))
        .collect();
    Answer {
        settlement: Settlement {
            reason: Some(error.to_string()),
            ..Settlement::new(batch, outcome, rows)
        },
        not_sent: (outcome == BatchOutcome::NotSent).then(|| Arc::new(error)),
    }
}
