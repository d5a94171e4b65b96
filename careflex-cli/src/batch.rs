//! A batch of incidents of one company, on its way to an outcome for each row.

use std::sync::Arc;

use careflex::{
    CareflexId, Delivery, EmployeeId, Incident, Receipt, Report, ReportError, Reporter, Row,
    RowKey, Rules,
};

use crate::exit::report_error_in_words;
use crate::output::{RowLine, Status};

/// One employee of one company.
pub(crate) type EmployeeKey = (CareflexId, EmployeeId);

/// Incidents of one company, in their order, with their numbers in the input.
pub(crate) struct Batch {
    pub(crate) company: CareflexId,
    pub(crate) rows: Vec<(u64, Incident)>,
}

/// A batch that was tried, and what came of it.
pub(crate) struct Sent {
    pub(crate) lines: Vec<RowLine>,
    pub(crate) keys: Vec<EmployeeKey>,
    pub(crate) was_request: bool,
    /// Why nothing more should be tried.
    pub(crate) stop: Option<String>,
}

impl Batch {
    /// Whose incidents it holds.
    pub(crate) fn keys(&self) -> impl Iterator<Item = EmployeeKey> {
        self.rows
            .iter()
            .map(|(_, incident)| (self.company.clone(), incident.employee_id.clone()))
    }

    /// Sends the batch.
    pub(crate) async fn send(self, reporter: Arc<dyn Reporter>, rules: Arc<Rules>) -> Sent {
        let keys = self.keys().collect();
        let lines = self.lines(Status::NotSent, None);
        let incidents = self
            .rows
            .into_iter()
            .map(|(_, incident)| incident)
            .collect();
        let mut sent = Sent {
            lines,
            keys,
            was_request: false,
            stop: None,
        };
        match Report::new(self.company, incidents, &rules) {
            Ok(report) => match reporter.report(&report).await {
                Ok(receipt) => {
                    sent.was_request = true;
                    sent.settle(receipt);
                }
                Err(error) => sent.fail(&error),
            },
            // The rows were checked one by one before.
            Err(invalid) => sent.all(
                Status::Invalid,
                None,
                &format!("invalid: {}", invalid.violations()),
            ),
        }
        sent
    }

    /// One line a row, all with the same outcome.
    pub(crate) fn lines(&self, status: Status, message: Option<&str>) -> Vec<RowLine> {
        self.rows
            .iter()
            .map(|(index, incident)| RowLine {
                careflex_id: Some(self.company.to_string()),
                message: message.map(str::to_owned),
                ..RowLine::of(*index, RowKey::from(incident), status)
            })
            .collect()
    }
}

impl Sent {
    fn settle(&mut self, receipt: Receipt) {
        let import_id = receipt.import_id().map(ToString::to_string);
        // A row that the receipt should lack all the same must not look as if nothing had been sent.
        self.all(Status::InDoubt, None, "the receipt has no row for it");
        for (line, row) in self.lines.iter_mut().zip(receipt.into_rows()) {
            line.import_id.clone_from(&import_id);
            line.message = None;
            match row {
                Row::Accepted { incident_id } => {
                    line.status = Status::Accepted;
                    line.incident_id = Some(incident_id.to_string());
                }
                Row::Refused {
                    incident_id,
                    code,
                    message,
                } => {
                    line.status = Status::Refused;
                    line.incident_id = incident_id.map(|id| id.to_string());
                    line.code = Some(code);
                    line.message = Some(message);
                }
                Row::HandedOver => line.status = Status::HandedOver,
                Row::InDoubt { reason } => {
                    line.status = Status::InDoubt;
                    line.message = Some(reason.to_string());
                }
                // An outcome that this program does not know is no clear one.
                _ => {
                    line.status = Status::InDoubt;
                    line.message =
                        Some("the outcome is of a kind that is not known here".to_owned());
                }
            }
        }
    }

    fn fail(&mut self, error: &ReportError) {
        let text = report_error_in_words(error);
        // Without an answer and not in doubt: nothing has left.
        self.was_request = error.status().is_some() || error.delivery() == Delivery::InDoubt;
        let status = match error.delivery() {
            Delivery::NotSent => Status::NotSent,
            Delivery::Refused => Status::Refused,
            _ => Status::InDoubt,
        };
        let code = error.status().map(|status| format!("http-{status}"));
        self.all(status, code.as_deref(), &text);
        self.stop = (status == Status::NotSent).then_some(text);
    }

    fn all(&mut self, status: Status, code: Option<&str>, message: &str) {
        for line in &mut self.lines {
            line.status = status;
            line.code = code.map(str::to_owned);
            line.message = Some(message.to_owned());
        }
    }
}
