//! What spreadsheets do to values.

use std::borrow::Cow;

/// Makes a cell harmless for spreadsheets: with an apostrophe in front of `=`, `+`, `-`, `@`, a tab or a carriage
/// return, which would make it a formula.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}
