//! Reads the answer to `incident/new`.

use std::borrow::Cow;

use careflex_core::{Answer, AnswerRow, ImportId, IncidentId, Text, printable};

use super::Input;
use crate::json::answer::MOST_ROWS;

/// Fewest bytes that a row is expected to have.
const SHORT_ROW: usize = 32;

/// The answer, unless it is irregular.
pub(super) fn read(input: &mut Input<'_>) -> Option<Answer> {
    let (mut import_id, mut rows) = (None, None);
    input.skip_white_space();
    if !input.take("{") {
        return None;
    }
    loop {
        input.skip_white_space();
        let is_doubled = if input.take_name("importId") {
            let id = scalar(input)?.and_then(|id| ImportId::new(&id).ok());
            import_id.replace(id).is_some()
        } else if input.take_name("incidentResponseList") {
            rows.replace(row_list(input)?).is_some()
        } else {
            return None;
        };
        if is_doubled {
            return None;
        }
        input.skip_white_space();
        if !input.take(",") {
            break;
        }
    }
    if !input.take("}") {
        return None;
    }
    input.skip_white_space();
    let answer = Answer {
        import_id: import_id.flatten(),
        rows: rows?,
    };
    (input.length() == 0).then_some(answer)
}

fn row_list(input: &mut Input<'_>) -> Option<Vec<AnswerRow>> {
    let mut rows = Vec::new();
    if !input.take("[") {
        return None;
    }
    input.skip_white_space();
    if input.take("]") {
        return Some(rows);
    }
    loop {
        if rows.len() == MOST_ROWS {
            return None;
        }
        let before = input.length();
        let row = row(input)?;
        if rows.is_empty() {
            let length = (before - input.length()).max(SHORT_ROW);
            rows.reserve((before / length).saturating_add(1).min(MOST_ROWS));
        }
        rows.push(row);
        input.skip_white_space();
        if input.take("]") {
            return Some(rows);
        }
        if !input.take(",") {
            return None;
        }
        input.skip_white_space();
    }
}

fn row(input: &mut Input<'_>) -> Option<AnswerRow> {
    let mut row = AnswerRow::default();
    let mut seen = Seen(0);
    if !input.take("{") {
        return None;
    }
    input.skip_white_space();
    if input.take("}") {
        return Some(row);
    }
    // In the order in which the portal writes them, so that one time round is enough.
    loop {
        let before = input.length();
        if input.take("\"rowNumber\":") {
            seen.first_time(0)?;
            row.row_number = scalar(input)?.and_then(|number| number.trim().parse().ok());
            if !has_more(input)? {
                return Some(row);
            }
        }
        if input.take("\"incidentId\":") {
            seen.first_time(1)?;
            row.incident_id = scalar(input)?.and_then(|id| IncidentId::new(&id).ok());
            if !has_more(input)? {
                return Some(row);
            }
        }
        if input.take("\"externalId\":") {
            seen.first_time(2)?;
            row.external_id = own_key(input, &mut row.is_unclear)?;
            if !has_more(input)? {
                return Some(row);
            }
        }
        if input.take("\"employeeId\":") {
            seen.first_time(3)?;
            row.employee_id = own_key(input, &mut row.is_unclear)?;
            if !has_more(input)? {
                return Some(row);
            }
        }
        if input.take("\"type\":") {
            seen.first_time(4)?;
            row.kind = own_key(input, &mut row.is_unclear)?;
            if !has_more(input)? {
                return Some(row);
            }
        }
        if input.take("\"incidentError\":") {
            seen.first_time(5)?;
            error(input, &mut row)?;
            if !has_more(input)? {
                return Some(row);
            }
        }
        if input.length() == before {
            return None;
        }
    }
}

/// Which members a row has had, a bit for each.
struct Seen(u8);

impl Seen {
    /// `None` for one that is there twice: that is for the slow path to think about.
    #[inline(always)]
    fn first_time(&mut self, member: u8) -> Option<()> {
        let bit = 1 << member;
        let is_first = self.0 & bit == 0;
        self.0 |= bit;
        is_first.then_some(())
    }
}

/// Whether another member comes, behind a value.
#[inline(always)]
fn has_more(input: &mut Input<'_>) -> Option<bool> {
    if input.take_comma() {
        return Some(true);
    }
    input.take("}").then_some(false)
}

/// A text or a whole number; `Some(None)` for `null`.
#[inline(always)]
fn scalar<'a>(input: &mut Input<'a>) -> Option<Option<Cow<'a, str>>> {
    input.skip_white_space();
    if input.take("\"") {
        return input.text().map(Some);
    }
    if input.take("null") {
        return Some(None);
    }
    Some(Some(Cow::Borrowed(input.take_number()?)))
}

/// A key that was ours. What no text can hold is none.
#[inline(always)]
fn own_key(input: &mut Input<'_>, is_unclear: &mut bool) -> Option<Option<Text>> {
    let key = Text::optional(&scalar(input)?.unwrap_or_default());
    *is_unclear |= key.is_err();
    Some(key.unwrap_or_default())
}

/// Why an incident was refused. `None` for all that has not just a code and a message.
#[cold]
fn error(input: &mut Input<'_>, row: &mut AnswerRow) -> Option<()> {
    input.skip_white_space();
    if input.take("null") {
        return Some(());
    }
    if !input.take("{") {
        return None;
    }
    let (mut code, mut message) = (None, None);
    loop {
        input.skip_white_space();
        let place = if input.take_name("code") {
            &mut code
        } else if input.take_name("message") {
            &mut message
        } else {
            return None;
        };
        let text = scalar(input)?.unwrap_or_default();
        if place.replace(printable(text.trim().to_owned())).is_some() {
            return None;
        }
        if !has_more(input)? {
            break;
        }
    }
    row.error = Some((code.unwrap_or_default(), message.unwrap_or_default()));
    Some(())
}
