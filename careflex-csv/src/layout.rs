//! How the columns of a file differ from the standard ones.

use std::fmt;
use std::str::FromStr;

use careflex_core::{Field, Violation};

/// The columns of a file: their names, their order, and how their values are to be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    columns: Vec<Column>,
    ignores_others: bool,
}

/// One column of a [`Layout`], or something that stands in for one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// A column with the values of a field.
    Field(FieldColumn),
    /// No column: all incidents have this value.
    Constant {
        /// The field.
        field: Field,
        /// Its value.
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

/// A column with the values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldColumn {
    name: String,
    field: Field,
    /// What the file has, and what it means.
    values: Vec<(String, String)>,
    dates: Option<DateForm>,
    takes_spreadsheet_values: bool,
}

/// A form of days, for example `DD.MM.YYYY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateForm(());

/// Why a layout cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutError {
    line: Option<usize>,
    message: String,
}

impl Layout {
    /// The standard columns, named and ordered by the schema (our decision).
    #[must_use]
    pub fn standard() -> Self {
        unimplemented!()
    }

    /// A layout of these columns, from left to right.
    pub fn new(columns: Vec<Column>) -> Result<Self, LayoutError> {
        let _ = columns;
        unimplemented!()
    }

    /// Columns that the layout does not name are not read.
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

    /// Reads a layout file (TOML).
    pub fn parse(text: &str) -> Result<Self, LayoutError> {
        let _ = text;
        unimplemented!()
    }

    /// A layout file (TOML) with comments, to begin with: for a file whose header line has these names.
    #[must_use]
    pub fn suggest(names: &[String]) -> String {
        let _ = names;
        unimplemented!()
    }

    /// The columns, from left to right.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether these are the standard columns.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        *self == Self::standard()
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        Self::parse(text)
    }
}

impl FieldColumn {
    /// The standard column of a field.
    #[must_use]
    pub fn of(field: Field) -> Self {
        Self {
            name: field.name().to_owned(),
            field,
            values: Vec::new(),
            dates: None,
            takes_spreadsheet_values: false,
        }
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
    pub(crate) fn read<'a>(&self, cell: &'a str) -> Result<std::borrow::Cow<'a, str>, Violation> {
        let _ = cell;
        unimplemented!()
    }

    /// How a value is written; why it cannot be.
    pub(crate) fn write<'a>(
        &'a self,
        value: Option<&'a str>,
    ) -> Result<std::borrow::Cow<'a, str>, Violation> {
        let _ = value;
        unimplemented!()
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for LayoutError {}
