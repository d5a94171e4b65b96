//! The tables that the schema generator fills: fields, groups and their facets.

use chrono::NaiveDate;

use crate::model::{Field, Group, MODEL};
use crate::text::are_graphic;

/// The tables of a schema.
#[derive(Debug)]
pub struct Tables<F: 'static, G: 'static> {
    /// One for each leaf element, in schema order.
    pub fields: &'static [FieldInfo],
    /// One for each group, the incident first.
    pub groups: &'static [GroupInfo<F, G>],
}

/// What the schema says of a leaf element.
#[derive(Debug)]
pub struct FieldInfo {
    /// The element's name.
    pub name: &'static str,
    /// `employee.address.zipCode`
    pub path: &'static str,
    /// What kind of value it holds.
    pub kind: LeafKind,
    /// The index of the group that holds it; `None` for the report's own.
    pub group: Option<usize>,
    /// Written to JSON as a number when it looks like one.
    pub json_number: bool,
    /// Required wherever its group is.
    pub required: bool,
    /// What would be right.
    pub hint: &'static str,
    /// The facets.
    pub limit: Limit,
}

/// What the schema says of a group.
#[derive(Debug)]
pub struct GroupInfo<F: 'static, G: 'static> {
    /// The element's name.
    pub name: &'static str,
    /// `employee.address`; empty for the incident.
    pub path: &'static str,
    /// The index of the group that holds it.
    pub parent: Option<usize>,
    /// Required wherever its parent is.
    pub required: bool,
    /// The incident types for which it is required all the same.
    pub required_for: &'static [&'static str],
    /// What it holds, in schema order.
    pub children: &'static [Child<F, G>],
}

/// What stands in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child<F = Field, G = Group> {
    /// A value.
    Field(F),
    /// A group of values.
    Group(G),
}

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafKind {
    /// Text.
    Text,
    /// A calendar day.
    Date,
    /// `true` or `false`.
    Boolean,
    /// One of a list of codes.
    Code,
}

/// The facets of a field. [`Rules`](crate::Rules) hold one for each, so that a limit which proves
/// wrong against the real portal can be relaxed without a new release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// Fewest characters.
    pub min_length: usize,
    /// Most characters (characters, not bytes).
    pub max_length: usize,
    /// The form of a text.
    pub pattern: Option<Pattern>,
    /// The codes that are allowed. Codes that the schema does not know cannot be added: no typed
    /// incident could hold them.
    pub codes: &'static [&'static str],
    /// First day allowed.
    pub first_day: NaiveDate,
    /// Last day allowed.
    pub last_day: NaiveDate,
    /// The incident types for which an optional field is required.
    pub required_for: &'static [&'static str],
}

/// A form that texts must have: a row of character classes, each so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// As the schema writes it.
    pub source: &'static str,
    /// Its parts.
    pub atoms: &'static [Atom],
}

/// One class of characters in a [`Pattern`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Atom {
    /// First and last character of each range.
    pub ranges: &'static [(char, char)],
    /// All characters but those.
    pub negated: bool,
    /// Fewest repetitions.
    pub min: u32,
    /// Most repetitions.
    pub max: u32,
}

impl Limit {
    /// A limit as generated code writes it down, which cannot name the members: they may become more.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        (min_length, max_length): (usize, usize),
        pattern: Option<Pattern>,
        codes: &'static [&'static str],
        (first_day, last_day): (NaiveDate, NaiveDate),
        required_for: &'static [&'static str],
    ) -> Self {
        Self {
            min_length,
            max_length,
            pattern,
            codes,
            first_day,
            last_day,
            required_for,
        }
    }
}

impl Pattern {
    /// Whether a whole text of ASCII characters has this form, where that is seen without trying: every class
    /// but the last one has a fixed number of characters. `false` where it is not.
    pub(crate) fn matches_ascii(&self, text: &[u8]) -> bool {
        let Some((last, others)) = self.atoms.split_last() else {
            return text.is_empty();
        };
        let mut rest = text;
        for atom in others {
            let count = atom.min as usize;
            let Some((run, behind)) = rest.split_at_checked(count) else {
                return false;
            };
            if atom.max != atom.min || !atom.contains_all(run) {
                return false;
            }
            rest = behind;
        }
        rest.len() >= last.min as usize
            && rest.len() <= last.max as usize
            && last.contains_all(rest)
    }

    /// Whether a whole text has this form.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        matches(self.atoms, text)
    }
}

fn matches(atoms: &[Atom], text: &str) -> bool {
    let Some((atom, rest)) = atoms.split_first() else {
        return text.is_empty();
    };
    // The longest run first, then ever shorter ones.
    let mut ends: Vec<usize> = vec![0];
    for (index, character) in text.char_indices() {
        if ends.len() > atom.max as usize || !atom.contains(character) {
            break;
        }
        ends.push(index + character.len_utf8());
    }
    ends.iter()
        .enumerate()
        .rev()
        .take_while(|(count, _)| *count >= atom.min as usize)
        .any(|(_, end)| {
            text.get(*end..)
                .is_some_and(|rest_text| matches(rest, rest_text))
        })
}

impl Atom {
    /// Whether these are all ASCII characters of the class. The usual classes are looked at without a branch for
    /// each character.
    fn contains_all(&self, bytes: &[u8]) -> bool {
        if self.negated && self.ranges.iter().all(|(_, last)| *last <= ' ') && are_graphic(bytes) {
            return true;
        }
        if let ([(first, last)], false) = (self.ranges, self.negated)
            && last.is_ascii()
        {
            let class = u32::from(*first)..=u32::from(*last);
            return bytes
                .iter()
                .fold(true, |all, byte| all & class.contains(&u32::from(*byte)));
        }
        bytes
            .iter()
            .all(|byte| byte.is_ascii() && self.contains(char::from(*byte)))
    }

    fn contains(&self, character: char) -> bool {
        self.ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
            != self.negated
    }
}

/// A value of an incident, wherever it is held. No `Debug`: it is nearly always personal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// Not there.
    Absent,
    /// There, but nothing a typed incident could hold; already complained about.
    Unreadable,
    /// Text.
    Text(&'a str),
    /// A calendar day.
    Date(NaiveDate),
    /// `true` or `false`.
    Boolean(bool),
    /// A code of a list.
    Code(&'static str),
}

impl<'a> Leaf<'a> {
    /// An optional text.
    pub fn of_text(text: Option<&'a (impl AsRef<str> + ?Sized)>) -> Self {
        text.map_or(Leaf::Absent, |text| Leaf::Text(text.as_ref()))
    }

    /// An optional day.
    #[must_use]
    pub fn of_date(date: Option<NaiveDate>) -> Self {
        date.map_or(Leaf::Absent, Leaf::Date)
    }

    /// An optional truth value.
    #[must_use]
    pub fn of_boolean(value: Option<bool>) -> Self {
        value.map_or(Leaf::Absent, Leaf::Boolean)
    }

    /// An optional code.
    #[must_use]
    pub fn of_code(code: Option<&'static str>) -> Self {
        code.map_or(Leaf::Absent, Leaf::Code)
    }

    /// The text of a text or code.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self {
            Leaf::Text(text) | Leaf::Code(text) => Some(text),
            _ => None,
        }
    }
}

/// Something that holds the values of an incident, addressed by the indices of the tables. Rules are
/// written against this, so that a typed incident and a half-read one are checked by the same code.
pub trait Leaves {
    /// The value of a field.
    fn leaf(&self, field: usize) -> Leaf<'_>;
    /// Whether a group is there.
    fn has(&self, group: usize) -> bool;
}

/// A day for a table; the tables are tested, so the fallback is never used.
#[must_use]
pub const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the tables have one row for each variant, in order"
)]
impl Field {
    pub(crate) fn info(self) -> &'static FieldInfo {
        &MODEL.fields[self.index()]
    }

    /// The element's name, which is also the JSON member's and the CSV column's.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The path inside an incident, for example `employee.address.zipCode`.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.info().path
    }

    /// The group that it belongs to; `None` for the report's own.
    #[must_use]
    pub fn group(self) -> Option<Group> {
        self.info().group.map(|index| Group::ALL[index])
    }

    /// What kind of value it holds.
    #[must_use]
    pub fn kind(self) -> LeafKind {
        self.info().kind
    }

    /// Whether it is required wherever its group is there.
    #[must_use]
    pub fn is_required(self) -> bool {
        self.info().required
    }

    /// Whether JSON has it as a number when it looks like one.
    #[must_use]
    pub fn is_json_number(self) -> bool {
        self.info().json_number
    }

    /// The documented limits.
    #[must_use]
    pub fn limit(self) -> &'static Limit {
        &self.info().limit
    }

    /// The field with this element name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the tables have one row for each variant, in order"
)]
impl Group {
    pub(crate) fn info(self) -> &'static GroupInfo<Field, Group> {
        &MODEL.groups[self.index()]
    }

    /// The element's name; `incident` for the incident itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The path inside an incident, for example `employee.address`; empty for the incident itself.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.info().path
    }

    /// What it holds, in schema order.
    #[must_use]
    pub fn children(self) -> &'static [Child] {
        self.info().children
    }
}

impl Child {
    /// The element's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Group(group) => group.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_follow_the_enums() {
        assert_eq!(MODEL.fields.len(), Field::ALL.len());
        assert_eq!(MODEL.groups.len(), Group::ALL.len());
        assert_eq!(Field::ZipCode.path(), "employee.address.zipCode");
        assert_eq!(Group::Address.path(), "employee.address");
        assert_eq!(Field::from_name("zipCode"), Some(Field::ZipCode));
        assert_eq!(Field::ZipCode.group(), Some(Group::Address));
        assert_eq!(Field::Type.group(), Some(Group::Incident));
        assert_eq!(Field::CareflexId.group(), None);
        assert_eq!(Field::Birthday.limit().first_day, day(1900, 1, 1));
        assert_eq!(Field::Birthday.limit().last_day, day(2199, 12, 31));
        assert_eq!(Group::Incident.children().len(), 6);
    }

    #[test]
    fn patterns_match_whole_texts() {
        let country = Field::Country.limit().pattern.unwrap();
        assert!(country.matches("DE"));
        for text in ["", "D", "DEU", "de", "ÄÖ"] {
            assert!(!country.matches(text), "{text}");
        }
        let careflex_id = Field::CareflexId.limit().pattern.unwrap();
        assert!(careflex_id.matches("09ce§"));
        assert!(!careflex_id.matches("09 ce"));
        // Backtracking: the class of the first atom holds the second one too.
        let atoms = &[
            Atom {
                ranges: &[('a', 'z')],
                negated: false,
                min: 1,
                max: u32::MAX,
            },
            Atom {
                ranges: &[('z', 'z')],
                negated: false,
                min: 1,
                max: 1,
            },
        ];
        let pattern = Pattern {
            source: "[a-z]+z",
            atoms,
        };
        assert!(pattern.matches("zz"));
        assert!(!pattern.matches("z"));
    }
}
