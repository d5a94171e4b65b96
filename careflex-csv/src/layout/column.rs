//! A column with the values of a field.

use std::borrow::Cow;
use std::fmt;

use careflex_core::{
    DateError, Field, LeafKind, NaiveDate, Violation, ViolationCode, date_text, parse_date,
};

use super::check::value_problem;
use super::date_form::DateForm;
use super::values::{Values, one_spelling};
use crate::spreadsheet::{Trace, trace};

/// A column with the values of a field. What `values` hold is hidden in `Debug`.
///
/// ```
/// use careflex_core::Field;
/// use careflex_csv::{Column, FieldColumn};
///
/// let column = FieldColumn::of(Field::Management).named("Leitend").values([("ja", "true"), ("nein", "false")]);
/// assert_eq!((column.name(), column.field()), ("Leitend", Field::Management));
/// let days = FieldColumn::of(Field::Birthday).named("geb. am").dates("D.M.YYYY".parse()?);
/// let columns = [Column::from(column), Column::from(days)];
/// # Ok::<(), careflex_csv::LayoutError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FieldColumn {
    name: String,
    field: Field,
    values: Values,
    dates: Option<DateForm>,
    takes_spreadsheet_values: bool,
}

impl FieldColumn {
    /// The standard column of a field.
    #[must_use]
    pub fn of(field: Field) -> Self {
        Self {
            name: field.name().to_owned(),
            field,
            values: Values::default(),
            dates: None,
            takes_spreadsheet_values: false,
        }
    }

    /// Gives the column another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Says what values of the file mean, in place of what was said before. `""` stands for an empty cell, and for
    /// no value. Values that are not named pass as they are.
    #[must_use]
    pub fn values<I, T, O>(mut self, values: I) -> Self
    where
        I: IntoIterator<Item = (T, O)>,
        T: Into<String>,
        O: Into<String>,
    {
        let values = values.into_iter();
        self.values = Values::new(
            self.field,
            values.map(|(theirs, ours)| (theirs.into(), ours.into())),
        );
        self
    }

    /// Sets the form of the days, for a field that holds days.
    #[must_use]
    pub fn dates(mut self, form: DateForm) -> Self {
        self.dates = Some(form);
        self
    }

    /// Takes values even if they look as if a spreadsheet had changed them.
    #[must_use]
    pub fn as_is(mut self) -> Self {
        self.takes_spreadsheet_values = true;
        self
    }

    /// The column's name in the header line.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field whose values it holds.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }

    /// What a value of the file means; what is wrong with it otherwise, without the value. The cell is
    /// trimmed and may be empty; an empty answer means that there is no value.
    pub(crate) fn read<'a>(&self, cell: &'a str) -> Result<Cow<'a, str>, Violation> {
        // What the layout names is meant, whatever it looks like.
        if let Some(meaning) = self.values.meaning(cell) {
            return Ok(Cow::Owned(meaning.to_owned()));
        }
        if cell.is_empty() {
            return Ok(Cow::Borrowed(cell));
        }
        let is_day = self.dates.as_ref().map(|form| form.read(cell));
        if let Some(Ok(date)) = is_day
            && let Some(text) = date_text(date)
        {
            return Ok(Cow::Owned(text.as_str().to_owned()));
        }
        if !self.takes_spreadsheet_values
            && let Some(trace) = trace(cell, self.field.kind())
        {
            return Err(self.spoilt(trace));
        }
        match (is_day, &self.dates) {
            (Some(Err(DateError::NoSuchDay)), Some(form)) => Err(self.violation(
                ViolationCode::NoSuchDay,
                format!("is no day of the calendar (form {form})"),
            )),
            (Some(_), Some(form)) => Err(self.violation(
                ViolationCode::DateFormat,
                format!(
                    "must be a day in the form {form} (as the layout says){}",
                    example(form)
                ),
            )),
            _ => Ok(Cow::Borrowed(cell)),
        }
    }

    /// Whether a value of the file means itself, if a spreadsheet has not changed it.
    pub(crate) fn translates_nothing(&self) -> bool {
        self.values.len() == 0 && self.dates.is_none()
    }

    /// How a value is written; why it cannot be. What is written is read as the same value again, or refused
    /// because it looks as if a spreadsheet had changed it; never as another one.
    pub(crate) fn write<'a>(&'a self, value: Option<&'a str>) -> Result<Cow<'a, str>, Violation> {
        let value = value.unwrap_or_default();
        if value.is_empty() && !self.values.fill_empty_cells() {
            return Ok(Cow::Borrowed(""));
        }
        if let Some(theirs) = self.values.written(self.field, value) {
            return Ok(Cow::Borrowed(theirs));
        }
        let text = match &self.dates {
            Some(form) if !value.is_empty() => Cow::Owned(self.day(form, value)?),
            _ => Cow::Borrowed(value),
        };
        let same = |meaning| one_spelling(self.field, meaning) == one_spelling(self.field, value);
        match self.values.meaning(&text) {
            Some(meaning) if !same(meaning) => Err(self.violation(
                ViolationCode::NoPlace,
                if value.is_empty() {
                    "is missing, which cannot be written: the layout gives empty cells of this column a meaning"
                } else {
                    "cannot be written: the layout gives this text another meaning in this column"
                },
            )),
            _ => Ok(text),
        }
    }

    /// Whether an empty cell has a value.
    pub(crate) fn fills_empty_cells(&self) -> bool {
        self.values.fill_empty_cells()
    }

    /// Whether something stands in the cell of this value.
    pub(crate) fn fills_cell(&self, value: &str) -> bool {
        self.values.written(self.field, value) != Some("")
    }

    fn day(&self, form: &DateForm, value: &str) -> Result<String, Violation> {
        let violation = |error: DateError| {
            let code = match error {
                DateError::NoSuchDay => ViolationCode::NoSuchDay,
                _ => ViolationCode::DateFormat,
            };
            self.violation(code, error.to_string())
        };
        let date = parse_date(value).map_err(violation)?;
        form.write(date).ok_or_else(|| violation(DateError::Format))
    }

    fn spoilt(&self, trace: Trace) -> Violation {
        let form = match &self.dates {
            Some(form) => form.to_string(),
            None => "YYYY-MM-DD".to_owned(),
        };
        self.violation(trace.code(), trace.in_words(&form))
    }

    fn violation(&self, code: ViolationCode, message: impl Into<Cow<'static, str>>) -> Violation {
        Violation::error(self.field.path(), code, message)
    }

    /// What is wrong with its settings.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.dates.is_some() && self.field.kind() != LeafKind::Date {
            problems.push(format!(
                "{} holds no days: dates is for fields that do",
                self.field.name()
            ));
        }
        if self.values.has_doubles() {
            problems.push("a value of the file is named twice in values".to_owned());
        }
        let wrong = self
            .values
            .meanings()
            .filter(|meaning| !meaning.is_empty())
            .find_map(|meaning| value_problem(self.field, meaning));
        if let Some(reason) = wrong {
            problems.push(format!("what a value of the file means in values {reason}"));
        }
        problems
    }

    /// Whether it is open which value of the file is to be written for one of ours.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.values.is_ambiguous()
    }

    pub(super) fn name_mut(&mut self) -> &mut String {
        &mut self.name
    }

    /// Sets the form of the days, if it holds days and has no form yet.
    pub(super) fn default_dates(&mut self, form: &DateForm) {
        if self.field.kind() == LeafKind::Date && self.dates.is_none() {
            self.dates = Some(form.clone());
        }
    }
}

fn example(form: &DateForm) -> String {
    NaiveDate::from_ymd_opt(2020, 4, 24)
        .and_then(|date| form.write(date))
        .map(|text| format!(", for example {text}"))
        .unwrap_or_default()
}

impl fmt::Debug for FieldColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldColumn")
            .field("name", &self.name)
            .field("field", &self.field)
            .field("values", &format_args!("<{} hidden>", self.values.len()))
            .field("dates", &self.dates)
            .field("takes_spreadsheet_values", &self.takes_spreadsheet_values)
            .finish()
    }
}

#[cfg(test)]
mod tests;
