//! The rows of one file, whatever its format.

use std::io::{BufRead, Cursor, Read as _};

use careflex::csv::{self, Layout, Separator};
use careflex::rest::json;
use careflex::soap::xml;
use careflex::{InputRow, ReadError, Rules};

use crate::args::Format;

/// How files are to be read.
#[derive(Debug)]
pub(super) struct Reading {
    /// `None`: as the content tells.
    pub(super) format: Option<Format>,
    /// Of CSV; `None`: as the header line tells.
    pub(super) separator: Option<Separator>,
    /// Of CSV; `None`: the standard columns.
    pub(super) layout: Option<Layout>,
    pub(super) rules: Rules,
}

/// Bytes of a file, one after the other.
pub(super) type Bytes = Box<dyn BufRead + Send>;

/// Iterates over the rows of one file.
pub(super) type Rows = Box<dyn Iterator<Item = Result<InputRow, ReadError>> + Send>;

/// White space at the beginning of a file that is looked through, in bytes.
const LOOKED_THROUGH: usize = 1 << 20;

/// Reads a file in the format that is given, else in the one that its first byte shows.
pub(super) fn read(mut bytes: Bytes, reading: &Reading) -> Result<Rows, ReadError> {
    let (format, bytes) = match reading.format {
        Some(format) => (format, bytes),
        None => {
            let beginning = Beginning::of(&mut bytes)?;
            let format = beginning.format();
            // Nothing is swallowed: readers count lines, and say themselves what they think of UTF-16.
            let bytes: Bytes = Box::new(Cursor::new(beginning.blank).chain(bytes));
            (format, bytes)
        }
    };
    let rules = reading.rules.clone();
    Ok(match format {
        Format::Json => Box::new(json::IncidentReader::new(bytes, rules)),
        Format::Xml => Box::new(xml::IncidentReader::new(bytes, rules)),
        Format::Csv => {
            let mut rows = csv::IncidentReader::new(bytes, rules);
            if let Some(separator) = reading.separator {
                rows = rows.separator(separator);
            }
            if let Some(layout) = &reading.layout {
                rows = rows.layout(layout.clone());
            }
            Box::new(rows)
        }
    })
}

/// How a file begins.
struct Beginning {
    /// Byte order marks and white space.
    blank: Vec<u8>,
    /// The first byte behind, which is still to be read; `None` when there is none.
    first: Option<u8>,
}

impl Beginning {
    fn of(bytes: &mut Bytes) -> Result<Self, ReadError> {
        let mut blank = Vec::new();
        loop {
            // A pipe gives as little at a time as it likes.
            let buffer = bytes
                .fill_buf()
                .map_err(|error| ReadError::io(None, error))?;
            let length = buffer.iter().take_while(|byte| is_blank(**byte)).count();
            let (skipped, rest) = buffer.split_at(length);
            let first = rest.first().copied();
            blank.extend_from_slice(skipped);
            let is_over = length == 0 || blank.len() > LOOKED_THROUGH;
            bytes.consume(length);
            if first.is_some() || is_over {
                return Ok(Self { blank, first });
            }
        }
    }

    fn format(&self) -> Format {
        match self.first {
            Some(b'<') => Format::Xml,
            // An empty file is as good as any: its reader says that it holds nothing.
            Some(b'{' | b'[') | None => Format::Json,
            Some(_) => Format::Csv,
        }
    }
}

/// White space, or part of a byte order mark. Zeros are the other halves of characters in UTF-16.
fn is_blank(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b'\r' | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF | 0
    )
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    const ROW: &str =
        r#"{"type":"WIK","employeeId":"1","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;

    const TABLE: &str = "type;employeeId;createdAt;validFrom\nWIK;1;2026-11-20;2026-12-01\n";

    fn beginning(content: &[u8]) -> Beginning {
        // One byte at a time, as slow pipes do.
        let mut bytes: Bytes = Box::new(BufReader::with_capacity(1, Cursor::new(content.to_vec())));
        Beginning::of(&mut bytes).unwrap()
    }

    #[test]
    fn the_first_byte_that_says_something_tells_the_format() {
        for (content, expected) in [
            (&b"{"[..], Format::Json),
            (b"[", Format::Json),
            (b"", Format::Json),
            (b" \n", Format::Json),
            (b"<", Format::Xml),
            (b"\xEF\xBB\xBF\r\n\t <?xml", Format::Xml),
            (b"\xEF\xBB\xBF {", Format::Json),
            (b"\xFF\xFE<\0?\0", Format::Xml),
            (b"\xFE\xFF\0<\0?", Format::Xml),
            (b"\xFF\xFE[\0", Format::Json),
            (b"type;employeeId", Format::Csv),
            (b"\xEF\xBB\xBF\r\n\"type\"", Format::Csv),
            (b"\ttype", Format::Csv),
            (b"\xFF\xFEt\0y\0", Format::Csv),
        ] {
            assert_eq!(beginning(content).format(), expected, "{content:?}");
        }
    }

    #[test]
    fn what_was_looked_at_is_read_too() {
        let reading = Reading {
            format: None,
            separator: None,
            layout: None,
            rules: Rules::documented(),
        };
        for (content, line) in [
            (format!("\u{feff}\n\n{ROW}"), 3),
            (format!("\u{feff}\n\n{TABLE}"), 4),
        ] {
            let bytes = Box::new(Cursor::new(content.into_bytes()));
            let mut rows = read(bytes, &reading).unwrap();
            assert_eq!(rows.next().unwrap().unwrap().line, line);
            assert!(rows.next().is_none());
        }
    }

    #[test]
    fn endless_white_space_is_not_looked_through_to_its_end() {
        let content = vec![b' '; 3 * LOOKED_THROUGH];
        let mut bytes: Bytes = Box::new(BufReader::new(Cursor::new(content)));
        let beginning = Beginning::of(&mut bytes).unwrap();
        assert!(beginning.blank.len() < 2 * LOOKED_THROUGH);
        assert_eq!(beginning.format(), Format::Json);
    }
}
