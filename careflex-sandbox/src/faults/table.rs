//! Faults in words: the form of the table of effects, and the help, which is made of it.

use super::entries::EFFECTS;
use super::{Effect, Place};

/// One effect in words, as `--fault` and [`str::parse`] take it. [`Effect::Hold`] has none: its gate is in
/// the hands of a test.
///
/// ```
/// use careflex_sandbox::{EffectEntry, Fault};
///
/// for entry in EffectEntry::all() {
///     println!("{}: {}", entry.name, entry.meaning);
///     let example: Fault = entry.example.parse()?;
/// }
/// # Ok::<(), careflex_sandbox::FaultError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct EffectEntry {
    /// Its name.
    pub name: &'static str,
    /// The value behind `=`; in brackets if it may be left out, empty if there is none.
    pub value: &'static str,
    /// Where it means something.
    pub places: &'static [Place],
    /// Whether the request that it strikes is booked.
    pub booked: Booked,
    /// What it does, and what its value means.
    pub meaning: &'static str,
    /// A whole fault.
    pub example: &'static str,
    /// Makes the effect of the value; `None` if that is no such value.
    pub(super) read: fn(&str) -> Option<Effect>,
}

/// Whether an effect books the request that it strikes: writes it into the [`Ledger`](crate::Ledger), or
/// issues the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Booked {
    /// Never; and the fault strikes before the body is read.
    NeverRead,
    /// The faults behind it decide: it only delays.
    Later,
    /// Never.
    Never,
    /// Only if the fault says [`Fault::booked`](crate::Fault::booked).
    OnDemand,
    /// Always.
    Always,
}

impl Booked {
    const ALL: [Self; 5] = [
        Self::NeverRead,
        Self::Later,
        Self::Never,
        Self::OnDemand,
        Self::Always,
    ];

    /// The same, as a title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NeverRead => "Before the body is read; nothing is booked",
            Self::Later => "Delays; then the request goes on to the faults behind",
            Self::Never => "Refusals; nothing is booked",
            Self::OnDemand => "Other answers; nothing is booked, unless with ,booked",
            Self::Always => "Booked, but",
        }
    }
}

/// A setting behind the effect.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// The value behind `=`; empty if there is none.
    pub(super) value: &'static str,
    pub(super) meaning: &'static str,
}

impl EffectEntry {
    /// All effects that have a name, in the order of [`Booked`].
    #[must_use]
    pub fn all() -> &'static [Self] {
        EFFECTS
    }

    /// The name with its value, for example `status=CODE` or `busy[=WHEN]`.
    #[must_use]
    pub fn form(&self) -> String {
        let (name, value) = (self.name, self.value);
        match value.strip_prefix('[') {
            Some(optional) => format!("{name}[={optional}"),
            None if value.is_empty() => name.to_owned(),
            None => format!("{name}={value}"),
        }
    }

    /// The place of a fault that names none.
    pub(super) fn default_place(&self) -> Place {
        let is_new = |place: &&Place| **place == Place::New;
        let place = self.places.iter().find(is_new).or(self.places.first());
        place.copied().unwrap_or(Place::New)
    }

    /// How a sentence names the places.
    pub(super) fn places_in_words(&self) -> String {
        let names: Vec<_> = self.places.iter().map(|place| place.name()).collect();
        names.join(" and ")
    }
}

/// How faults are written, with the tables of effects and settings: the text of `careflex sandbox --help`,
/// in lines of at most 100 characters.
#[must_use]
pub fn fault_help() -> String {
    let mut text = "\
Faults: EFFECT[=VALUE][@PLACE][,SETTING]...
  PLACE is token, new or none: requests for an access token, reports (unless said otherwise) and
  empty reports, over REST and SOAP. A fault strikes the next request there that the portal would
  take. A backslash in front of a comma, an @ or a backslash takes it as it is.

Settings:
"
    .to_owned();
    for setting in SETTINGS {
        let form = match setting.value {
            "" => setting.name.to_owned(),
            value => format!("{}={value}", setting.name),
        };
        push_line(&mut text, &form, setting.meaning);
    }
    for booked in Booked::ALL {
        text.push_str(&format!("\n{}:\n", booked.title()));
        for entry in EFFECTS.iter().filter(|entry| entry.booked == booked) {
            let mut meaning = entry.meaning.to_owned();
            if entry.places.len() < Place::ALL.len() {
                meaning.push_str(&format!(" ({} only)", entry.places_in_words()));
            }
            push_line(&mut text, &entry.form(), &meaning);
        }
    }
    text.push_str("\nExamples:");
    for example in EXAMPLES {
        text.push_str(&format!("\n  careflex sandbox --fault {example}"));
    }
    text
}

/// Adds a line of two columns; what is too long goes on below.
fn push_line(text: &mut String, left: &str, right: &str) {
    const LEFT: usize = 28;
    const RIGHT: usize = 68;
    text.push_str(&format!("  {left:LEFT$}"));
    let mut length = 0;
    for word in right.split(' ') {
        if length + 1 + word.len() > RIGHT {
            text.push_str(&format!("\n  {:LEFT$}", ""));
            length = 0;
        }
        text.push(' ');
        text.push_str(word);
        length += 1 + word.len();
    }
    text.push('\n');
}

const EXAMPLES: &[&str] = &[
    "status=500,after=2,times=3",
    "latency=5ms..200ms@token,always --fault html@token",
    "cut-after-booking,employee=4711",
    "forget-tokens,every=20,always",
];

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "after",
        value: "N",
        meaning: "leaves the next N requests alone",
    },
    Setting {
        name: "every",
        value: "N",
        meaning: "strikes each N-th request",
    },
    Setting {
        name: "times",
        value: "N",
        meaning: "strikes N requests instead of one",
    },
    Setting {
        name: "always",
        value: "",
        meaning: "strikes without end",
    },
    Setting {
        name: "booked",
        value: "",
        meaning: "books before it answers otherwise",
    },
    Setting {
        name: "employee",
        value: "ID",
        meaning: "strikes only reports with an incident of this employee",
    },
    Setting {
        name: "seed",
        value: "N",
        meaning: "with latency=FROM..TO: other delays, the same in each run",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Fault;

    #[test]
    fn each_example_is_a_fault_with_its_effect() {
        for entry in EFFECTS {
            let fault: Fault = entry.example.parse().unwrap();
            assert!(entry.example.starts_with(entry.name));
            assert!(entry.places.contains(&fault.place), "{}", entry.name);
            assert_eq!(
                fault.effect.strikes_unread(),
                entry.booked == Booked::NeverRead,
                "{}",
                entry.name
            );
            assert_eq!(fault.effect.only_delays(), entry.booked == Booked::Later);
            // Without a place, reading and `Fault::new` mean the same one.
            let default = Fault::new(fault.effect).place;
            assert_eq!(entry.default_place(), default, "{}", entry.name);
        }
        for example in EXAMPLES {
            for fault in example.split(" --fault ") {
                assert!(fault.parse::<Fault>().is_ok(), "{fault}");
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = EFFECTS.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), EFFECTS.len());
    }

    #[test]
    fn the_help_names_all_effects_in_lines_that_fit() {
        let help = fault_help();
        for entry in EFFECTS {
            assert!(help.contains(&format!("\n  {} ", entry.form())));
        }
        assert!(help.lines().all(|line| line.chars().count() <= 100));
    }
}
