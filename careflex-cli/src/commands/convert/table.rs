//! CSV of one company.

use std::io::Write;

use careflex::csv::Encoder;
use careflex::{CareflexId, Incident, Report, Rules};

use super::{Converted, Writes};
use crate::exit::Failure;

/// Writes the incidents of one company as one table.
pub(super) struct Table<'a> {
    encoder: Encoder,
    rules: Rules,
    out: &'a mut dyn Write,
    company: Option<CareflexId>,
    incidents: Vec<Incident>,
    written: usize,
    /// The records, used again for the next ones. The header line comes before the first ones.
    records: Vec<u8>,
}

impl<'a> Table<'a> {
    pub(super) fn new(encoder: Encoder, rules: Rules, out: &'a mut dyn Write) -> Self {
        let mut records = Vec::new();
        encoder.header(&mut records);
        Self {
            encoder,
            rules,
            out,
            company: None,
            incidents: Vec::new(),
            written: 0,
            records,
        }
    }

    fn write(&mut self) -> Result<(), Failure> {
        if let Some(company) = &self.company {
            let incidents = std::mem::take(&mut self.incidents);
            self.written += incidents.len();
            encode(
                &self.encoder,
                &self.rules,
                company,
                incidents,
                &mut self.records,
            )?;
        }
        self.out.write_all(&self.records)?;
        self.records.clear();
        Ok(())
    }
}

impl Writes for Table<'_> {
    fn push(&mut self, company: &CareflexId, incident: &Incident) -> Result<(), Failure> {
        if self.company.get_or_insert_with(|| company.clone()) != company {
            return Err(Failure::usage("a CSV file is for one company"));
        }
        self.incidents.push(incident.clone());
        if self.incidents.len() >= self.rules.max_incidents {
            self.write()?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Converted, Failure> {
        if !self.incidents.is_empty() {
            self.write()?;
        }
        Ok(Converted {
            incidents: self.written,
            companies: 1,
            files: Some(1),
            ..Converted::default()
        })
    }
}

/// Appends the records of incidents, in any number.
pub(super) fn encode(
    encoder: &Encoder,
    rules: &Rules,
    company: &CareflexId,
    incidents: Vec<Incident>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut incidents = incidents.into_iter();
    loop {
        let some: Vec<_> = incidents
            .by_ref()
            .take(rules.max_incidents.max(1))
            .collect();
        if some.is_empty() {
            return Ok(());
        }
        let report = Report::new(company.clone(), some, rules)
            .map_err(|invalid| Failure::usage(invalid.violations().to_string()))?;
        encoder
            .records(&report, out)
            .map_err(|violations| Failure::usage(violations.to_string()))?;
    }
}
