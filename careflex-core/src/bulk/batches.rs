//! Groups incidents by company.

use std::collections::{BTreeMap, HashMap};

use crate::ids::CareflexId;
use crate::incident::Incident;

/// Incidents of one company, in the order of the input.
pub(super) struct Batch {
    pub(super) company: CareflexId,
    /// Each with its index in the input.
    pub(super) rows: Vec<(u64, Incident)>,
}

/// The batches that are being filled: one for each company.
#[derive(Default)]
pub(super) struct Batches {
    /// By the index of their first incident: the oldest one comes first.
    open: BTreeMap<u64, Batch>,
    /// Where a company's batch is.
    of_company: HashMap<CareflexId, u64>,
}

impl Batches {
    /// Adds an incident, and gives the batch if that makes it full.
    pub(super) fn add(
        &mut self,
        index: u64,
        company: CareflexId,
        incident: Incident,
        most: usize,
    ) -> Option<Batch> {
        let first = match self.of_company.get(&company) {
            Some(first) => *first,
            None => {
                self.of_company.insert(company.clone(), index);
                index
            }
        };
        let batch = self.open.entry(first).or_insert_with(|| Batch {
            company,
            rows: Vec::new(),
        });
        batch.rows.push((index, incident));
        if batch.rows.len() >= most {
            self.take(first)
        } else {
            None
        }
    }

    /// The oldest batch, if it was begun before this index.
    pub(super) fn begun_before(&mut self, index: u64) -> Option<Batch> {
        let (first, _) = self.open.first_key_value()?;
        if *first < index {
            self.take(*first)
        } else {
            None
        }
    }

    /// The oldest batch.
    pub(super) fn oldest(&mut self) -> Option<Batch> {
        self.begun_before(u64::MAX)
    }

    fn take(&mut self, first: u64) -> Option<Batch> {
        let batch = self.open.remove(&first)?;
        self.of_company.remove(&batch.company);
        Some(batch)
    }
}
