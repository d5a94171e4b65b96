//! Writes reports.

use careflex_core::{CareflexId, Incident, Report, Violations};

use crate::layout::{Layout, LayoutError};
use crate::separator::Separator;

/// Writes reports as CSV, in one layout and with one separator.
#[derive(Debug, Clone)]
pub struct Encoder {
    separator: Separator,
    layout: Layout,
}

impl Default for Encoder {
    /// The standard columns, separated by `;`.
    fn default() -> Self {
        Self {
            separator: Separator::default(),
            layout: Layout::standard(),
        }
    }
}

impl Encoder {
    /// Writes files of this layout.
    ///
    /// # Errors
    /// A layout that is good for reading only.
    pub fn new(separator: Separator, layout: Layout) -> Result<Self, LayoutError> {
        Ok(Self { separator, layout })
    }

    /// Appends the header line to a buffer.
    pub fn header(&self, out: &mut Vec<u8>) {
        let _ = (out, self.separator, &self.layout);
        unimplemented!()
    }

    /// Appends a record for each incident of a report to a buffer, which can be cleared and used again.
    ///
    /// # Errors
    /// What keeps incidents from being written in this layout, by path; nothing is appended then. The standard
    /// layout can hold all incidents.
    pub fn records(&self, report: &Report, out: &mut Vec<u8>) -> Result<(), Violations> {
        let _ = (report, out);
        unimplemented!()
    }

    /// What keeps an incident from being written in this layout.
    #[must_use]
    pub fn check(&self, careflex_id: &CareflexId, incident: &Incident) -> Violations {
        let _ = (careflex_id, incident);
        unimplemented!()
    }
}
