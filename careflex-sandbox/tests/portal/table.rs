//! The tables of `docs/sandbox.md`.

use std::fmt::Write as _;
use std::path::Path;

use careflex_sandbox::{Booked, EffectEntry, Fault};

const BEGIN: &str = "<!-- effects: begin -->\n";
const END: &str = "<!-- effects: end -->";

/// `CAREFLEX_BLESS=1` writes the tables.
#[test]
fn the_manual_lists_the_effects_as_they_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox.md");
    let manual = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = manual.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let right = format!("{before}{BEGIN}{}{END}{after}", tables());
    if std::env::var_os("CAREFLEX_BLESS").is_some() {
        std::fs::write(&path, &right).unwrap();
        return;
    }
    assert_eq!(manual, right, "run it again with CAREFLEX_BLESS=1");
}

/// Whatever stands behind `--fault` in the manual is a fault.
#[test]
fn the_manual_shows_only_faults_that_can_be_read() {
    let manual = include_str!("../../../docs/sandbox.md");
    let mut shown = 0;
    for (place, _) in manual.match_indices("--fault ") {
        let rest = &manual[place + "--fault ".len()..];
        let text = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split('\'').next().unwrap(),
            None => rest.split([' ', '\n', '`', ')']).next().unwrap(),
        };
        let fault = text.parse::<Fault>();
        assert!(fault.is_ok(), "{text}: {fault:?}");
        shown += 1;
    }
    assert!(shown > 5);
}

fn tables() -> String {
    let mut text = String::new();
    let mut booked: Option<Booked> = None;
    for entry in EffectEntry::all() {
        if booked != Some(entry.booked) {
            booked = Some(entry.booked);
            write!(
                text,
                "\n**{}**\n\n| effect | where | meaning | example |\n| --- | --- | --- | --- |\n",
                entry.booked.title()
            )
            .unwrap();
        }
        let places: Vec<_> = entry.places.iter().map(|place| place.name()).collect();
        writeln!(
            text,
            "| `{}` | {} | {} | `{}` |",
            entry.form().replace('|', "\\|"),
            places.join(", "),
            entry.meaning.replace('|', "\\|"),
            entry.example
        )
        .unwrap();
    }
    text.push('\n');
    text
}
