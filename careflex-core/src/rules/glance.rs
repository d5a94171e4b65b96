//! A quick look at an incident: nearly all have nothing wrong with them, and that is seen at less cost than
//! what is wrong. Each look may be wrong in one direction only: where it is not sure it says no, and the full
//! check decides.

use chrono::NaiveDate;

use super::{Level, Rules, tax_id};
use crate::date::is_writable;
use crate::ids::CareflexId;
use crate::incident::Incident;
use crate::kind::IncidentKind;
use crate::model::{Field, Group};
use crate::schema::Limit;
use crate::text::Text;

impl Rules {
    /// Whether a check would find nothing at all, not even a warning. `false` where it is not sure.
    pub(crate) fn is_clean(&self, incident: &Incident) -> bool {
        let glance = Glance {
            limits: &self.limits,
            required_for: &self.required_for,
            kind: incident.kind.code(),
        };
        let Incident {
            external_id,
            employee_id,
            kind,
            valid_from,
            created_at,
            employee,
        } = incident;
        glance.optional_text(
            Field::ExternalId.index(),
            external_id.as_ref().map(AsRef::as_ref),
        ) && glance.text(Field::EmployeeId.index(), employee_id.as_ref())
            && glance.date(Field::ValidFrom.index(), *valid_from)
            && glance.date(Field::CreatedAt.index(), *created_at)
            && glance.takes(Field::Type.index(), kind.code().as_bytes())
            // The other way in which it may have been written.
            && (*kind != IncidentKind::New || glance.takes(Field::Type.index(), b"NEU"))
            && !matches!(kind, IncidentKind::Other(_))
            && self.is_no_tax_id(employee_id.as_ref())
            && match employee {
                None => glance.no_group(Group::Employee.index()),
                Some(employee) => {
                    employee.is_clean(&glance) && self.is_clean_beyond_facets(kind, employee)
                }
            }
    }

    /// The same for the key of a company.
    pub(crate) fn is_clean_careflex_id(&self, id: &CareflexId) -> bool {
        let limit = self.limit(Field::CareflexId);
        let id: &Text = id.as_ref();
        takes(limit, id.as_bytes())
    }

    /// What the rules demand of master data that no facet says.
    fn is_clean_beyond_facets(&self, kind: &IncidentKind, employee: &crate::Employee) -> bool {
        let zip_code = employee.address.as_ref().is_none_or(|address| {
            address.country.as_bytes() != b"DE"
                || (address.zip_code.as_bytes().len() == 5
                    && address.zip_code.as_bytes().iter().all(u8::is_ascii_digit))
        });
        let email = employee
            .contact
            .as_ref()
            .and_then(|contact| contact.email_business.as_ref());
        let email = match email {
            Some(email) => self.email == Level::Off || is_plain_email(email.as_bytes()),
            None => *kind != IncidentKind::New,
        };
        let personnel_number = employee
            .job
            .as_ref()
            .and_then(|job| job.personnel_number.as_ref());
        zip_code && email && personnel_number.is_none_or(|number| self.is_no_tax_id(number))
    }

    fn is_no_tax_id(&self, key: &Text) -> bool {
        key.as_bytes().len() != tax_id::LENGTH
    }
}

/// A quick look at the facets of the schema. Made for the generated code: one question for each kind of value.
pub struct Glance<'r> {
    limits: &'r [Limit],
    required_for: &'r [&'static [&'static str]],
    /// The type of the incident, `NEW` for `NEU` too.
    kind: &'r str,
}

impl Glance<'_> {
    /// A text that is there.
    #[inline]
    pub fn text(&self, field: usize, text: &Text) -> bool {
        self.takes(field, text.as_bytes())
    }

    /// A text that may be missing.
    #[inline]
    pub fn optional_text(&self, field: usize, text: Option<&Text>) -> bool {
        match text {
            Some(text) => self.text(field, text),
            None => self.may_be_missing(field),
        }
    }

    /// A day that is there.
    #[inline]
    pub fn date(&self, field: usize, date: NaiveDate) -> bool {
        let limit = self.limits.get(field);
        is_writable(date)
            && limit.is_some_and(|limit| date >= limit.first_day && date <= limit.last_day)
    }

    /// A day that may be missing.
    #[inline]
    pub fn optional_date(&self, field: usize, date: Option<NaiveDate>) -> bool {
        match date {
            Some(date) => self.date(field, date),
            None => self.may_be_missing(field),
        }
    }

    /// A truth value that is there.
    #[inline]
    pub fn boolean(&self, _: usize, _: bool) -> bool {
        true
    }

    /// A truth value that may be missing.
    #[inline]
    pub fn optional_boolean(&self, field: usize, value: Option<bool>) -> bool {
        value.is_some() || self.may_be_missing(field)
    }

    /// A code that is there.
    #[inline]
    pub fn code(&self, field: usize, code: &'static str) -> bool {
        let limit = self.limits.get(field);
        limit.is_some_and(|limit| limit.codes.contains(&code))
    }

    /// A code that may be missing.
    #[inline]
    pub fn optional_code(&self, field: usize, code: Option<&'static str>) -> bool {
        match code {
            Some(code) => self.code(field, code),
            None => self.may_be_missing(field),
        }
    }

    /// A group that is missing.
    #[inline]
    pub fn no_group(&self, group: usize) -> bool {
        let required_for = self.required_for.get(group);
        required_for.is_some_and(|codes| !self.is_among(codes))
    }

    #[inline]
    fn may_be_missing(&self, field: usize) -> bool {
        let limit = self.limits.get(field);
        limit.is_some_and(|limit| !self.is_among(limit.required_for))
    }

    /// Whether the type is one of these. Types have three letters: to compare so many is an instruction or two, and
    /// not a call. Any others count as the same, so that the full check decides.
    #[inline]
    fn is_among(&self, codes: &[&str]) -> bool {
        let kind: Option<&[u8; 3]> = self.kind.as_bytes().try_into().ok();
        codes
            .iter()
            .any(|code| code.as_bytes().try_into().ok() == kind)
    }

    #[inline]
    fn takes(&self, field: usize, text: &[u8]) -> bool {
        self.limits
            .get(field)
            .is_some_and(|limit| takes(limit, text))
    }
}

/// Whether a text is surely within a limit. A character takes one to four bytes, so the bytes say enough about
/// most texts.
#[inline]
fn takes(limit: &Limit, text: &[u8]) -> bool {
    text.len() <= limit.max_length
        && text.len().div_ceil(4) >= limit.min_length
        && limit
            .pattern
            .is_none_or(|pattern| pattern.matches_ascii(text))
}

/// Whether a text is an e-mail address of the usual kind. There are others. Its characters are looked at without a
/// branch for each: what comes next in an address can hardly be guessed.
fn is_plain_email(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| *byte == b'@') else {
        return false;
    };
    let (user, domain) = text.split_at(at);
    let [b'@', domain @ ..] = domain else {
        return false;
    };
    let ([first, ..], [.., last]) = (domain, domain) else {
        return false;
    };
    // No label of the domain is empty, or has a hyphen at an end. Two hyphens side by side could be right, but are
    // rare. No label can be too long in a domain that is no longer than a label may be.
    let next_ones = domain.iter().skip(1);
    let pairs_of_marks = domain
        .iter()
        .zip(next_ones)
        .fold(0_u32, |pairs, (one, next)| {
            pairs + u32::from(is_mark(*one) & is_mark(*next))
        });
    (1..=64).contains(&user.len())
        && domain.len() <= 63
        && are_all(user, IN_USER)
        && are_all(domain, IN_DOMAIN)
        && pairs_of_marks == 0
        && !is_mark(*first)
        && !is_mark(*last)
}

#[inline]
fn are_all(text: &[u8], class: u8) -> bool {
    let all = text.iter().fold(class, |all, byte| {
        all & CHARACTERS
            .get(usize::from(*byte))
            .copied()
            .unwrap_or_default()
    });
    all != 0
}

#[inline]
const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b'-')
}

/// A character that may stand in front of the at sign, and one that may stand behind it.
const IN_USER: u8 = 1;
const IN_DOMAIN: u8 = 2;

const CHARACTERS: [u8; 256] = {
    let mut characters = [0; 256];
    let mut byte = 0_usize;
    while byte < characters.len() {
        #[expect(clippy::indexing_slicing, reason = "one place for each byte")]
        {
            characters[byte] = match byte as u8 {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'-' => IN_USER | IN_DOMAIN,
                b'_' | b'+' => IN_USER,
                _ => 0,
            };
        }
        byte += 1;
    }
    characters
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use validator::ValidateEmail as _;

    use super::*;

    #[test]
    fn usual_addresses_are_seen_at_once() {
        for address in ["a@b", "p-4711.b_c+d@musterfirma.example", "A1@x-y.z9"] {
            assert!(is_plain_email(address.as_bytes()), "{address}");
        }
        for address in [
            "", "@", "a@", "@b", "a@-b", "a@b-", "a@b..c", "a@b.", "a b@c", "ä@b", "a@b@c",
        ] {
            assert!(!is_plain_email(address.as_bytes()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn no_address_is_taken_that_is_none(text in "[a-zA-Z0-9._+-]{0,66}@[a-zA-Z0-9.-]{0,80}|\\PC{0,20}") {
            if is_plain_email(text.as_bytes()) {
                prop_assert!(text.validate_email(), "{text}");
            }
        }
    }
}
