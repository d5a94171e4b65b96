//! What goes into an outbox.

use std::fmt;

use careflex_core::{CareflexId, EmployeeId, ExternalId, Incident, InputRow, Text, Violations};
use sha2::{Digest as _, Sha256};

/// An incident to be enqueued. Made from an [`Incident`] or a `(CareflexId, Incident)`. Its key is hidden in `Debug`,
/// as [`Key`] is.
#[derive(Clone)]
pub struct Entry {
    pub(crate) careflex_id: Option<CareflexId>,
    pub(crate) incident: Incident,
    key: Option<String>,
}

impl Entry {
    /// Gives the incident a key of your own: the number of the row in your own table, for example. Of two
    /// incidents of a company with the same key, only the first one is taken.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// What a store keeps of it.
    pub(crate) fn prepare(&self, careflex_id: &CareflexId) -> Result<Prepared, serde_json::Error> {
        let incident = &self.incident;
        let mut content = Vec::with_capacity(512);
        serde_json::to_writer(&mut content, incident)?;
        let hash = ContentHash(digest([careflex_id.as_str().as_bytes(), &content]));
        let company = careflex_id.clone();
        let key = match (&self.key, &incident.external_id) {
            (Some(given), _) => Key::given(company, given),
            (None, Some(external)) => Key::of_external_id(company, external),
            (None, None) => Key::of_content(company, &hash),
        };
        Ok(Prepared {
            key,
            hash,
            lane: lane(careflex_id, &incident.employee_id),
            external_id: incident.external_id.clone(),
            employee_id: incident.employee_id.clone(),
            kind: incident.kind.clone().into(),
            content,
        })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("careflex_id", &self.careflex_id)
            .field("incident", &self.incident)
            .field("key", &self.key.as_ref().map(|_| format_args!("<hidden>")))
            .finish()
    }
}

impl From<Incident> for Entry {
    fn from(incident: Incident) -> Self {
        Self {
            careflex_id: None,
            incident,
            key: None,
        }
    }
}

impl From<(CareflexId, Incident)> for Entry {
    fn from((careflex_id, incident): (CareflexId, Incident)) -> Self {
        Self {
            careflex_id: Some(careflex_id),
            ..Self::from(incident)
        }
    }
}

/// The row of a reader, if it is valid.
impl TryFrom<InputRow> for Entry {
    type Error = Violations;

    fn try_from(row: InputRow) -> Result<Self, Violations> {
        Ok(Self {
            careflex_id: row.careflex_id,
            ..Self::from(row.incident?)
        })
    }
}

/// By which an incident is told from others of its company: its external ID, or [a key of your own](Entry::key),
/// or its content where there is neither (our decision). Hidden in `Debug`: companies put personnel numbers into
/// external IDs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    careflex_id: CareflexId,
    text: String,
}

impl Key {
    /// The key of a company's incident with this external ID.
    #[must_use]
    pub fn of_external_id(careflex_id: CareflexId, external_id: &ExternalId) -> Self {
        Self::stored(careflex_id, format!("id:{external_id}"))
    }

    fn given(careflex_id: CareflexId, key: &str) -> Self {
        Self::stored(careflex_id, format!("key:{key}"))
    }

    fn of_content(careflex_id: CareflexId, hash: &ContentHash) -> Self {
        let mut text = format!("hash:{hash}");
        // Half of it tells more incidents apart than there will ever be.
        text.truncate(5 + 32);
        Self::stored(careflex_id, text)
    }

    /// For stores: a key as [`as_str`](Self::as_str) gave it.
    #[must_use]
    pub fn stored(careflex_id: CareflexId, text: String) -> Self {
        Self { careflex_id, text }
    }

    /// The company.
    #[must_use]
    pub fn careflex_id(&self) -> &CareflexId {
        &self.careflex_id
    }

    /// The key as text, which begins with `id:`, `key:` or `hash:`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(<hidden>)")
    }
}

/// A hash (SHA-256) of company and content. It stays when the content is purged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash of a batch: of the hashes of its incidents, in their order.
    #[must_use]
    pub fn of_batch<'h>(hashes: impl IntoIterator<Item = &'h Self>) -> Self {
        let mut hasher = Sha256::new();
        for hash in hashes {
            hasher.update(hash.0);
        }
        Self(hasher.finalize().into())
    }
}

/// A digest of parts none of which can be mistaken for its neighbour: no part but the last holds a zero.
fn digest<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (part, separator) in parts.into_iter().zip(std::iter::repeat([0])) {
        hasher.update(part);
        hasher.update(separator);
    }
    hasher.finalize().into()
}

/// A number for a company's employee. Two employees with the same number wait for each other in vain, which
/// does no harm.
fn lane(careflex_id: &CareflexId, employee_id: &EmployeeId) -> i64 {
    let digest = digest([careflex_id.as_str(), employee_id.as_str()].map(str::as_bytes));
    let mut first = [0; 8];
    first
        .iter_mut()
        .zip(digest)
        .for_each(|(place, byte)| *place = byte);
    i64::from_be_bytes(first)
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// What a store keeps of an incident. Hidden in `Debug`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Prepared {
    /// The company, and by which it is told from others of it.
    pub key: Key,
    /// The hash of its content.
    pub hash: ContentHash,
    /// A number for the employee: incidents with the same one are never under way at the same time.
    pub lane: i64,
    /// The company's own key of the incident.
    pub external_id: Option<ExternalId>,
    /// The company's own key of the employee.
    pub employee_id: EmployeeId,
    /// The code of the incident's type.
    pub kind: Text,
    /// The incident as the documented JSON.
    pub content: Vec<u8>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use careflex_core::{IncidentKind, parse_date};

    use super::*;

    fn incident(employee: &str, external: Option<&str>) -> Incident {
        let day = parse_date("2026-12-01").unwrap();
        let mut incident = Incident::builder()
            .employee_id(employee.parse().unwrap())
            .kind(IncidentKind::Rst)
            .valid_from(day)
            .created_at(day)
            .build();
        incident.external_id = external.map(|id| id.parse().unwrap());
        incident
    }

    fn prepared(company: &str, entry: impl Into<Entry>) -> Prepared {
        entry.into().prepare(&company.parse().unwrap()).unwrap()
    }

    #[test]
    fn incidents_are_the_same_by_key_and_company() {
        let key = |company, entry: Entry| prepared(company, entry).key;
        let external = |id| Entry::from(incident("1", Some(id)));
        let plain = |employee| Entry::from(incident(employee, None));
        assert_eq!(key("a", external("x")), key("a", external("x")));
        assert_ne!(key("a", external("x")), key("b", external("x")));
        assert_ne!(key("a", external("x")), key("a", external("y")));
        assert_eq!(key("a", plain("1")), key("a", plain("1")));
        assert_ne!(key("a", plain("1")), key("a", plain("2")));
        // A given key goes before all else, and is never mistaken for an external ID.
        assert_eq!(key("a", plain("1").key("k")), key("a", plain("2").key("k")));
        assert_ne!(key("a", external("x")), key("a", external("x").key("x")));
    }

    #[test]
    fn the_hash_tells_contents_apart_and_is_the_same_for_ever() {
        let one = prepared("09ce3580d84bf087", incident("4711", None));
        let other = prepared("09ce3580d84bf087", incident("4712", None));
        assert_ne!(one.hash, other.hash);
        assert_ne!(one.lane, other.lane);
        // What is in databases out there must keep its meaning.
        assert_eq!(
            one.hash.to_string(),
            "c7ac8bb7f047808ce649255f9de80732a6cdcfa932c1b5f7823ae3d71ea03e2a"
        );
        assert_eq!(one.key.as_str(), "hash:c7ac8bb7f047808ce649255f9de80732");
    }

    #[test]
    fn personal_data_is_hidden() {
        let entry = Entry::from(incident("planted-employee", Some("planted-external")));
        let prepared = entry.prepare(&"09ce".parse().unwrap()).unwrap();
        assert!(!format!("{entry:?}{prepared:?}").contains("planted"));
    }
}
