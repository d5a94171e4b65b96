//! Files that begin with the standard columns in their order, as our own do: nothing about their columns is left to be
//! found out.

use std::io::BufRead;
use std::sync::{Arc, LazyLock};

use super::beginning::{Beginning, Rewound};
use super::columns::Columns;
use super::header::Header;
use super::records::{RecordReader, Records, Window};
use crate::encode::STANDARD;
use crate::layout::Layout;
use crate::separator::Separator;

/// What the separator of a file is, if it begins with a line that names the standard columns in their order. No other
/// separator yields so many names.
pub(super) fn separator(beginning: &Beginning) -> Option<Separator> {
    let mut rest = beginning.line()?;
    let mut separator = None;
    for (number, field) in STANDARD.iter().enumerate() {
        if number > 0 {
            let (first, behind) = rest.split_first()?;
            if *separator.get_or_insert(*first) != *first {
                return None;
            }
            rest = behind;
        }
        rest = rest.strip_prefix(field.name().as_bytes())?;
    }
    let separator = separator.filter(|byte| byte.is_ascii() && rest.is_empty())?;
    Separator::new(char::from(separator)).ok()
}

/// The standard columns, made once.
pub(super) fn columns() -> Option<Arc<Columns>> {
    static COLUMNS: LazyLock<Option<Arc<Columns>>> = LazyLock::new(|| {
        let header = Header {
            line: 1,
            separator: Separator::default(),
            names: STANDARD.map(|field| field.name().to_owned()).into(),
        };
        let columns = Columns::new(&header, &Layout::standard());
        columns.ok().map(Arc::new)
    });
    COLUMNS.clone()
}

/// Reads on behind the first line.
pub(super) fn records<R: BufRead>(
    beginning: &Beginning,
    rest: R,
    separator: Separator,
) -> RecordReader<Rewound<R>> {
    let input = Window::new(Beginning::default().before(rest));
    let ends_in_return = beginning.ends_in_return();
    let records = Records::behind_header(input, separator, STANDARD.len(), ends_in_return);
    RecordReader::new(records, separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_the_standard_columns_need_no_draft() {
        let columns = columns().unwrap();
        let places = columns.places.as_ref().unwrap();
        for (place, field) in STANDARD.iter().enumerate() {
            assert_eq!(places.of_fields[field.index()], Some(place));
        }
        assert!(places.of_groups.iter().all(|group| !group.is_empty()));
    }
}
