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
    if !input.take("{") {
        return None;
    }
    input.skip_white_space();
    if input.take("}") {
        return Some(row);
    }
    let mut seen = [false; Member::ALL.len()];
    let mut likely = Member::RowNumber;
    loop {
        let member = take_name(input, likely)?;
        // What is there twice is for the slow path to think about.
        if std::mem::replace(seen.get_mut(member as usize)?, true) {
            return None;
        }
        match member {
            Member::RowNumber => {
                row.row_number = scalar(input)?.and_then(|number| number.trim().parse().ok());
            }
            Member::IncidentId => {
                row.incident_id = scalar(input)?.and_then(|id| IncidentId::new(&id).ok());
            }
            Member::ExternalId => row.external_id = own_key(input, &mut row.is_unclear)?,
            Member::EmployeeId => row.employee_id = own_key(input, &mut row.is_unclear)?,
            Member::Type => row.kind = own_key(input, &mut row.is_unclear)?,
            Member::IncidentError => error(input, &mut row)?,
        }
        likely = member.next();
        input.skip_white_space();
        if input.take("}") {
            return Some(row);
        }
        if !input.take(",") {
            return None;
        }
        input.skip_white_space();
    }
}

#[derive(Clone, Copy)]
enum Member {
    RowNumber,
    IncidentId,
    ExternalId,
    EmployeeId,
    Type,
    IncidentError,
}

impl Member {
    const ALL: [Self; 6] = [
        Self::RowNumber,
        Self::IncidentId,
        Self::ExternalId,
        Self::EmployeeId,
        Self::Type,
        Self::IncidentError,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::RowNumber => "rowNumber",
            Self::IncidentId => "incidentId",
            Self::ExternalId => "externalId",
            Self::EmployeeId => "employeeId",
            Self::Type => "type",
            Self::IncidentError => "incidentError",
        }
    }

    fn next(self) -> Self {
        Self::ALL
            .get(self as usize + 1)
            .copied()
            .unwrap_or(Self::RowNumber)
    }
}

/// Takes a name: first the likely one, as the portal writes it, by a comparison with a literal.
#[inline(always)]
fn take_name(input: &mut Input<'_>, likely: Member) -> Option<Member> {
    let is_likely = match likely {
        Member::RowNumber => input.take("\"rowNumber\":"),
        Member::IncidentId => input.take("\"incidentId\":"),
        Member::ExternalId => input.take("\"externalId\":"),
        Member::EmployeeId => input.take("\"employeeId\":"),
        Member::Type => input.take("\"type\":"),
        Member::IncidentError => input.take("\"incidentError\":"),
    };
    if is_likely {
        input.skip_white_space();
        return Some(likely);
    }
    Member::ALL
        .into_iter()
        .find(|member| input.take_name(member.name()))
}

/// A text or a whole number; `Some(None)` for `null`.
#[inline(always)]
fn scalar<'a>(input: &mut Input<'a>) -> Option<Option<Cow<'a, str>>> {
    if input.take("\"") {
        return input.text().map(Some);
    }
    if input.take("null") {
        return Some(None);
    }
    Some(Some(Cow::Borrowed(input.take_number("")?)))
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
        input.skip_white_space();
        if input.take("}") {
            break;
        }
        if !input.take(",") {
            return None;
        }
    }
    row.error = Some((code.unwrap_or_default(), message.unwrap_or_default()));
    Some(())
}
