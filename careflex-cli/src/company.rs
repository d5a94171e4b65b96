//! Which company is meant where a file names none.

use careflex::{CareflexId, Rules};

use crate::exit::Failure;
use crate::profile::Profile;

const VARIABLE: &str = "CAREFLEX_ID";

/// The company by variable or profile.
pub(crate) fn default(profile: &Profile) -> Result<Option<CareflexId>, Failure> {
    match std::env::var(VARIABLE) {
        Ok(id) if !id.is_empty() => parse(&id, VARIABLE).map(Some),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("{VARIABLE} is not UTF-8")))
        }
        _ => profile
            .careflex_id
            .as_ref()
            .map(|id| parse(id, "careflex_id of the profile"))
            .transpose(),
    }
}

/// A company's key; `place` says where it stands.
pub(crate) fn parse(id: &str, place: &str) -> Result<CareflexId, Failure> {
    let id = CareflexId::new(id).map_err(|error| Failure::usage(format!("{place} {error}")))?;
    match Rules::documented().check_careflex_id(&id).iter().next() {
        Some(violation) => Err(Failure::usage(format!("{place} {}", violation.message()))),
        None => Ok(id),
    }
}
