//! Which column of a file holds the values of which field.

use std::collections::BTreeSet;

use careflex_core::codec::is_around;
use careflex_core::{Field, Group, LeafKind, ReadError, Violation, nearest_name};

use super::header::Header;
use super::shown::{NAMES_SHOWN, shown, shown_list};
use crate::error_report::OURS;
use crate::layout::{Column, DateForm, FieldColumn, Layout};

/// What else can be done about names that are not known.
pub(super) const A_LAYOUT_CAN: &str = "a layout can name, rename or ignore columns";
/// What to do about an error report.
pub(super) const NEEDS_NO_LAYOUT: &str =
    "is that of an error report, which has the standard columns: leave the layout away";
/// The form that German spreadsheets give to days.
const SAVED_DAYS: &str = "DD.MM.YYYY";

/// The columns of a file, as a layout understands them.
pub(super) struct Columns {
    /// The names as they are shown, from left to right; empty ones at the end are no columns.
    pub(super) names: Vec<String>,
    /// The places of those that have no name.
    pub(super) unnamed: Vec<usize>,
    pub(super) fed: Vec<Fed>,
    /// Where the value of each field is, if nothing more is to be known of any.
    pub(super) places: Option<FieldPlaces>,
    /// Those that an empty cell means something for, by their places in the list.
    pub(super) fed_by_empty: Vec<usize>,
    pub(super) constants: Vec<Constant>,
    /// Nothing is translated.
    pub(super) have_standard_forms: bool,
    /// Of an error report that a spreadsheet may have saved: the other form that days may have.
    pub(super) saved_days: Option<DateForm>,
}

/// Where values are in a record, by the indices of the tables.
pub(super) struct FieldPlaces {
    /// The place of each field that has a column.
    pub(super) of_fields: [Option<usize>; Field::ALL.len()],
    /// The places of all that is in a group, or further inside.
    pub(super) of_groups: Vec<Vec<usize>>,
}

/// A field with the column that feeds it. One column may feed several fields.
pub(super) struct Fed {
    /// The place of the column in the file, from 0.
    pub(super) place: usize,
    pub(super) field: Field,
    pub(super) kind: LeafKind,
    /// Whatever a spreadsheet has surely not changed passes as it is.
    pub(super) passes_clean: bool,
    /// Apart from the rest, because it is seldom needed: what is needed for each value is small and stands close
    /// together.
    pub(super) more: Box<FedMore>,
}

/// What is seldom needed of a field with its column.
pub(super) struct FedMore {
    pub(super) column: FieldColumn,
    /// The group that the field belongs to; `None` for the report's own.
    pub(super) group: Option<Group>,
    /// What an empty cell means.
    pub(super) when_empty: Result<String, Violation>,
}

/// A value that all incidents have.
pub(super) struct Constant {
    pub(super) field: Field,
    pub(super) group: Option<Group>,
    pub(super) value: String,
}

impl Columns {
    /// Finds the columns of a layout in a header line, or says everything that is wrong with it.
    pub(super) fn new(header: &Header, layout: &Layout) -> Result<Self, ReadError> {
        let have_standard_forms = layout.columns() == Layout::standard().columns();
        let is_error_report = is_error_report(header) && !names_ours(layout);
        // Its apostrophes would be taken for parts of the values.
        if is_error_report && !have_standard_forms {
            return Err(header.error(NEEDS_NO_LAYOUT));
        }
        let problems = problems(header, layout);
        if !problems.is_empty() {
            return Err(header.error(problems.join("; ")));
        }
        let names = header.names.iter().enumerate();
        let unnamed = names.filter(|(_, name)| name.is_empty());
        let mut columns = Self {
            unnamed: unnamed.map(|(place, _)| place).collect(),
            names: header.names.iter().map(|name| shown(name)).collect(),
            fed: Vec::new(),
            places: None,
            fed_by_empty: Vec::new(),
            constants: Vec::new(),
            have_standard_forms,
            saved_days: None,
        };
        if is_error_report {
            columns.saved_days = SAVED_DAYS.parse().ok();
        }
        for column in layout.columns() {
            match column {
                Column::Field(column) => {
                    let mut names = header.names.iter();
                    if let Some(place) = names.position(|name| name == column.name()) {
                        columns.fed.push(Fed {
                            place,
                            field: column.field(),
                            kind: column.field().kind(),
                            passes_clean: column.translates_nothing() && !is_error_report,
                            more: Box::new(FedMore {
                                column: column.clone(),
                                group: column.field().group(),
                                when_empty: column.read("").map(|value| value.into_owned()),
                            }),
                        });
                    }
                }
                Column::Constant { field, value } => columns.constants.push(Constant {
                    field: *field,
                    group: field.group(),
                    value: value.clone(),
                }),
                Column::Text { .. } | Column::Ignored { .. } | Column::LeftOut { .. } => {}
            }
        }
        // Complaints come from left to right.
        columns.fed.sort_by_key(|fed| fed.place);
        let fed = columns.fed.iter().enumerate();
        let fed = fed.filter(|(_, fed)| fed.more.when_empty.as_deref() != Ok(""));
        columns.fed_by_empty = fed.map(|(place, _)| place).collect();
        columns.places = FieldPlaces::of(&columns);
        Ok(columns)
    }

    /// Forgets what was found out beforehand about what need not be done.
    pub(super) fn slowly(&mut self) {
        for fed in &mut self.fed {
            fed.passes_clean = false;
        }
        self.places = None;
        self.fed_by_empty = (0..self.fed.len()).collect();
    }

    /// Whether a layout has the standard columns, whatever it thinks of others and of the forms of values.
    pub(super) fn are_standard(layout: &Layout) -> bool {
        let standard_field = |column: &Column| match column {
            Column::Field(column) => {
                let field = column.field();
                (column.name() == field.name()).then_some(field)
            }
            _ => None,
        };
        let fields = layout.columns().iter().map(standard_field);
        fields.eq(Layout::standard().columns().iter().map(standard_field))
    }

    /// The names of a layout's columns, each once.
    pub(super) fn known_names(layout: &Layout) -> Vec<&str> {
        let mut names = Vec::new();
        let mut seen = BTreeSet::new();
        for column in layout.columns() {
            let name = match column {
                Column::Field(column) => column.name(),
                Column::Text { name, .. } | Column::Ignored { name } => name,
                Column::Constant { .. } | Column::LeftOut { .. } => continue,
            };
            if seen.insert(name) {
                names.push(name);
            }
        }
        names
    }

    /// The columns without which no file of the standard layout can be: an incident's own required fields.
    pub(super) fn required_names() -> Vec<String> {
        let standard = Layout::standard();
        let columns = standard.columns().iter().filter_map(|column| match column {
            Column::Field(column) => Some(column.field()),
            _ => None,
        });
        columns
            .filter(|field| field.is_required() && field.group() == Some(Group::Incident))
            .map(|field| field.name().to_owned())
            .collect()
    }

    /// What feeds a field.
    pub(super) fn fed(&self, field: Field) -> Option<&Fed> {
        self.fed.iter().find(|fed| fed.field == field)
    }

    /// The name of a column, if it has one.
    pub(super) fn name(&self, place: usize) -> Option<&str> {
        let name = self.names.get(place)?;
        (!name.is_empty()).then_some(name)
    }
}

impl FieldPlaces {
    /// `None` if more has to be known of columns than their places.
    fn of(columns: &Columns) -> Option<Self> {
        let is_plain = columns.unnamed.is_empty()
            && columns.fed_by_empty.is_empty()
            && columns.constants.is_empty()
            && columns.fed.iter().all(|fed| fed.passes_clean);
        if !is_plain {
            return None;
        }
        let mut of_fields = [None; Field::ALL.len()];
        for fed in &columns.fed {
            let place = of_fields.get_mut(fed.field.index())?;
            if place.replace(fed.place).is_some() {
                return None;
            }
        }
        let of_group = |group: &Group| {
            let inside = columns.fed.iter();
            let inside = inside.filter(|fed| is_around(*group, fed.field));
            inside.map(|fed| fed.place).collect()
        };
        Some(Self {
            of_fields,
            of_groups: Group::ALL.iter().map(of_group).collect(),
        })
    }
}

/// Whether a file has all the columns that stand beside the values in an error report.
pub(super) fn is_error_report(header: &Header) -> bool {
    let count = |name: &str| header.names.iter().filter(|other| *other == name).count();
    OURS.iter().all(|name| count(name) == 1)
}

/// Whether a layout names these columns itself: then they are those of somebody else.
fn names_ours(layout: &Layout) -> bool {
    let known = Columns::known_names(layout);
    OURS.iter().all(|name| known.contains(name))
}

/// Everything that keeps a header line from being used.
fn problems(header: &Header, layout: &Layout) -> Vec<String> {
    let known = Columns::known_names(layout);
    let mut problems = Vec::new();
    problems.extend(missing(header, layout));
    let ignores_others = layout.ignores_others();
    let unknown = unknown(header, &known, layout);
    let has_unknown = !unknown.is_empty() && !ignores_others;
    problems.extend(unknown);
    if ignores_others {
        problems.extend(ignored_company(header, &known));
    }
    problems.extend(doubled(header, layout));
    problems.extend(unnamed(header));
    if has_unknown && Columns::are_standard(layout) {
        problems.push(A_LAYOUT_CAN.to_owned());
    }
    problems
}

/// Of the standard columns only a few must be there; of a layout of one's own each column that is read.
fn missing(header: &Header, layout: &Layout) -> Option<String> {
    let wanted: Vec<_> = if Columns::are_standard(layout) {
        Columns::required_names()
    } else {
        fed_names(layout).map(str::to_owned).collect()
    };
    let mut seen = BTreeSet::new();
    let missing: Vec<_> = wanted
        .iter()
        .filter(|name| !header.names.contains(name) && seen.insert(*name))
        .map(String::as_str)
        .collect();
    match missing.len() {
        0 => None,
        1 => Some(format!(
            "the column {} is missing",
            shown_list(missing.into_iter())
        )),
        _ => Some(format!(
            "the columns {} are missing",
            shown_list(missing.into_iter())
        )),
    }
}

/// One sentence for each unknown name, up to a few. A column that the file has already is not what was meant. Where
/// others are not read, one is meant nevertheless if only its upper and lower case differ.
fn unknown(header: &Header, known: &[&str], layout: &Layout) -> Vec<String> {
    let is_error_report = Columns::are_standard(layout) && is_error_report(header);
    let named = header.names.iter().map(String::as_str);
    let present: BTreeSet<_> = named.clone().filter(|name| !name.is_empty()).collect();
    let absent: Vec<_> = known
        .iter()
        .filter(|name| !present.contains(**name))
        .collect();
    let mut seen: BTreeSet<_> = known.iter().copied().collect();
    let unknown: Vec<_> = named
        .filter(|name| !name.is_empty() && seen.insert(name))
        .filter(|name| !(is_error_report && OURS.contains(name)))
        .filter(|name| {
            let mut absent = absent.iter();
            !layout.ignores_others() || absent.any(|known| known.eq_ignore_ascii_case(name))
        })
        .collect();
    let mut sentences: Vec<_> = unknown
        .iter()
        .take(NAMES_SHOWN)
        .map(
            |name| match nearest_name(name, absent.iter().map(|name| **name)) {
                Some(nearest) => {
                    let nearest = shown(nearest);
                    format!("{} is not known: did you mean {nearest}?", shown(name))
                }
                None => format!("{} is not known", shown(name)),
            },
        )
        .collect();
    if let Some(more) = unknown
        .len()
        .checked_sub(NAMES_SHOWN)
        .filter(|more| *more > 0)
    {
        sentences.push(format!("and {more} more are not known"));
    }
    sentences
}

/// Without this column, the incidents would be reported for the company that is meant where none is named.
fn ignored_company(header: &Header, known: &[&str]) -> Option<String> {
    let company = Field::CareflexId.name();
    let is_ignored = |name: &&String| {
        name.eq_ignore_ascii_case(company)
            && !known.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let name = header.names.iter().find(is_ignored)?;
    Some(format!(
        "{} says whose incidents these are, but the layout does not name it: name it, or ignore it on purpose",
        shown(name)
    ))
}

/// A column that is read must be there once. Of the others nobody needs to know which is which.
fn doubled(header: &Header, layout: &Layout) -> Option<String> {
    let count = |name: &str| header.names.iter().filter(|other| *other == name).count();
    let doubled: BTreeSet<_> = fed_names(layout).filter(|name| count(name) > 1).collect();
    match doubled.len() {
        0 => None,
        1 => Some(format!(
            "the column {} is there twice",
            shown_list(doubled.into_iter())
        )),
        _ => Some(format!(
            "the columns {} are there twice",
            shown_list(doubled.into_iter())
        )),
    }
}

/// Only the last columns may have no name: there every line ends in a separator.
fn unnamed(header: &Header) -> Option<String> {
    let last = header.names.iter().rposition(|name| !name.is_empty())?;
    let names = header.names.iter().take(last).enumerate();
    let places: Vec<_> = names
        .filter(|(_, name)| name.is_empty())
        .map(|(place, _)| (place + 1).to_string())
        .collect();
    let list = shown_list(places.iter().map(String::as_str));
    match places.len() {
        0 => None,
        1 => Some(format!(
            "column {list} has no name: give it one, or delete it"
        )),
        _ => Some(format!(
            "the columns {list} have no names: give them some, or delete them"
        )),
    }
}

fn fed_names(layout: &Layout) -> impl Iterator<Item = &str> {
    layout.columns().iter().filter_map(|column| match column {
        Column::Field(column) => Some(column.name()),
        _ => None,
    })
}
