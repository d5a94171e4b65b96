//! Reads one record: straight into an incident, or into a draft if anything has to be translated or complained
//! about.

use std::borrow::Cow;

use careflex_core::codec::{Piece, Source, read_regular};
use careflex_core::{
    Draft, Field, Group, InputRow, LeafKind, Rules, Violation, ViolationCode, date_text,
};

use super::columns::{Columns, Fed, FieldPlaces};
use super::records::{FlawKind, Values};
use super::shown::{counted, shown_separator};
use super::words::put_in_words;
use crate::layout::DateForm;
use crate::spreadsheet::{is_clean, unkept};

/// So many separators in a line of a value are no accident, whatever stands behind them.
const FEWEST_SEPARATORS: usize = 3;

/// Reads a record. Whatever is wrong with it is in the row.
pub(super) fn read(values: Values<'_>, columns: &Columns, rules: &Rules) -> InputRow {
    let with_draft = || read_with_draft(values, columns, rules);
    let mut row = match &columns.places {
        Some(places) if fit(values, columns) => {
            let record = RegularRecord {
                values,
                places,
                is_doubtful: false,
            };
            read_regular(record, values.line(), rules, with_draft)
        }
        _ => with_draft(),
    };
    if row.incident.is_err() || !row.warnings.is_empty() {
        put_in_words(&mut row, values.lines(), columns, rules);
    }
    row
}

/// Reads a record of which something has to be translated, or complained about.
#[inline(never)]
fn read_with_draft(values: Values<'_>, columns: &Columns, rules: &Rules) -> InputRow {
    let mut draft = Draft::new();
    draft.set_line(values.line());
    let misfit = if fit(values, columns) {
        None
    } else {
        misfit(values, columns)
    };
    match misfit {
        // Which value belongs to which column is not known then: none is read.
        Some(violation) => draft.reject(violation),
        None => fill(&mut draft, values, columns),
    }
    draft.finish(rules)
}

/// Whether the values of a record surely can be told apart.
#[inline]
fn fit(values: Values<'_>, columns: &Columns) -> bool {
    let (first, last) = values.lines();
    values.flaw().is_none()
        && values.len() == columns.names.len()
        && columns.unnamed.is_empty()
        && first == last
}

/// Why the values of a record cannot be told apart, if they cannot.
#[cold]
fn misfit(values: Values<'_>, columns: &Columns) -> Option<Violation> {
    if let Some(flaw) = values.flaw() {
        return Some(at(columns, flaw.place, flaw.kind.message()));
    }
    let (found, wanted) = (values.len(), columns.names.len());
    if found != wanted {
        let advice = if found < wanted {
            "is a separator missing, or the end of the line, or is this no incident but a note?"
                .to_owned()
        } else {
            let separator = shown_separator(values.separator());
            format!(
                "is there a separator too many, or a value with {separator} in it that is not in quotation marks?"
            )
        };
        return Some(Violation::error(
            "",
            ViolationCode::FieldCount,
            format!(
                "has {}, the header has {}: {advice}",
                counted(found, "value"),
                counted(wanted, "column")
            ),
        ));
    }
    let mut unnamed = columns.unnamed.iter();
    if let Some(place) = unnamed.find(|place| is_filled(values, **place)) {
        let number = place + 1;
        return Some(Violation::error(
            "",
            ViolationCode::FieldCount,
            format!(
                "a value stands in column {number}, which has no name: is there a separator too many?"
            ),
        ));
    }
    if values.lines().0 == values.lines().1 {
        return None;
    }
    let mut places = values.iter().enumerate();
    let separator = values.separator().as_char();
    let (swallowed, _) =
        places.find(|(place, value)| holds_lines(value, *place, separator, columns))?;
    Some(at(columns, swallowed, "holds whole lines of the file"))
}

/// A violation of the rules on quotation marks.
fn at(columns: &Columns, place: usize, message: &'static str) -> Violation {
    let mut fed = columns.fed.iter().filter(|fed| fed.place == place);
    let path = fed.next().map_or("", |fed| fed.field.path());
    let violation = Violation::error(path, ViolationCode::Quotes, message);
    match columns.name(place) {
        Some(name) => violation.in_column(name),
        None => violation,
    }
}

/// Whether a value has the separators of whole lines in it. Then a quotation mark was forgotten and there is
/// another one in the same column further below, for example of an inch: the record looks right, and the lines
/// between would be lost without a word.
fn holds_lines(value: &str, place: usize, separator: char, columns: &Columns) -> bool {
    let in_line = columns.names.len().saturating_sub(1);
    if in_line == 0 {
        return false;
    }
    // A text of several lines may hold a few separators of its own, as a sentence does: with a blank behind them.
    let meant = |line: &str| {
        let behind = line.split(separator).skip(1);
        behind.filter(|behind| !behind.starts_with(' ')).count()
    };
    let fits = |line: &str, wanted: usize| {
        let (meant, all) = (meant(line), line.matches(separator).count());
        let most = if in_line < FEWEST_SEPARATORS {
            meant
        } else {
            all
        };
        (meant..=most).contains(&wanted)
    };
    let mut lines = value.split(['\n', '\r']).filter(|line| !line.is_empty());
    if in_line >= FEWEST_SEPARATORS && lines.clone().any(|line| meant(line) == in_line) {
        return true;
    }
    let (Some(begin), Some(end)) = (lines.next(), lines.next_back()) else {
        return false;
    };
    // The value begins in its column and ends in the same. What is between may have mistakes of its own.
    fits(begin, in_line.saturating_sub(place)) && fits(end, place)
}

/// A record of which nothing has to be translated.
struct RegularRecord<'a> {
    values: Values<'a>,
    places: &'a FieldPlaces,
    /// A value has to be looked at more closely.
    is_doubtful: bool,
}

impl<'a> Source<'a> for RegularRecord<'a> {
    #[inline(always)]
    fn piece(&mut self, field: usize, kind: LeafKind) -> Option<Piece<'a>> {
        let place = *self.places.of_fields.get(field)?;
        let piece = self.values.piece(place?)?;
        self.is_doubtful |= !is_clean(piece.as_str().as_bytes(), kind);
        Some(piece)
    }

    fn has(&self, group: usize) -> bool {
        let places = self.places.of_groups.get(group);
        places.is_some_and(|places| places.iter().any(|place| !self.values.is_empty(*place)))
    }

    fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }
}

#[inline(never)]
fn fill<'a>(draft: &mut Draft<'a>, values: Values<'a>, columns: &'a Columns) {
    for fed in &columns.fed {
        let value = values.get(fed.place).unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        if fed.passes_clean && is_clean(value.as_bytes(), fed.kind) {
            draft.set(fed.field, value);
        } else {
            translate(draft, value, fed, columns);
        }
    }
    if !columns.constants.is_empty() || !columns.fed_by_empty.is_empty() {
        fill_without_values(draft, values, columns);
    }
}

/// Sets a value, as the layout understands it.
#[inline(never)]
fn translate<'a>(draft: &mut Draft<'a>, value: &'a str, fed: &'a Fed, columns: &'a Columns) {
    let mut cell = value.trim();
    let field = fed.field;
    if let Some(days) = &columns.saved_days {
        // White space at the end may be why there is an apostrophe in front.
        cell = unkept(value.trim_start(), field.kind()).trim();
        if let Some(value) = saved(cell, field, days) {
            draft.set(field, Cow::Owned(value));
            return;
        }
    }
    if cell.is_empty() {
        return;
    }
    match fed.more.column.read(cell) {
        Ok(value) => draft.set(field, value),
        Err(violation) => {
            // What was read is still to be shown to the person who corrects it.
            draft.set(field, Cow::Borrowed(cell));
            refuse(draft, field, &violation);
        }
    }
}

/// Sets what the layout says of no value of the file.
fn fill_without_values<'a>(draft: &mut Draft<'a>, values: Values<'a>, columns: &'a Columns) {
    // It does not make an employee: with a constant country each incident would have one.
    for constant in &columns.constants {
        if constant.group.is_none_or(|group| draft.is_open(group)) {
            draft.set(constant.field, Cow::Borrowed(constant.value.as_str()));
        }
    }
    for place in &columns.fed_by_empty {
        let Some(fed) = columns.fed.get(*place) else {
            continue;
        };
        let is_open = |group: Group| draft.is_open(group);
        if is_filled(values, fed.place) || !fed.more.group.is_none_or(is_open) {
            continue;
        }
        match &fed.more.when_empty {
            Ok(value) => draft.set(fed.field, Cow::Borrowed(value.as_str())),
            Err(violation) => refuse(draft, fed.field, violation),
        }
    }
}

fn is_filled(values: Values<'_>, place: usize) -> bool {
    let value = values.get(place);
    value.is_some_and(|value| !value.trim().is_empty())
}

/// What a spreadsheet has saved in its own words: a day, or a truth.
fn saved(cell: &str, field: Field, days: &DateForm) -> Option<String> {
    match (field.kind(), cell) {
        (LeafKind::Date, _) => {
            let day = days.read(cell).ok()?;
            date_text(day).map(|text| text.as_str().to_owned())
        }
        (LeafKind::Boolean, "TRUE" | "WAHR") => Some("true".to_owned()),
        (LeafKind::Boolean, "FALSE" | "FALSCH") => Some("false".to_owned()),
        _ => None,
    }
}

fn refuse(draft: &mut Draft<'_>, field: Field, violation: &Violation) {
    draft.refuse(field, violation.code(), violation.message().to_owned());
}

impl FlawKind {
    /// What would be right.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::NotDoubled => {
                "a quotation mark inside a value in quotation marks must be doubled"
            }
            Self::BehindBlank => {
                "a quotation mark stands behind a blank: it must stand right at the beginning of the value"
            }
            Self::Rest => {
                "ends in a quotation mark, and the incident above has one that is not doubled, or too few values: this may be the rest of that incident. Correct that one, and this line may be right"
            }
        }
    }
}
