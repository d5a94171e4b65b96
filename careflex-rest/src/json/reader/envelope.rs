//! A report object around its incidents.

use careflex_core::{
    CareflexId, Field, InputRow, ReadError, Rules, Violation, ViolationCode, nearest_name,
};

use super::{broken, check_utf_8};
use crate::json::request::decode_members;

/// How many characters of an unknown name are shown.
const NAME_SHOWN: usize = 40;

/// A report object while it is being read.
pub(super) struct Envelope {
    /// The members beside `incidentList`, as JSON without the closing brace.
    pub(super) members: Vec<u8>,
    line: u64,
    pub(super) careflex_id: Option<CareflexId>,
}

impl Envelope {
    /// `object` ends right before the name of the list.
    pub(super) fn begin(mut object: Vec<u8>, line: u64, rules: &Rules) -> Result<Self, ReadError> {
        if let Some(comma) = object.iter().rposition(|byte| !byte.is_ascii_whitespace())
            && object.get(comma) == Some(&b',')
        {
            object.remove(comma);
        }
        let mut envelope = Self {
            members: object,
            line,
            careflex_id: None,
        };
        envelope.read_members(rules)?;
        Ok(envelope)
    }

    pub(super) fn has_members(&self) -> bool {
        self.members.contains(&b':')
    }

    pub(super) fn read_members(&mut self, rules: &Rules) -> Result<(), ReadError> {
        check_utf_8(&self.members, self.line)?;
        self.members.push(b'}');
        let members = decode_members(&self.members);
        self.members.pop();
        let members = members.map_err(|error| broken(&error, self.line))?;
        if let Some(name) = members.doubled {
            return Err(ReadError::new(self.line, format!("{name} is there twice")));
        }
        if members.is_company_odd {
            return Err(ReadError::new(
                self.line,
                "careflexId must be a text in quotation marks",
            ));
        }
        if let Some(name) = members.unknown {
            let shown: String = name.chars().take(NAME_SHOWN).collect();
            let shown = shown.escape_debug();
            let known = ["careflexId", "apiToken", "incidentList"];
            let advice = match nearest_name(&name, known) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "a report has careflexId, apiToken and incidentList".to_owned(),
            };
            return Err(ReadError::new(
                self.line,
                format!("{shown} is not known: {advice}"),
            ));
        }
        if let Some(id) = members.careflex_id {
            let id = CareflexId::new(&id)
                .map_err(|error| ReadError::new(self.line, format!("careflexId {error}")))?;
            let violations = rules.check_careflex_id(&id);
            if violations.has_errors() {
                return Err(ReadError::new(self.line, violations.to_string()));
            }
            self.careflex_id = Some(id);
        }
        Ok(())
    }

    /// A row of a report object belongs to the report's company; one that names another is refused.
    pub(super) fn own(&self, row: &mut InputRow) {
        match (&self.careflex_id, &row.careflex_id) {
            (None, _) => {}
            (Some(id), None) => row.careflex_id = Some(id.clone()),
            (Some(id), Some(own)) if own == id => {}
            (Some(_), Some(_)) => row.refuse(Violation::error(
                Field::CareflexId.path(),
                ViolationCode::OtherCompany,
                "names another company than the report around it",
            )),
        }
    }
}
