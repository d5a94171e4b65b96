//! Whether the fast paths read the same as the slow ones, in values, errors and lines. For tests and fuzzing.

use std::io::{BufRead, BufReader};

use careflex_core::{Answer, DecodeError, Field, InputRow, NewRequest, ReadError, Rules};
use careflex_rest::json::{self, IncidentReader};

/// Reads any bytes as everything that can be read, on both paths.
pub(crate) fn assert_read_alike(bytes: &[u8]) {
    let _ = assert_requests_alike(bytes);
    let _ = assert_answers_alike(bytes);
    let _ = assert_files_alike(bytes);
}

pub(crate) fn assert_requests_alike(body: &[u8]) -> Result<NewRequest, DecodeError> {
    let rules = Rules::documented();
    let fast = json::decode_new_request(body, &rules);
    let slow = json::decode_new_request_slowly(body, &rules);
    match (&fast, &slow) {
        (Ok(fast), Ok(slow)) => {
            assert_eq!(fast.careflex_id, slow.careflex_id);
            assert_eq!(fast.api_token.expose(), slow.api_token.expose());
            assert_eq!(fast.rows.len(), slow.rows.len());
            for (fast, slow) in fast.rows.iter().zip(&slow.rows) {
                assert_rows_alike(fast, slow);
            }
        }
        (Err(fast), Err(slow)) => assert_eq!(fast, slow),
        _ => panic!("{fast:?} but {slow:?}"),
    }
    fast
}

pub(crate) fn assert_answers_alike(body: &[u8]) -> Result<Answer, DecodeError> {
    let fast = json::decode_new_response(body);
    assert_eq!(fast, json::decode_new_response_slowly(body));
    fast
}

/// Reads a file in pieces of several lengths: rows may lie across their ends.
pub(crate) fn assert_files_alike(file: &[u8]) -> Vec<Result<InputRow, ReadError>> {
    let slow: Vec<_> = IncidentReader::slowly(file, Rules::documented()).collect();
    for piece in [1, 13, 300, 1 << 16] {
        assert_items_alike(BufReader::with_capacity(piece, file), &slow);
    }
    assert_items_alike(file, &slow);
    slow
}

fn assert_items_alike(input: impl BufRead, slow: &[Result<InputRow, ReadError>]) {
    let fast: Vec<_> = IncidentReader::new(input, Rules::documented()).collect();
    assert_eq!(fast.len(), slow.len());
    for (fast, slow) in fast.iter().zip(slow) {
        match (fast, slow) {
            (Ok(fast), Ok(slow)) => assert_rows_alike(fast, slow),
            (Err(fast), Err(slow)) => assert_eq!(format!("{fast:?}"), format!("{slow:?}")),
            _ => panic!("{fast:?} but {slow:?}"),
        }
    }
}

fn assert_rows_alike(fast: &InputRow, slow: &InputRow) {
    assert_eq!(fast.line, slow.line);
    assert_eq!(fast.careflex_id, slow.careflex_id);
    assert_eq!(fast.key, slow.key);
    assert_eq!(fast.incident, slow.incident);
    assert_eq!(fast.warnings, slow.warnings);
    for field in Field::ALL {
        assert_eq!(fast.value(*field), slow.value(*field), "{field:?}");
    }
}
