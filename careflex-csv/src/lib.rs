//! The CSV interface of CareFlex.
//!
//! - [`IncidentReader`]: reads incidents from files of any size.
//! - [`Encoder`]: writes reports.
//! - [`Layout`]: columns of other names, in another order, with values in other forms.
//! - [`CsvReporter`]: reports by handing files over, to a [`DropFolder`] or another [`Handover`].
//! - [`ErrorReport`]: rows with what is wrong beside them, for a spreadsheet.
//!
//! A file is UTF-8, its first line names the columns, and each further record is one incident (documented). The
//! operator's table of column names is not public; the standard names are those of the schema (our decision).

mod drop_folder;
mod encode;
mod error_report;
mod handover;
mod layout;
mod line;
mod reader;
mod reporter;
mod separator;
mod spreadsheet;

pub use drop_folder::{DropFolder, DropFolderError, Extension, file_stem};
pub use encode::Encoder;
pub use error_report::ErrorReport;
pub use handover::{CsvFile, Handover, HandoverError};
pub use layout::{Column, DateForm, FieldColumn, Layout, LayoutError};
pub use reader::{Header, IncidentReader};
pub use reporter::CsvReporter;
pub use separator::{Separator, SeparatorError};
pub use spreadsheet::harmless;
