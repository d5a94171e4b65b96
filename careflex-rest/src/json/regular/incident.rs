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
    input.skip_white_space();
    let begin = input.length();
    // First in the order in which we write it.
    if input.take("\"externalId\":") {
        set_text(input, draft, Field::ExternalId)?;
        if !input.take_comma() {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"type\":") {
        set_text(input, draft, Field::Type)?;
        if !input.take_comma() {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"employeeId\":") {
        set_text(input, draft, Field::EmployeeId)?;
        if !input.take_comma() {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"createdAt\":") {
        set_text(input, draft, Field::CreatedAt)?;
        if !input.take_comma() {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take("\"validFrom\":") {
        set_text(input, draft, Field::ValidFrom)?;
        if !input.take_comma() {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
    }
    if input.take_object("\"employee\":") {
        read_employee(input, draft)?;
        if !input.take_comma() {
            return read_members(input, draft, Group::Incident, Place::Value, with_company);
        }
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
            set_text(input, draft, Field::CareflexId)?;
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
            Child::Field(field) if field.kind() == LeafKind::Boolean => {
                set_truth(input, draft, field)?;
            }
            Child::Field(field) if field.is_json_number() => {
                set_text_or_number(input, draft, field)?;
            }
            Child::Field(field) => set_text(input, draft, field)?,
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

/// Reads a value that is a text, as nearly all are.
#[inline(always)]
fn set_text<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
    input.skip_white_space();
    if !input.take("\"") {
        return set_nothing(input);
    }
    match input.clean_text() {
        Some(text) => draft.set_piece(field, text),
        None => draft.set(field, input.escaped_text()?),
    }
    Some(())
}

#[inline(always)]
fn set_text_or_number<'a>(
    input: &mut Input<'a>,
    draft: &mut Draft<'a>,
    field: Field,
) -> Option<()> {
    input.skip_white_space();
    match input.take_number() {
        Some(number) => draft.set(field, number),
        None => set_text(input, draft, field)?,
    }
    Some(())
}

#[inline(always)]
fn set_truth<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
    input.skip_white_space();
    if input.take("true") {
        draft.set(field, "true");
    } else if input.take("false") {
        draft.set(field, "false");
    } else {
        return set_nothing(input);
    }
    Some(())
}

/// `null` is read as absent.
#[cold]
fn set_nothing(input: &mut Input<'_>) -> Option<()> {
    input.take("null").then_some(())
}

include!(concat!(env!("OUT_DIR"), "/json_reader.rs"));
