//! A report on its way, and where its incidents come from.

use std::sync::Arc;

use super::batches::Batch;
use crate::ids::{CareflexId, EmployeeId};
use crate::incident::Incident;
use crate::report::Report;
use crate::rules::Rules;
use crate::violation::Violations;

/// A report, and the index of each of its incidents in the input.
pub(super) struct Parcel {
    indices: Vec<u64>,
    pub(super) report: Arc<Report>,
}

/// An incident that is not valid, and its index.
pub(super) type Invalid = (u64, Incident, Violations);

impl Parcel {
    /// Packs what is valid of a batch, if anything is, and gives the rest back.
    pub(super) fn pack(batch: Batch, rules: &Rules) -> (Option<Self>, Vec<Invalid>) {
        let Batch { company, mut rows } = batch;
        let mut invalid = Vec::new();
        while !rows.is_empty() {
            let (indices, incidents): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let refused = match Report::new(company.clone(), incidents, rules) {
                Ok(report) => {
                    let report = Arc::new(report);
                    return (Some(Self { indices, report }), invalid);
                }
                Err(refused) => refused,
            };
            rows = Vec::new();
            for (index, (incident, violations)) in indices.into_iter().zip(refused.into_rows()) {
                if violations.has_errors() {
                    invalid.push((index, incident, violations));
                } else {
                    rows.push((index, incident));
                }
            }
        }
        (None, invalid)
    }

    /// The batch that it was made of.
    pub(super) fn unpack(self) -> Batch {
        // The request has ended, and with it its hold on the report.
        let report = Arc::unwrap_or_clone(self.report);
        Batch {
            company: report.careflex_id().clone(),
            rows: self
                .indices
                .into_iter()
                .zip(report.into_incidents())
                .collect(),
        }
    }
}

/// Whose incidents a report holds.
pub(super) fn employees(report: &Report) -> impl Iterator<Item = (&CareflexId, &EmployeeId)> {
    let company = report.careflex_id();
    report
        .incidents()
        .iter()
        .map(move |incident| (company, &incident.employee_id))
}
