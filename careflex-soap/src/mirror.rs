//! Incidents and answers as structs with the derives of [yaserde](https://docs.rs/yaserde), for those who
//! embed them in XML documents of their own. Generated from the schema, like the model: all values are
//! `String` or `bool`, all days have the form YYYY-MM-DD.
//!
//! ```text
//! careflex_core::Incident ──► Incident: PlainIncident or NewIncident ──► yaserde::ser
//! careflex_core::Incident ◄── InputRow ◄── to_row(&Rules) ◄──┘      ◄── yaserde::de
//! ```
//!
//! The way back leads through the same checks as every reader: [`Incident::to_row`] for a whole incident,
//! `fill` with a [`Draft`] for a part of one.
//!
//! ```
//! use careflex_core::Rules;
//! use careflex_soap::mirror::PlainIncident;
//!
//! # fn main() -> Result<(), yaserde::Error> {
//! let incident: PlainIncident = yaserde::de::from_str(
//!     "<plainIncident>
//!        <employeeId>4711</employeeId>
//!        <validFrom>01.12.2026</validFrom>
//!        <createdAt>2026-11-20</createdAt>
//!        <type>RST</type>
//!      </plainIncident>",
//! )?;
//! let violations = incident.to_row(&Rules::documented()).incident.unwrap_err();
//! assert_eq!(
//!     violations.to_string(),
//!     "validFrom: must be a day in the form YYYY-MM-DD, for example 2020-04-24"
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # This is not the codec
//! Read and write the portal's messages with [`xml`](crate::xml). yaserde cannot keep the order of a list
//! that mixes `plainIncident` and `newIncident`, and it is silent where the codec is not:
//! - An element that it does not know is skipped, so a misspelt optional one is lost. In a document with a
//!   default namespace (`xmlns="…"`) no element of an incident is known: give your own elements a prefix.
//! - Of an element that is there twice, the last one counts.
//! - A carriage return inside a text becomes a line feed.
//! - A required element that is missing, or a `bool` that is none, is an error of the whole document and no
//!   violation.
//!
//! **Personal data:** yaserde logs all that it reads, at the levels debug and trace. Switch it off in your
//! logging (`yaserde=off,yaserde_derive=off`). Its errors may quote what was read.

#![allow(
    non_snake_case,
    reason = "yaserde derives the names of variables from those of fields: __type__value"
)]

use std::fmt;

use careflex_core::codec::{Leaf, Leaves};
use careflex_core::{
    Answer, AnswerRow, Draft, Field, Group, ImportId, IncidentId, InputRow, Rules, Text, printable,
};
use yaserde::{YaDeserialize, YaSerialize};

include!(concat!(env!("OUT_DIR"), "/mirror.rs"));

/// An incident in one of its two forms. Which one follows from whether it has master data (our decision).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incident {
    /// Without master data.
    Plain(PlainIncident),
    /// With master data.
    New(Box<NewIncident>),
}

impl From<&careflex_core::Incident> for Incident {
    /// The type is written as [`IncidentKind::code`](careflex_core::IncidentKind::code) has it: NEW, whatever
    /// the rules say of NEU.
    fn from(typed: &careflex_core::Incident) -> Self {
        match typed.employee {
            Some(_) => Self::New(Box::new(NewIncident::of(typed))),
            None => Self::Plain(PlainIncident::of(typed)),
        }
    }
}

impl Incident {
    /// Sets the values in a draft, which checks them when it is finished.
    pub fn fill<'a>(&'a self, draft: &mut Draft<'a>) {
        match self {
            Self::Plain(incident) => incident.fill(draft),
            Self::New(incident) => incident.fill(draft),
        }
    }

    /// Checks everything: the incident, or all that is wrong with it.
    #[must_use]
    pub fn to_row(&self, rules: &Rules) -> InputRow {
        checked(rules, |draft| self.fill(draft))
    }
}

impl PlainIncident {
    /// Checks everything: the incident, or all that is wrong with it.
    #[must_use]
    pub fn to_row(&self, rules: &Rules) -> InputRow {
        checked(rules, |draft| self.fill(draft))
    }
}

impl NewIncident {
    /// Checks everything: the incident, or all that is wrong with it.
    #[must_use]
    pub fn to_row(&self, rules: &Rules) -> InputRow {
        checked(rules, |draft| self.fill(draft))
    }
}

fn checked<'a>(rules: &Rules, fill: impl FnOnce(&mut Draft<'a>)) -> InputRow {
    let mut draft = Draft::new();
    fill(&mut draft);
    draft.finish(rules)
}

impl From<NewIncidentResponse> for Answer {
    /// A refusal that the portal would write in another element than `incidentError` is lost before this:
    /// take [`decode_new_response`](crate::xml::decode_new_response) for the answers to your own reports.
    fn from(response: NewIncidentResponse) -> Self {
        Self {
            import_id: ImportId::new(&response.import_id).ok(),
            rows: response
                .incident_response_list
                .incident
                .into_iter()
                .map(Into::into)
                .collect(),
        }
    }
}

impl From<IncidentResponse> for AnswerRow {
    fn from(row: IncidentResponse) -> Self {
        // Nothing that XML can carry is refused, but a text that is empty.
        let text = |text: &str| Text::new(text).ok();
        Self {
            row_number: row.row_number.trim().parse().ok(),
            incident_id: IncidentId::new(&row.incident_id).ok(),
            external_id: row.external_id.as_deref().and_then(text),
            employee_id: text(&row.employee_id),
            kind: text(&row.type_),
            error: row
                .incident_error
                .map(|error| (printable(error.code), printable(error.message))),
            is_unclear: false,
        }
    }
}

fn text(source: &impl Leaves, field: Field) -> Option<String> {
    match source.leaf(field as usize) {
        Leaf::Text(text) => Some(text.to_owned()),
        Leaf::Code(code) => Some(code.to_owned()),
        Leaf::Date(date) => Some(date.to_string()),
        Leaf::Boolean(_) | Leaf::Absent | Leaf::Unreadable => None,
    }
}

fn truth(source: &impl Leaves, field: Field) -> Option<bool> {
    match source.leaf(field as usize) {
        Leaf::Boolean(value) => Some(value),
        _ => None,
    }
}

fn truth_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
