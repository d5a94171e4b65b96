//! JSON and XML: requests, one a line.

use std::collections::HashSet;
use std::io::Write;

use careflex::rest::json;
use careflex::soap::xml;
use careflex::{ApiToken, CareflexId, Incident, Report, Rules};

use super::waiting::Waiting;
use super::{Converted, Writes};
use crate::exit::Failure;

/// What stands where a request has its API token: files hold no secrets.
pub(crate) const PLACEHOLDER: &str = "YOUR-API-TOKEN";

/// Writes requests, one a line: each has up to 100 incidents of one company, in the order of the input.
pub(super) struct Documents<'a> {
    encode: fn(&Report, &ApiToken, &mut Vec<u8>),
    rules: Rules,
    api_token: ApiToken,
    out: &'a mut dyn Write,
    waiting: Waiting,
    companies: HashSet<CareflexId>,
    /// How many were written.
    written: usize,
    reports: usize,
    /// The document, used again for the next one.
    document: Vec<u8>,
}

impl<'a> Documents<'a> {
    pub(super) fn of_json(rules: Rules, out: &'a mut dyn Write) -> Result<Self, Failure> {
        Self::new(json::encode_new_request, rules, out)
    }

    pub(super) fn of_xml(rules: Rules, out: &'a mut dyn Write) -> Result<Self, Failure> {
        Self::new(xml_on_one_line, rules, out)
    }

    fn new(
        encode: fn(&Report, &ApiToken, &mut Vec<u8>),
        rules: Rules,
        out: &'a mut dyn Write,
    ) -> Result<Self, Failure> {
        Ok(Self {
            encode,
            rules,
            api_token: ApiToken::new(PLACEHOLDER)
                .map_err(|error| Failure::usage(format!("the placeholder {error}")))?,
            out,
            waiting: Waiting::default(),
            companies: HashSet::new(),
            written: 0,
            reports: 0,
            document: Vec::new(),
        })
    }

    /// Writes a document.
    fn write(&mut self, company: CareflexId, incidents: Vec<Incident>) -> Result<(), Failure> {
        let report = Report::new(company.clone(), incidents, &self.rules)
            .map_err(|invalid| Failure::usage(invalid.violations().to_string()))?;
        self.document.clear();
        (self.encode)(&report, &self.api_token, &mut self.document);
        if self.document.is_empty() {
            // Nothing must get lost in silence.
            return Err(Failure::usage("a report could not be written"));
        }
        self.document.push(b'\n');
        self.out.write_all(&self.document)?;
        self.written += report.incidents().len();
        self.reports += 1;
        self.companies.insert(company);
        Ok(())
    }

    fn write_all(&mut self) -> Result<(), Failure> {
        let mut waiting = self.waiting.take();
        waiting.try_for_each(|(company, incidents)| self.write(company, incidents))
    }
}

impl Writes for Documents<'_> {
    fn push(&mut self, company: &CareflexId, incident: &Incident) -> Result<(), Failure> {
        if self.waiting.push(company, incident) >= self.rules.max_incidents {
            let incidents = self.waiting.take_of(company);
            self.write(company.clone(), incidents)?;
        }
        if self.waiting.is_full() {
            self.write_all()?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Converted, Failure> {
        self.write_all()?;
        Ok(Converted {
            incidents: self.written,
            companies: self.companies.len(),
            reports: Some(self.reports),
            ..Converted::default()
        })
    }
}

/// Only values hold line feeds, and there they can be written in another way.
fn xml_on_one_line(report: &Report, api_token: &ApiToken, out: &mut Vec<u8>) {
    xml::encode_new_request(report, api_token, out);
    *out = on_one_line(out);
}

fn on_one_line(xml: &[u8]) -> Vec<u8> {
    let lines: Vec<_> = xml.split(|byte| *byte == b'\n').collect();
    lines.join(&b"&#10;"[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_one_line_whatever_its_values_hold() {
        assert_eq!(on_one_line(b"<a>b\n\nc</a>"), b"<a>b&#10;&#10;c</a>");
        assert_eq!(on_one_line(b"<a/>"), b"<a/>");
    }
}
