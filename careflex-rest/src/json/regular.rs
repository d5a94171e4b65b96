//! The fast path of the decoders. It reads what is perfectly regular, and answers `None` for whatever it is
//! not sure of: then nothing has happened, and the slow path reads the same from the beginning. So errors,
//! and what is said of odd values, come from one place only.

use careflex_core::codec::valid_begin;
use careflex_core::{Answer, ApiToken, CareflexId, Draft, InputRow, NewRequest, Rules};

use super::special;

mod answer;
mod incident;
mod input;
#[cfg(test)]
mod tests;

pub(super) use input::Input;

/// Fewest bytes that an incident is expected to have: a guess at how many there are must not ask for much
/// more memory than they are long.
const SHORT_INCIDENT: usize = 64;

/// An incident of a file.
#[inline(always)]
pub(super) fn row(input: &mut Input<'_>, line: u64, rules: &Rules) -> Option<InputRow> {
    let mut draft = Draft::new();
    draft.set_line(line);
    incident::read(input, &mut draft, true)?;
    Some(draft.finish(rules))
}

/// The body of `incident/new`, unless it is irregular.
pub(super) fn new_request(body: &[u8], rules: &Rules) -> Option<NewRequest> {
    // Once for all texts.
    let mut input = Input::new(text_of(body)?);
    let (mut careflex_id, mut api_token, mut rows) = (None, None, None);
    input.skip_white_space();
    if !input.take("{") {
        return None;
    }
    loop {
        input.skip_white_space();
        let is_doubled = if input.take_name("careflexId") {
            let id = CareflexId::new(&input.quoted()?).ok()?;
            careflex_id.replace(id).is_some()
        } else if input.take_name("apiToken") {
            let token = ApiToken::new(&input.quoted()?).ok()?;
            api_token.replace(token).is_some()
        } else if input.take_name("incidentList") {
            rows.replace(incident_list(&mut input, rules)?).is_some()
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
    let careflex_id = careflex_id.filter(|id| !rules.check_careflex_id(id).has_errors())?;
    (input.length() == 0).then_some(NewRequest::new(careflex_id, api_token?, rows?))
}

/// Not shared with the list of an answer's rows: what a function for both reads a row with would have to hand it over,
/// and a row that is moved once more makes the whole a tenth slower.
fn incident_list(input: &mut Input<'_>, rules: &Rules) -> Option<Vec<InputRow>> {
    let mut rows = Vec::new();
    if !input.take("[") {
        return None;
    }
    input.skip_white_space();
    if input.take("]") {
        return Some(rows);
    }
    loop {
        // One too many, which the slow path cuts off.
        if rows.len() > rules.max_incidents {
            return None;
        }
        let before = input.length();
        let mut draft = Draft::new();
        incident::read(input, &mut draft, false)?;
        if rows.is_empty() {
            // Rows are large: to move them as their list grows costs as much as to read some of them.
            let length = (before - input.length()).max(SHORT_INCIDENT);
            rows.reserve((before / length).min(rules.max_incidents).saturating_add(1));
        }
        rows.push(draft.finish(rules));
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

/// The answer to `incident/new`, unless it is irregular.
pub(super) fn new_response(body: &[u8]) -> Option<Answer> {
    let text = text_of(body)?;
    answer::read(&mut Input::new(
        text.strip_prefix('\u{feff}').unwrap_or(text),
    ))
}

/// A whole body as text.
fn text_of(body: &[u8]) -> Option<&str> {
    let text = valid_begin(body);
    (text.len() == body.len()).then_some(text)
}
