//! What must hold of the columns of a layout.

use std::collections::BTreeMap;

use careflex_core::{Child, Field, Group, LeafKind, Text, TextError, parse_date};

use super::Column;
use super::error::shown;

/// The longest name of a column, in characters.
const LONGEST_NAME: usize = 255;

/// What is wrong with columns, by their places. Trims names and constants, as cells are trimmed.
pub(super) fn columns(columns: &mut [Column]) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    let mut fields = Vec::new();
    let mut names = BTreeMap::new();
    for (index, column) in columns.iter_mut().enumerate() {
        trim(column);
        let column = &*column;
        let mut problem = |message| problems.push((index, message));
        if let Some(reason) = column.name().and_then(name_problem) {
            problem(reason.to_owned());
        }
        if let Some(field) = column.field() {
            if fields.contains(&field) {
                problem(format!(
                    "{} is named twice: a field has one column or one constant",
                    field.name()
                ));
            } else {
                fields.push(field);
            }
        }
        if let Some(name) = column.name() {
            let feeds = matches!(column, Column::Field(_));
            // One column may feed two fields. It cannot be read and not be read.
            if let Some(fed) = names.insert(name, feeds)
                && !(fed && feeds)
            {
                problem(format!("the column {} is named twice", shown(name)));
            }
        }
        match column {
            Column::Field(column) => column.problems().into_iter().for_each(&mut problem),
            Column::Constant { field, value } => {
                if value.is_empty() {
                    problem(format!("the constant of {} is empty", field.name()));
                } else if let Some(reason) = value_problem(*field, value) {
                    problem(format!("the constant of {} {reason}", field.name()));
                }
            }
            Column::Text { value, .. } => {
                if let Err(error) = Text::optional(value) {
                    problem(format!("the constant {error}"));
                }
            }
            Column::LeftOut { field } if is_required(*field) => problem(format!(
                "{} is required: it cannot be left out",
                field.name()
            )),
            Column::LeftOut { .. } | Column::Ignored { .. } => {}
        }
    }
    problems
}

/// The required fields for which there is neither a column nor a constant.
pub(super) fn missing(columns: &[Column]) -> Option<String> {
    let has = |field| {
        columns.iter().any(|column| {
            column.field() == Some(field) && !matches!(column, Column::LeftOut { .. })
        })
    };
    let missing: Vec<_> = required_fields()
        .filter(|field| !has(*field))
        .map(Field::name)
        .collect();
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "no column and no constant for {}: no incident is without",
        missing.join(", ")
    ))
}

/// The fields without which there is no incident, whatever its type.
pub(super) fn required_fields() -> impl Iterator<Item = Field> {
    let children = Group::Incident.children().iter();
    children.filter_map(|child| match child {
        Child::Field(field) if field.is_required() => Some(*field),
        _ => None,
    })
}

fn is_required(field: Field) -> bool {
    required_fields().any(|required| required == field)
}

/// Why columns can only be read.
pub(super) fn unwritable(columns: &[Column]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut names = Vec::new();
    for column in columns {
        let name = match column {
            Column::Field(column) => column.name(),
            Column::Text { name, .. } => name,
            _ => continue,
        };
        names.push(name);
        if let Column::Field(column) = column
            && column.is_ambiguous()
        {
            problems.push(format!(
                "column {}: two of its values mean the same, so that it is open which one is to be written",
                shown(name)
            ));
        }
    }
    names.sort_unstable();
    let twice = names.windows(2).filter_map(|pair| match pair {
        [one, other] if one == other => Some(*one),
        _ => None,
    });
    let mut twice: Vec<_> = twice.collect();
    twice.dedup();
    problems.extend(twice.into_iter().map(|name| {
        format!(
            "column {}: it feeds two fields, so that it can be read but not written",
            shown(name)
        )
    }));
    problems
}

/// What is wrong with the name of a column, which is trimmed.
pub(super) fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("the name of a column is empty")
    } else if name.chars().count() > LONGEST_NAME {
        Some("the name of a column is longer than 255 characters")
    } else if name.contains(char::is_control) {
        Some("the name of a column holds a line break, a tab or another control character")
    } else {
        None
    }
}

/// Why a text can be no value of a field, without the text. What [`Rules`](careflex_core::Rules) can relax is
/// left to them.
pub(super) fn value_problem(field: Field, value: &str) -> Option<String> {
    match Text::new(value) {
        Ok(_) => {}
        Err(TextError::Empty) => return Some("is empty".to_owned()),
        Err(error) => return Some(error.to_string()),
    }
    match field.kind() {
        LeafKind::Date => parse_date(value).err().map(|error| error.to_string()),
        LeafKind::Boolean if !matches!(value, "true" | "false") => {
            Some("must be \"true\" or \"false\"".to_owned())
        }
        LeafKind::Code if !field.limit().codes.contains(&value) => {
            Some(format!("must be one of {}", field.limit().codes.join(", ")))
        }
        _ => None,
    }
}

fn trim(column: &mut Column) {
    let trim = |text: &mut String| {
        if text.trim().len() < text.len() {
            *text = text.trim().to_owned();
        }
    };
    match column {
        Column::Field(column) => trim(column.name_mut()),
        Column::Constant { value, .. } => trim(value),
        Column::Text { name, value } => {
            trim(name);
            trim(value);
        }
        Column::Ignored { name } => trim(name),
        Column::LeftOut { .. } => {}
    }
}
