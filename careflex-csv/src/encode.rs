//! Writes reports.

use careflex_core::{
    CareflexId, Field, Group, Incident, Report, Violation, ViolationCode, Violations,
};

use self::record::{NOTHING_BESIDE, Record, holds, no_place};
use self::standard::PlainSeparator;
use crate::layout::{Column, FieldColumn, Layout, LayoutError};
use crate::line::Line;
use crate::separator::Separator;

mod record;
mod standard;

pub(crate) use standard::STANDARD;

/// Writes reports as CSV, in one layout and with one separator.
///
/// UTF-8 without a byte order mark; quotation marks only where they must be, and CRLF at the end of each line, the
/// last one too (our decisions, which are those of RFC 4180). What an incident does not have is an empty value.
///
/// ```
/// use careflex_core::{Incident, IncidentKind, Report, Rules, parse_date};
/// use careflex_csv::Encoder;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let incident = Incident::builder()
///     .external_id("2026-0815".parse()?)
///     .employee_id("4711; Werk 2".parse()?)
///     .kind(IncidentKind::Rst)
///     .valid_from(parse_date("2026-12-01")?)
///     .created_at(parse_date("2026-11-20")?)
///     .build();
/// let report = Report::new("09ce3580d84bf087".parse()?, vec![incident], &Rules::documented())?;
///
/// let mut file = Vec::new();
/// Encoder::default().file(&report, &mut file)?;
/// let file = String::from_utf8(file)?;
/// let (header, record) = file.split_once("\r\n").expect("two lines");
/// assert!(header.starts_with("careflexId;externalId;employeeId;type;validFrom;createdAt;title;"));
/// assert!(record.starts_with(
///     "09ce3580d84bf087;2026-0815;\"4711; Werk 2\";RST;2026-12-01;2026-11-20;;"
/// ));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Encoder {
    separator: Separator,
    layout: Layout,
    /// The fields that the layout names nowhere.
    unnamed: Vec<Field>,
    /// The standard columns are written in a shorter way, if the separator allows it.
    standard: Option<PlainSeparator>,
}

impl Default for Encoder {
    /// The standard columns, separated by `;`.
    fn default() -> Self {
        Self::of(Separator::default(), Layout::standard())
    }
}

impl Encoder {
    /// Writes files of this layout.
    ///
    /// # Errors
    /// A layout that is good for reading only.
    pub fn new(separator: Separator, layout: Layout) -> Result<Self, LayoutError> {
        layout.check_writable()?;
        Ok(Self::of(separator, layout))
    }

    /// What separates the values.
    #[must_use]
    pub fn separator(&self) -> Separator {
        self.separator
    }

    /// The columns.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Appends a whole file to a buffer: the header line, and a record for each incident.
    ///
    /// # Errors
    /// Those of [`records`](Self::records); nothing is appended then.
    pub fn file(&self, report: &Report, out: &mut Vec<u8>) -> Result<(), Violations> {
        let start = out.len();
        self.header(out);
        self.records(report, out)
            .inspect_err(|_| out.truncate(start))
    }

    /// Appends the header line to a buffer.
    pub fn header(&self, out: &mut Vec<u8>) {
        let mut line = Line::new(self.separator, out);
        for column in self.layout.columns() {
            match column {
                Column::Field(column) => line.cell(column.name()),
                Column::Text { name, .. } => line.cell(name),
                Column::Constant { .. } | Column::Ignored { .. } | Column::LeftOut { .. } => {}
            }
        }
        line.end();
    }

    /// Appends a record for each incident of a report to a buffer, which can be cleared and used again.
    ///
    /// # Errors
    /// What keeps incidents from being written in this layout, by path; nothing is appended then. The standard
    /// layout can hold all incidents.
    pub fn records(&self, report: &Report, out: &mut Vec<u8>) -> Result<(), Violations> {
        let start = out.len();
        let mut violations = Violations::new();
        for (index, incident) in report.incidents().iter().enumerate() {
            let record = Record {
                careflex_id: report.careflex_id(),
                code: report.code(&incident.kind),
                incident,
            };
            self.record(&record, out, |violation| {
                violations.push(violation.in_incident(index));
            });
        }
        if violations.is_empty() {
            Ok(())
        } else {
            out.truncate(start);
            Err(violations)
        }
    }

    /// What keeps an incident from being written in this layout: values that it has no place for. Nothing is lost
    /// silently, unless the layout leaves it out on purpose.
    #[must_use]
    pub fn check(&self, careflex_id: &CareflexId, incident: &Incident) -> Violations {
        let mut violations = Violations::new();
        let record = Record {
            careflex_id,
            code: incident.kind.code(),
            incident,
        };
        self.record(&record, &mut Vec::new(), |violation| {
            violations.push(violation);
        });
        violations
    }

    fn of(separator: Separator, layout: Layout) -> Self {
        let fields = Field::ALL.iter().copied();
        Self {
            unnamed: fields.filter(|field| !names(&layout, *field)).collect(),
            standard: PlainSeparator::of(separator).filter(|_| layout.is_standard()),
            separator,
            layout,
        }
    }

    /// Appends a record, which is not complete if there is a complaint.
    #[inline]
    fn record(&self, record: &Record<'_>, out: &mut Vec<u8>, complain: impl FnMut(Violation)) {
        if let Some(separator) = self.standard
            && standard::put(record, separator, out)
        {
            return;
        }
        self.record_by_columns(record, out, complain);
    }

    /// The same for any layout, column by column.
    fn record_by_columns(
        &self,
        record: &Record<'_>,
        out: &mut Vec<u8>,
        mut complain: impl FnMut(Violation),
    ) {
        let mut line = Line::new(self.separator, out);
        for column in self.layout.columns() {
            let written = match column {
                Column::Field(column) => self.write(column, record, &mut line),
                Column::Constant { field, value } => {
                    record.check_constant(*field, value, self.is_group_read(*field, record))
                }
                Column::Text { value, .. } => {
                    line.cell(value);
                    Ok(())
                }
                Column::Ignored { .. } | Column::LeftOut { .. } => Ok(()),
            };
            if let Err(violation) = written {
                complain(violation);
            }
        }
        line.end();
        for field in &self.unnamed {
            if record.has(*field) {
                complain(no_column(*field));
            }
        }
    }

    /// Writes a cell. What an empty one means is read only where the group of its field is.
    fn write(
        &self,
        column: &FieldColumn,
        record: &Record<'_>,
        line: &mut Line<'_>,
    ) -> Result<(), Violation> {
        let field = column.field();
        let value = record.value(field)?;
        let counts = !column.fills_empty_cells() || self.is_group_read(field, record);
        if value.as_str().is_none() && !counts {
            line.cell("");
            return Ok(());
        }
        let cell = column.write(value.as_str())?;
        if cell.is_empty() && !counts {
            return Err(no_place(field, NOTHING_BESIDE));
        }
        line.cell(&cell);
        Ok(())
    }

    /// Whether the group of a field is there when the record is read: a cell of it is filled.
    fn is_group_read(&self, field: Field, record: &Record<'_>) -> bool {
        let Some(group) = field.group().filter(|group| *group != Group::Incident) else {
            return true;
        };
        self.layout.columns().iter().any(|column| match column {
            Column::Field(column) if holds(group, column.field()) => record
                .value(column.field())
                .is_ok_and(|value| value.as_str().is_some_and(|value| column.fills_cell(value))),
            _ => false,
        })
    }
}

/// Whether a layout says what becomes of a field.
fn names(layout: &Layout, field: Field) -> bool {
    layout.columns().iter().any(|column| match column {
        Column::Field(column) => column.field() == field,
        Column::Constant { field: named, .. } | Column::LeftOut { field: named } => *named == field,
        Column::Text { .. } | Column::Ignored { .. } => false,
    })
}

fn no_column(field: Field) -> Violation {
    Violation::error(
        field.path(),
        ViolationCode::NoPlace,
        format!(
            "the layout has no column for it: name one, or leave it out on purpose with `{{ field = \"{}\", ignore = true }}`",
            field.name()
        ),
    )
}
