//! The fast way and the parser alone have to agree on everything, whatever a document is.

use std::io::{self, BufRead, BufReader, Read};

use careflex_core::{Field, InputRow, ReadError, Rules};
use careflex_soap::xml::{self, IncidentReader, Request};

/// Reads a document in each way that there is.
///
/// # Panics
/// If the fast way says anything else than the parser.
pub fn assert_alike(document: &[u8]) {
    let mut small = Rules::documented();
    small.max_incidents = 2;
    for rules in [Rules::documented(), small] {
        let fast = xml::decode_request(document, &rules);
        let slow = xml::decode_request_slowly(document, &rules);
        assert_eq!(shown_request(fast), shown_request(slow));
    }
    assert_eq!(
        xml::decode_new_response(document),
        xml::decode_new_response_slowly(document)
    );
    let slow = shown_file(IncidentReader::slowly(document, Rules::documented()));
    let fast = shown_file(IncidentReader::new(document, Rules::documented()));
    assert_eq!(fast, slow);
    // Buffers that end anywhere.
    for capacity in [1, 47, 700, 4096] {
        let input = BufReader::with_capacity(capacity, document);
        let fast = shown_file(IncidentReader::new(input, Rules::documented()));
        assert_eq!(fast, slow, "{capacity} bytes at a time");
    }
    for piece in [100, 3000] {
        let fast = IncidentReader::new(Disturbed::new(document, piece), Rules::documented());
        let slow = IncidentReader::slowly(Disturbed::new(document, piece), Rules::documented());
        assert_eq!(
            shown_file(fast),
            shown_file(slow),
            "{piece} bytes at a time"
        );
    }
}

fn shown_request(request: Result<Request, careflex_core::DecodeError>) -> String {
    match request {
        Ok(Request::New(request)) => {
            let rows: Vec<_> = request.rows.iter().map(shown_row).collect();
            format!(
                "{:?} {} {rows:#?}",
                request.careflex_id,
                request.api_token.expose()
            )
        }
        other => format!("{other:?}"),
    }
}

fn shown_file(rows: impl Iterator<Item = Result<InputRow, ReadError>>) -> String {
    let rows: Vec<_> = rows.map(|row| row.map(|row| shown_row(&row))).collect();
    format!("{rows:#?}")
}

/// With all values, which `Debug` hides.
fn shown_row(row: &InputRow) -> String {
    let values = Field::ALL.iter().map(|field| row.value(*field));
    let values: Vec<_> = values.collect();
    let key = &row.key;
    let key = [&key.external_id, &key.employee_id, &key.kind];
    let key = key.map(|text| text.as_ref().map(|text| text.as_str()));
    format!("{key:?} {values:?} {row:?}")
}

/// An input that is interrupted before each piece, and cannot be read at its end.
struct Disturbed<'a> {
    rest: &'a [u8],
    /// Length of each piece.
    piece: usize,
    /// How much of the piece is left.
    left: usize,
    is_interrupted: bool,
}

impl<'a> Disturbed<'a> {
    fn new(rest: &'a [u8], piece: usize) -> Self {
        Self {
            rest,
            piece,
            left: 0,
            is_interrupted: false,
        }
    }
}

impl BufRead for Disturbed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            self.is_interrupted = !self.is_interrupted;
            if self.is_interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.rest.is_empty() {
                return Err(io::Error::other("the disk is broken"));
            }
            self.left = self.piece.min(self.rest.len());
        }
        Ok(self.rest.get(..self.left).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.left -= amount;
        self.rest = self.rest.get(amount..).unwrap_or_default();
    }
}

impl Read for Disturbed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}
