//! Which company a row belongs to, and whether it may go there.

use std::collections::BTreeSet;
use std::sync::Arc;

use careflex::{CareflexId, InputRow, Violation, ViolationCode};

/// The guard of one reading.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    /// Given as a flag, or by the folder of the file: another one is refused, with these words.
    pub(super) only: Option<(CareflexId, &'static str)>,
    /// For rows that name none.
    pub(super) default: Option<CareflexId>,
    /// A row without a company cannot be sent.
    pub(super) required: bool,
    pub(super) takers: Takers,
}

/// The companies for which something can be sent: a file in the wrong folder is booked on the wrong company.
#[derive(Debug, Clone, Default)]
pub(crate) enum Takers {
    /// Those that the portal knows.
    #[default]
    All,
    /// This one; the one of the first row, as long as none is known.
    One(Option<CareflexId>),
    /// Those with folders of their own.
    Listed(Arc<BTreeSet<CareflexId>>),
}

impl Guard {
    /// Fills in the company of a row, or refuses the row.
    pub(super) fn apply(&mut self, row: &mut InputRow) {
        if has_wrong_id(row) {
            // It belongs to whom it was meant to name, and to nobody else.
            return;
        }
        match (&row.careflex_id, &self.only, &self.default) {
            (Some(named), Some((only, why)), _) if named != only => {
                return refuse(row, ViolationCode::OtherCompany, why);
            }
            (Some(_), ..) => {}
            (None, _, Some(default)) => row.careflex_id = Some(default.clone()),
            (None, _, None) if self.required => {
                return refuse(
                    row,
                    ViolationCode::NoCompany,
                    "is missing: name the company in the file, with --careflex-id, with CAREFLEX_ID or in the profile",
                );
            }
            (None, ..) => return,
        }
        if let Some(company) = &row.careflex_id
            && let Err(why) = self.takers.check(company)
        {
            refuse(row, ViolationCode::OtherCompany, why);
        }
    }
}

/// Whether a row names a company by something that is no ID.
fn has_wrong_id(row: &InputRow) -> bool {
    let violations = row.incident.as_ref().err();
    row.careflex_id.is_none()
        && violations.is_some_and(|violations| {
            let mut errors = violations.errors();
            errors.any(|error| error.field() == "careflexId")
        })
}

fn refuse(row: &mut InputRow, code: ViolationCode, message: &'static str) {
    row.refuse(Violation::error("careflexId", code, message));
}

impl Takers {
    fn check(&mut self, company: &CareflexId) -> Result<(), &'static str> {
        match self {
            Self::All => Ok(()),
            Self::One(Some(one)) if one == company => Ok(()),
            Self::One(Some(_)) => Err(
                "names another company than the one of the folder: give --drop-dir ID=DIR for each company",
            ),
            Self::One(unknown) => {
                *unknown = Some(company.clone());
                Ok(())
            }
            Self::Listed(listed) if listed.contains(company) => Ok(()),
            Self::Listed(_) => Err("names a company that has no folder: give --drop-dir ID=DIR"),
        }
    }
}
