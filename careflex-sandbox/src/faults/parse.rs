//! Faults in words: `EFFECT[=VALUE][@PLACE][,SETTING]...`, explained by [`fault_help`](super::fault_help).

use std::str::FromStr;

use careflex_core::nearest_name;
use thiserror::Error;

use super::table::SETTINGS;
use super::{Booked, Effect, EffectEntry, Fault, Place};

/// Which part of a fault cannot be read, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{part}: {problem}")]
pub struct FaultError {
    part: String,
    problem: String,
}

impl FaultError {
    fn new(part: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            part: part.into(),
            problem: problem.into(),
        }
    }

    /// The part as it was written; of an employee, an answer or an unknown setting only its name.
    #[must_use]
    pub fn part(&self) -> &str {
        &self.part
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = split(text, ',').into_iter();
        let effect = parts.next().unwrap_or_default();
        let (entry, mut fault) = read_effect(effect)?;
        let mut seen = Vec::new();
        for part in parts {
            let (name, value) = split_value(part);
            if seen.contains(&name) {
                return Err(FaultError::new(name, "it stands twice"));
            }
            seen.push(name);
            fault = read_setting(fault, entry, name, value.as_deref())?;
        }
        if seen.contains(&"times") && seen.contains(&"always") {
            return Err(FaultError::new(
                "always",
                "times says when it ends; leave one of them out",
            ));
        }
        Ok(fault)
    }
}

/// `EFFECT[=VALUE][@PLACE]`
fn read_effect(text: &str) -> Result<(&'static EffectEntry, Fault), FaultError> {
    let (text, place) = match split(text, '@')[..] {
        [effect, place] => (effect, Some(place)),
        [effect] => (effect, None),
        _ => {
            return Err(FaultError::new(
                split_value(text).0,
                r"there is one place at most; write \@ for an @ in a value",
            ));
        }
    };
    let (name, value) = split_value(text);
    let entry = EffectEntry::all()
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let names = EffectEntry::all().iter().map(|entry| entry.name);
            unknown(name, "effect", names)
        })?;
    let wrong = || {
        let problem = match entry.value {
            "" => format!("{name} takes no value"),
            _ => format!(
                "write {} ({}), for example {}",
                entry.form(),
                entry.meaning,
                entry.example
            ),
        };
        // An answer of one's own may hold a token.
        FaultError::new(if name == "answer" { name } else { text }, problem)
    };
    let value_fits = match (&value, entry.value) {
        (Some(_), "") => false,
        (Some(value), _) => !value.is_empty(),
        (None, form) => form.is_empty() || form.starts_with('['),
    };
    if !value_fits {
        return Err(wrong());
    }
    let effect = (entry.read)(&value.unwrap_or_default()).ok_or_else(wrong)?;
    let mut fault = Fault::new(effect).at(entry.default_place());
    if let Some(place) = place {
        fault = fault.at(read_place(place, entry)?);
    }
    Ok((entry, fault))
}

fn read_place(name: &str, entry: &EffectEntry) -> Result<Place, FaultError> {
    let part = format!("@{name}");
    let place = Place::ALL
        .into_iter()
        .find(|place| place.name() == name)
        .ok_or_else(|| unknown(&part, "place", Place::ALL.map(Place::name)))?;
    if entry.places.contains(&place) {
        return Ok(place);
    }
    let problem = format!(
        "{} means nothing there, only at {}",
        entry.name,
        entry.places_in_words()
    );
    Err(FaultError::new(part, problem))
}

fn read_setting(
    mut fault: Fault,
    entry: &EffectEntry,
    name: &str,
    value: Option<&str>,
) -> Result<Fault, FaultError> {
    let part = match value {
        Some(value) if name != "employee" => format!("{name}={value}"),
        _ => name.to_owned(),
    };
    let wrong = |problem: String| Err(FaultError::new(part.clone(), problem));
    let number = |least: usize| {
        let number = value.and_then(|value| value.parse().ok());
        number.filter(|number| *number >= least).ok_or_else(|| {
            let problem = format!("it must be a number from {least} on, for example {name}=3");
            FaultError::new(part.clone(), problem)
        })
    };
    match name {
        "after" => return Ok(fault.after(number(0)?)),
        "every" => return Ok(fault.every(number(1)?)),
        "times" => return Ok(fault.times(number(1)?)),
        "always" | "booked" if value.is_some() => {
            return wrong(format!("{name} takes no value"));
        }
        "always" => return Ok(fault.always()),
        "booked" if entry.booked == Booked::OnDemand => return Ok(fault.booked()),
        "booked" => {
            let instead = match entry.booked {
                Booked::Always => "is booked anyway",
                Booked::Later => "leaves that to the faults behind it",
                _ => "is never booked",
            };
            return wrong(format!("{} {instead}", entry.name));
        }
        "employee" if entry.booked == Booked::NeverRead || fault.place != Place::New => {
            return wrong(
                "only reports hold employees, and only once they are read; it means nothing here"
                    .to_owned(),
            );
        }
        "employee" => {
            return match value.unwrap_or_default().parse() {
                Ok(employee) => Ok(fault.of_employee(employee)),
                Err(error) => wrong(format!("{error}; for example employee=4711")),
            };
        }
        "seed" => {}
        _ => {
            let names = SETTINGS.iter().map(|setting| setting.name);
            return Err(unknown(name, "setting", names));
        }
    }
    match &mut fault.effect {
        Effect::RandomLatency { seed, .. } => {
            *seed = u64::try_from(number(0)?).unwrap_or(u64::MAX);
            fault.chance.seed(*seed);
            Ok(fault)
        }
        _ => wrong("it means something only with latency=FROM..TO".to_owned()),
    }
}

/// That there is no such thing, and what may have been meant.
fn unknown(part: &str, thing: &str, names: impl IntoIterator<Item = &'static str>) -> FaultError {
    let names: Vec<_> = names.into_iter().collect();
    let hint = match nearest_name(part.trim_start_matches('@'), names.iter().copied()) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => format!("there are {}", names.join(", ")),
    };
    FaultError::new(part, format!("there is no such {thing}; {hint}"))
}

/// Splits at a character, not where a backslash stands in front of it.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut is_escaped = false;
    text.split(|c: char| {
        let is_end = c == at && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })
    .collect()
}

/// `NAME[=VALUE]`, the value without its backslashes.
fn split_value(text: &str) -> (&str, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name, Some(unescape(value))),
        None => (text, None),
    }
}

/// Takes the character behind a backslash as it is. A backslash in front of any other than a comma, an @
/// or a backslash is itself: JSON has such ones.
fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = rest.next_if(|next| c == '\\' && matches!(next, ',' | '@' | '\\'));
        plain.push(escaped.unwrap_or(c));
    }
    plain
}

#[cfg(test)]
mod tests;
