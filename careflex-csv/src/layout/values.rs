//! What values of a file mean.

use careflex_core::{Field, NewCode};

/// What values of a file mean, and the other way round. Both sides are trimmed, as cells are.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Values {
    /// What the file has, and what it means; sorted by the former.
    read: Vec<(String, String)>,
    /// What a value is, and what the file has for it; sorted by the former.
    written: Vec<(String, String)>,
}

impl Values {
    pub(super) fn new(field: Field, values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut read: Vec<_> = values
            .into_iter()
            .map(|(theirs, ours)| (trimmed(theirs), trimmed(ours)))
            .collect();
        read.sort();
        let mut written: Vec<_> = read
            .iter()
            .map(|(theirs, ours)| (one_spelling(field, ours).to_owned(), theirs.clone()))
            .collect();
        written.sort();
        Self { read, written }
    }

    /// What a value of the file means; `None` if it is not named.
    pub(super) fn meaning(&self, theirs: &str) -> Option<&str> {
        find(&self.read, theirs)
    }

    /// What the file has for a value; `None` if it is not named.
    pub(super) fn written(&self, field: Field, ours: &str) -> Option<&str> {
        find(&self.written, one_spelling(field, ours))
    }

    /// Whether an empty cell has a value.
    pub(super) fn fill_empty_cells(&self) -> bool {
        self.meaning("").is_some_and(|ours| !ours.is_empty())
    }

    /// Whether a value of the file is named twice.
    pub(super) fn has_doubles(&self) -> bool {
        self.read.windows(2).any(have_one_key)
    }

    /// Whether it is open what is to be written for a value.
    pub(super) fn is_ambiguous(&self) -> bool {
        let absent_is_empty = !self.fill_empty_cells();
        self.written.windows(2).any(|pair| {
            let is_absent = pair.iter().all(|(ours, _)| ours.is_empty());
            have_one_key(pair) && !(is_absent && absent_is_empty)
        })
    }

    /// All that they mean.
    pub(super) fn meanings(&self) -> impl Iterator<Item = &str> {
        self.read.iter().map(|(_, ours)| ours.as_str())
    }

    pub(super) fn len(&self) -> usize {
        self.read.len()
    }
}

/// `NEU` and `NEW` are two spellings of one type. Which one is written is for the rules to say, not for a table.
pub(super) fn one_spelling(field: Field, value: &str) -> &str {
    if field == Field::Type && value == NewCode::Neu.code() {
        NewCode::New.code()
    } else {
        value
    }
}

fn find<'a>(sorted: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    let place = sorted.binary_search_by(|(key, _)| key.as_str().cmp(wanted));
    let (_, found) = sorted.get(place.ok()?)?;
    Some(found)
}

fn have_one_key(pair: &[(String, String)]) -> bool {
    matches!(pair, [(one, _), (other, _)] if one == other)
}

fn trimmed(text: String) -> String {
    match text.trim() {
        all if all.len() == text.len() => text,
        part => part.to_owned(),
    }
}
