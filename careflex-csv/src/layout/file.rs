//! Layout files.

use std::ops::Range;

use careflex_core::{Field, nearest_name};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check;
use super::error::{LayoutError, shown};
use super::words;
use super::{Column, DateForm, FieldColumn, Layout};

const KEYS: [&str; 3] = ["columns", "dates", "other_columns"];
const COLUMN_KEYS: [&str; 7] = [
    "name", "field", "values", "dates", "as_is", "constant", "ignore",
];
/// The longest layout file, in bytes.
const LONGEST: usize = 1 << 20;
/// What an entry can be.
const ENTRIES: &str = "an entry has a name and a field, a field and a constant, a name and a constant, or one of both and ignore = true";

pub(super) fn parse(text: &str) -> Result<Layout, LayoutError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.len() > LONGEST {
        let message = "is longer than 1 MiB: this is no layout file";
        return Err(LayoutError::new(None, message));
    }
    let document = DeTable::parse(text).map_err(|error| bad_toml(text, &error))?;
    let mut file = File {
        lines: Lines::of(text),
        error: LayoutError::none(),
    };
    let layout = file.layout(document.get_ref());
    file.error.or(layout)
}

/// The parser's `Display` quotes the line. Its own words hold nothing of the file.
fn bad_toml(text: &str, error: &toml::de::Error) -> LayoutError {
    let line = error.span().map(|span| Lines::of(text).line(&span));
    let message = error.message().lines().next().unwrap_or_default();
    LayoutError::new(line, format!("this is no TOML: {message}"))
}

/// Where the lines of a file end.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let bytes = text.bytes().enumerate();
        Self(
            bytes
                .filter_map(|(place, byte)| (byte == b'\n').then_some(place))
                .collect(),
        )
    }

    fn line(&self, span: &Range<usize>) -> usize {
        self.0.partition_point(|end| *end < span.start) + 1
    }
}

/// A layout file while it is being read.
struct File {
    lines: Lines,
    error: LayoutError,
}

/// An entry of `columns`.
#[derive(Default)]
struct Entry {
    name: Option<String>,
    field: Option<Field>,
    constant: Option<String>,
    ignore: bool,
    values: Option<Vec<(String, String)>>,
    dates: Option<DateForm>,
    as_is: bool,
}

impl File {
    fn layout(&mut self, document: &DeTable<'_>) -> Layout {
        let mut columns = Vec::new();
        let mut lines = Vec::new();
        let mut start = None;
        let mut dates = None;
        let mut ignores_others = false;
        for (key, value) in document {
            match key.get_ref().as_ref() {
                "columns" => {
                    start = Some(self.lines.line(&key.span()));
                    for entry in self.entries(value) {
                        if let Some(column) = self.entry(entry) {
                            columns.push(column);
                            lines.push(self.lines.line(&entry.span()));
                        }
                    }
                }
                "dates" => dates = self.dates(value),
                "other_columns" => match value.get_ref().as_str() {
                    Some("ignore") => ignores_others = true,
                    Some("refuse") => {}
                    _ => self.problem(
                        &value.span(),
                        "other_columns must be \"refuse\" or \"ignore\"",
                    ),
                },
                other => self.unknown_key(key, other, &KEYS),
            }
        }
        for (index, message) in check::columns(&mut columns) {
            self.error.push(lines.get(index).copied(), message);
        }
        // What an entry with a mistake was to be is open.
        if self.error.is_none()
            && let Some(message) = check::missing(&columns)
        {
            self.error.push(start, message);
        }
        let mut layout = Layout::of_checked(columns);
        if let Some(form) = dates {
            layout = layout.with_dates(&form);
        }
        if ignores_others {
            layout = layout.ignoring_others();
        }
        layout
    }

    fn entries<'v, 'i>(
        &mut self,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Vec<&'v Spanned<DeValue<'i>>> {
        match value.get_ref().as_array() {
            Some(entries) => entries.iter().collect(),
            None => {
                self.problem(
                    &value.span(),
                    "columns must be a list, with an entry like { name = \"PLZ\", field = \"zipCode\" } for each column",
                );
                Vec::new()
            }
        }
    }

    fn entry(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Column> {
        let Some(table) = value.get_ref().as_table() else {
            self.problem(
                &value.span(),
                "an entry of columns must look like { name = \"PLZ\", field = \"zipCode\" }",
            );
            return None;
        };
        let before = self.error.len();
        let mut entry = Entry::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => entry.name = self.text("name", value),
                "field" => entry.field = self.field(value),
                "constant" => entry.constant = self.text("constant", value),
                "ignore" => entry.ignore = self.flag("ignore", value),
                "values" => entry.values = self.values(value),
                "dates" => entry.dates = self.dates(value),
                "as_is" => entry.as_is = self.flag("as_is", value),
                other => self.unknown_key(key, other, &COLUMN_KEYS),
            }
        }
        if self.error.len() > before {
            return None;
        }
        match entry.column() {
            Ok(column) => Some(column),
            Err(message) => {
                self.problem(&value.span(), message);
                None
            }
        }
    }

    fn field(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Field> {
        let name = self.text("field", value)?;
        let field = Field::from_name(&name);
        if field.is_none() {
            let names = Field::ALL.iter().map(|field| field.name());
            let meant = nearest_name(&name, names).or_else(|| words::field(&name).map(Field::name));
            let guess = match meant {
                Some(meant) => format!(": did you mean {meant}?"),
                None => String::new(),
            };
            self.problem(
                &value.span(),
                format!("{} is no field{guess}", shown(&name)),
            );
        }
        field
    }

    fn values(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<(String, String)>> {
        let Some(table) = value.get_ref().as_table() else {
            self.problem(
                &value.span(),
                "values must look like { ja = \"true\", nein = \"false\" }",
            );
            return None;
        };
        let mut values = Vec::new();
        for (theirs, ours) in table {
            match ours.get_ref().as_str() {
                Some(ours) => values.push((theirs.get_ref().to_string(), ours.to_owned())),
                None => self.problem(
                    &ours.span(),
                    "what a value of the file means in values must be a text in quotation marks",
                ),
            }
        }
        Some(values)
    }

    fn dates(&mut self, value: &Spanned<DeValue<'_>>) -> Option<DateForm> {
        match self.text("dates", value)?.parse() {
            Ok(form) => Some(form),
            Err(error) => {
                self.problem(&value.span(), format!("dates: {error}"));
                None
            }
        }
    }

    fn text(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.problem(
                &value.span(),
                format!("{key} must be a text in quotation marks"),
            );
        }
        text.map(str::to_owned)
    }

    fn flag(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> bool {
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.problem(
                &value.span(),
                format!("{key} must be true or false, without quotation marks"),
            );
            false
        })
    }

    fn unknown_key(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        name: &str,
        known: &[&str],
    ) {
        let shown = shown(name);
        let message = match nearest_name(name, known.iter().copied()) {
            Some(meant) => format!("{shown} is not known here: did you mean {meant}?"),
            None => format!("{shown} is not known here, only {}", known.join(", ")),
        };
        self.problem(&key.span(), message);
    }

    fn problem(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.error.push(Some(self.lines.line(span)), message);
    }
}

impl Entry {
    fn column(self) -> Result<Column, String> {
        let is_plain = self.values.is_none() && self.dates.is_none() && !self.as_is;
        match (self.name, self.field, self.constant, self.ignore) {
            (name, Some(field), None, false) => {
                let mut column = FieldColumn::of(field);
                if let Some(name) = name {
                    column = column.named(name);
                }
                if let Some(values) = self.values {
                    column = column.values(values);
                }
                if let Some(form) = self.dates {
                    column = column.dates(form);
                }
                if self.as_is {
                    column = column.as_is();
                }
                Ok(column.into())
            }
            _ if !is_plain => Err(
                "values, dates and as_is are for a column with a field, without constant and ignore"
                    .to_owned(),
            ),
            (None, Some(field), Some(value), false) => Ok(Column::Constant { field, value }),
            (Some(name), None, Some(value), false) => Ok(Column::Text { name, value }),
            (Some(name), None, None, true) => Ok(Column::Ignored { name }),
            (None, Some(field), None, true) => Ok(Column::LeftOut { field }),
            (Some(name), None, None, false) => Err(format!(
                "what is the column {}? Add field, constant or ignore = true",
                shown(&name)
            )),
            (Some(_), Some(_), Some(_), _) => Err(format!(
                "a field has a column or a constant, not both: {ENTRIES}"
            )),
            _ => Err(ENTRIES.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
