//! How the columns of a file differ from the standard ones.

use std::fmt;
use std::str::FromStr;

use careflex_core::Field;

use crate::encode::STANDARD;

mod check;
mod column;
mod date_form;
mod error;
mod file;
mod suggest;
mod values;
mod words;

pub use column::FieldColumn;
pub use date_form::DateForm;
pub use error::LayoutError;

/// The columns of a file: their names, their order, and how their values are to be understood.
///
/// A layout is complete: what it does not name is neither read nor written (our decision, as is all below: the
/// operator's table of column names is not public). It can be put together in code, or read from a file that a
/// person writes:
///
/// ```
/// use careflex_csv::Layout;
///
/// let layout: Layout = r#"
/// dates = "DD.MM.YYYY"             # the form of the days, if it is not YYYY-MM-DD
/// other_columns = "ignore"         # if not given: a column that is not named below is an error
/// columns = [
///   { name = "Personalnummer", field = "employeeId" },
///   { name = "Vorgang", field = "type", values = { Eintritt = "NEW", Ruhend = "RST" } },
///   { name = "Gültig ab", field = "validFrom", dates = "YYYYMMDD" },
///   { name = "Datum", field = "createdAt" },
///   { name = "Leitend", field = "management", values = { X = "true", "" = "false" } },
///   { name = "Standort", field = "employmentSite", as_is = true },
///   { field = "country", constant = "DE" },
///   { name = "Version", constant = "2.0" },
///   { name = "Abteilung", ignore = true },
///   { field = "title", ignore = true },
/// ]
/// "#.parse()?;
/// assert!(layout.ignores_others());
/// layout.check_writable()?;
/// # Ok::<(), careflex_csv::LayoutError>(())
/// ```
///
/// | entry | meaning |
/// | --- | --- |
/// | `name` and `field` | a column with the values of a field |
/// | `field` | the same, with the field's own name |
/// | `field` and `constant` | no column: all incidents have this value |
/// | `name` and `constant` | a column that is no field's: written with this text, not read |
/// | `name` and `ignore = true` | a column that is not read, and not written |
/// | `field` and `ignore = true` | no column: the field is left out on purpose when a file is written |
///
/// Any other combination is refused: it would have to be guessed what was meant. A column with a field can have
///
/// - `values`: what the file has, and what it means. Exact, case counts, blanks around it do not. A value that is
///   not named passes as it is, so that only the exceptions need to be written down. `""` stands for an empty
///   cell, and for no value. When a file is written the table is turned round; see [`Layout::check_writable`].
/// - `dates`: the form of the days in this column, see [`DateForm`]. It goes before the file's own `dates`, and
///   both are for columns only: constants and `values` have days as `YYYY-MM-DD`.
/// - `as_is = true`: takes values that look as if a spreadsheet had changed them. They are refused otherwise,
///   because nobody misses the digits that are lost: numbers as `4,92397E+10` or `4711,00` where a text belongs,
///   the number by which Excel counts days, formulas like `=A1`, what stands for failed ones, like `#NV`, and the
///   apostrophe in front that an [`ErrorReport`](crate::ErrorReport) writes, like `'+49 151`. What a
///   person could have entered on purpose is not among them.
///
/// The fields without which there is no incident (`employeeId`, `type`, `validFrom` and `createdAt`) need a column
/// or a constant. A field is named once at most. A column may feed two fields, for example `validFrom` and
/// `createdAt`: such a layout can be read, but not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    columns: Vec<Column>,
    ignores_others: bool,
    is_standard: bool,
}

/// One column of a [`Layout`], or something that stands in for one. Values are hidden in `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// A column with the values of a field.
    Field(FieldColumn),
    /// No column: all incidents have this value.
    Constant {
        /// The field.
        field: Field,
        /// Its value. Days as `YYYY-MM-DD`, truth values as `true` and `false`.
        value: String,
    },
    /// A column that is no field's, and in which the same stands in each record that is written. It is not read.
    Text {
        /// The column's name.
        name: String,
        /// What stands in it.
        value: String,
    },
    /// A column that is not read, and not written.
    Ignored {
        /// The column's name.
        name: String,
    },
    /// No column: the field is left out on purpose when a file is written.
    LeftOut {
        /// The field.
        field: Field,
    },
}

impl Layout {
    /// The standard columns, named and ordered by the schema (our decision): first those that say what a record is
    /// about, then all others.
    ///
    /// ```
    /// use careflex_csv::{Column, Layout};
    ///
    /// let layout = Layout::standard();
    /// let names: Vec<_> = layout.columns().iter().filter_map(Column::name).collect();
    /// assert_eq!(names[..4], ["careflexId", "externalId", "employeeId", "type"]);
    /// assert!(layout.is_standard());
    /// ```
    #[must_use]
    pub fn standard() -> Self {
        Self {
            columns: STANDARD.map(|field| FieldColumn::of(field).into()).into(),
            ignores_others: false,
            is_standard: true,
        }
    }

    /// A layout of these columns, from left to right.
    ///
    /// ```
    /// use careflex_core::Field;
    /// use careflex_csv::{Column, FieldColumn, Layout};
    ///
    /// let layout = Layout::new(vec![
    ///     FieldColumn::of(Field::EmployeeId).named("Personalnummer").into(),
    ///     FieldColumn::of(Field::Type).named("Vorgang").values([("Eintritt", "NEW")]).into(),
    ///     FieldColumn::of(Field::ValidFrom).named("Gültig ab").into(),
    ///     FieldColumn::of(Field::CreatedAt).named("Datum").into(),
    ///     Column::Constant { field: Field::Country, value: "DE".to_owned() },
    /// ])?
    /// .with_dates(&"DD.MM.YYYY".parse()?);
    /// assert_eq!(layout.columns().len(), 5);
    /// # Ok::<(), careflex_csv::LayoutError>(())
    /// ```
    ///
    /// # Errors
    /// All that is wrong with them, by their places from 1.
    pub fn new(mut columns: Vec<Column>) -> Result<Self, LayoutError> {
        let mut error = LayoutError::none();
        for (index, message) in check::columns(&mut columns) {
            error.push(None, format!("entry {}: {message}", index + 1));
        }
        if error.is_none()
            && let Some(message) = check::missing(&columns)
        {
            error.push(None, message);
        }
        error.or(Self::of_checked(columns))
    }

    fn of_checked(columns: Vec<Column>) -> Self {
        let is_standard = columns.iter().eq(Self::standard().columns.iter());
        Self {
            columns,
            ignores_others: false,
            is_standard,
        }
    }

    /// Columns that the layout does not name are not read. Only `careflexId` is refused all the same, and so is a name
    /// that differs from one of the layout in upper and lower case only.
    #[must_use]
    pub fn ignoring_others(mut self) -> Self {
        self.ignores_others = true;
        self
    }

    /// Whether columns that the layout does not name are not read, instead of refused.
    #[must_use]
    pub fn ignores_others(&self) -> bool {
        self.ignores_others
    }

    /// Sets the form of the days in all columns that hold days and have no form of their own.
    #[must_use]
    pub fn with_dates(mut self, form: &DateForm) -> Self {
        for column in &mut self.columns {
            if let Column::Field(column) = column {
                column.default_dates(form);
            }
        }
        Self {
            ignores_others: self.ignores_others,
            ..Self::of_checked(self.columns)
        }
    }

    /// Reads a layout file (TOML), as shown [above](Layout). A byte order mark is skipped.
    ///
    /// ```
    /// use careflex_csv::Layout;
    ///
    /// let error = Layout::parse("columns = [\n  { name = \"PLZ\", field = \"zipcode\" },\n]").unwrap_err();
    /// assert_eq!(error.to_string(), "line 2: zipcode is no field: did you mean zipCode?");
    /// ```
    ///
    /// # Errors
    /// All that is wrong with it, one a line, each with its line of the file. Constants and the contents of
    /// `values`, which may be personal, are never repeated.
    pub fn parse(text: &str) -> Result<Self, LayoutError> {
        file::parse(text)
    }

    /// A layout file (TOML) with comments, to begin with: for a file whose header line has these names. What it
    /// makes of names other than the standard ones is a guess, and marked as one.
    ///
    /// ```
    /// use careflex_csv::Layout;
    ///
    /// let names = ["Pers.-Nr.", "Vorgang", "Gültig ab", "Erfasst am", "Abteilung"];
    /// let text = Layout::suggest(&names.map(String::from));
    /// assert!(text.contains("{ name = \"Gültig ab\", field = \"validFrom\" },   # a guess: check it"));
    /// assert!(text.contains("{ name = \"Abteilung\", ignore = true },"));
    /// Layout::parse(&text)?;
    /// # Ok::<(), careflex_csv::LayoutError>(())
    /// ```
    #[must_use]
    pub fn suggest(names: &[String]) -> String {
        suggest::suggest(names)
    }

    /// The columns, from left to right.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether these are the standard columns, with nothing added or changed.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.is_standard
    }

    /// Whether files can be written in this layout, and not only read.
    ///
    /// ```
    /// use careflex_csv::Layout;
    ///
    /// let layout = Layout::parse(r#"
    /// columns = [
    ///   { field = "employeeId" },
    ///   { field = "type" },
    ///   { name = "Datum", field = "validFrom" },
    ///   { name = "Datum", field = "createdAt" },
    /// ]"#)?;
    /// assert!(layout.check_writable().is_err());
    /// # Ok::<(), careflex_csv::LayoutError>(())
    /// ```
    ///
    /// # Errors
    /// A column that feeds two fields: which of the two values it should have is open. And `values` that cannot be
    /// turned round, because two values of the file mean the same: which one should be written is open. (That two
    /// of them mean that there is no value is no harm, as long as an empty cell means that too: it is what is
    /// written.)
    pub fn check_writable(&self) -> Result<(), LayoutError> {
        let mut error = LayoutError::none();
        for message in check::unwritable(&self.columns) {
            error.push(None, message);
        }
        error.or(())
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        Self::parse(text)
    }
}

impl Column {
    /// The column's name in the header line; `None` for what has no column.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Field(column) => Some(column.name()),
            Self::Text { name, .. } | Self::Ignored { name } => Some(name),
            Self::Constant { .. } | Self::LeftOut { .. } => None,
        }
    }

    /// The field that it is about.
    #[must_use]
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Field(column) => Some(column.field()),
            Self::Constant { field, .. } | Self::LeftOut { field } => Some(*field),
            Self::Text { .. } | Self::Ignored { .. } => None,
        }
    }
}

impl From<FieldColumn> for Column {
    fn from(column: FieldColumn) -> Self {
        Self::Field(column)
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = format_args!("<hidden>");
        match self {
            Self::Field(column) => column.fmt(f),
            Self::Constant { field, .. } => f
                .debug_struct("Constant")
                .field("field", field)
                .field("value", &hidden)
                .finish(),
            Self::Text { name, .. } => f
                .debug_struct("Text")
                .field("name", name)
                .field("value", &hidden)
                .finish(),
            Self::Ignored { name } => f.debug_struct("Ignored").field("name", name).finish(),
            Self::LeftOut { field } => f.debug_struct("LeftOut").field("field", field).finish(),
        }
    }
}

#[cfg(test)]
mod tests;
