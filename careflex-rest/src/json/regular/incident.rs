//! Reads an incident into a draft.

use careflex_core::{Child, Draft, Field, Group, LeafKind};

use super::Input;

/// Reads an incident from brace to brace. It may name its company where it stands in a file of ours.
pub(super) fn read<'a>(
    input: &mut Input<'a>,
    draft: &mut Draft<'a>,
    with_company: bool,
) -> Option<()> {
    if !input.take("{") {
        return None;
    }
    draft.open(Group::Incident);
    let begin = input.length();
    // First as the encoder writes it.
    if input.take("\"externalId\":\"") {
        set_text(input, draft, Field::ExternalId)?;
        if !input.take(",") {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"type\":\"") {
        set_text(input, draft, Field::Type)?;
        if !input.take(",") {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"employeeId\":\"") {
        set_text(input, draft, Field::EmployeeId)?;
        if !input.take(",") {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"createdAt\":\"") {
        set_text(input, draft, Field::CreatedAt)?;
        if !input.take(",") {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"validFrom\":\"") {
        set_text(input, draft, Field::ValidFrom)?;
        if !input.take(",") {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"employee\":{") {
        read_employee(input, draft)?;
        return read_members(input, draft, Group::Incident, Place::Value, with_company);
    }
    let place = Place::name(input, begin);
    read_members(input, draft, Group::Incident, place, with_company)
}

/// Where in an object the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind the opening brace.
    Begin,
    /// Behind a comma.
    Comma,
    /// Behind a value.
    Value,
}

impl Place {
    /// Before a name, of an object of which so much was to be read behind its brace.
    fn name(input: &Input<'_>, begin: usize) -> Self {
        if input.length() == begin {
            Self::Begin
        } else {
            Self::Comma
        }
    }
}

#[inline(always)]
fn read_rest<'a>(
    input: &mut Input<'a>,
    draft: &mut Draft<'a>,
    group: Group,
    place: Place,
) -> Option<()> {
    read_members(input, draft, group, place, false)
}

/// Reads what an object still has, to behind its closing brace: members in any order, with white space.
#[inline(always)]
fn read_members<'a>(
    input: &mut Input<'a>,
    draft: &mut Draft<'a>,
    group: Group,
    place: Place,
    with_company: bool,
) -> Option<()> {
    if place == Place::Value && input.take("}") {
        return Some(());
    }
    read_more_members(input, draft, group, place, with_company)
}

#[inline(never)]
fn read_more_members<'a>(
    input: &mut Input<'a>,
    draft: &mut Draft<'a>,
    group: Group,
    mut place: Place,
    with_company: bool,
) -> Option<()> {
    let children = group.children();
    let mut likely = 0;
    // The groups that are there as `null`, of which the draft has no trace.
    let mut absent = 0;
    loop {
        input.skip_white_space();
        if place != Place::Comma && input.take("}") {
            return Some(());
        }
        if place == Place::Value {
            if !input.take(",") {
                return None;
            }
            input.skip_white_space();
        }
        place = Place::Value;
        if with_company && input.take_name(Field::CareflexId.name()) {
            draft.set(Field::CareflexId, input.quoted()?);
            continue;
        }
        // Behind one member usually comes the next, or one of those behind it.
        let (ahead, behind) = (children.iter().skip(likely), children.iter().take(likely));
        let mut places = (likely..children.len()).chain(0..likely);
        let child = ahead.chain(behind).find(|child| {
            likely = places.next().unwrap_or_default() + 1;
            input.take_name(child.name())
        })?;
        match *child {
            Child::Field(field) => read_value(input, draft, field)?,
            Child::Group(inner) => {
                // A second one is for the slow path to complain about.
                let bit = 1_u32 << inner as u32;
                if draft.is_open(inner) || absent & bit != 0 {
                    return None;
                }
                if input.take("{") {
                    read_group(inner, input, draft)?;
                } else if input.take("null") {
                    absent |= bit;
                } else {
                    return None;
                }
            }
        }
    }
}

fn read_value<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
    if input.take("null") {
        return Some(());
    }
    if field.kind() == LeafKind::Boolean {
        if input.take("true") {
            draft.set(field, "true");
        } else if input.take("false") {
            draft.set(field, "false");
        } else {
            return None;
        }
        return Some(());
    }
    if input.take("\"") {
        set_text(input, draft, field)?;
        return Some(());
    }
    if field.is_json_number() {
        draft.set(field, input.take_number("")?);
        return Some(());
    }
    None
}

/// Reads a text from behind its opening quotation mark into the draft.
#[inline(always)]
fn set_text<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
    match input.clean_text() {
        Some(text) => draft.set(field, text),
        None => draft.set(field, input.escaped_text()?),
    }
    Some(())
}

include!(concat!(env!("OUT_DIR"), "/json_reader.rs"));
