//! A person who looks into the portal, and says what was booked.

use std::collections::{BTreeMap, HashSet};

use crate::chance::Chance;
use crate::common::{Ran, run};
use crate::ground::Ground;
use crate::population::Name;
use crate::truth::name_of_booking;

/// What the person found.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) batches: u64,
    pub(crate) booked: u64,
    pub(crate) not_booked: u64,
}

/// The incidents of a batch that are in doubt: their numbers, those that are booked apart.
#[derive(Default)]
struct Doubts {
    booked: Vec<String>,
    not_booked: Vec<String>,
}

/// Resolves what is in doubt: all of it, or only some batches. The portal has to be quiet, as a person has to wait
/// until it has finished before saying that something was not booked.
pub(crate) fn resolve(ground: &Ground, all: bool, chance: &mut Chance) -> Resolved {
    let mut resolved = Resolved::default();
    if !ground.store.exists() {
        return resolved;
    }
    for (batch, doubts) in doubts(ground) {
        if !all && chance.one_in(2) {
            continue;
        }
        resolved.batches += 1;
        resolved.booked += doubts.booked.len() as u64;
        resolved.not_booked += doubts.not_booked.len() as u64;
        // Where all of a batch is the same, its number is enough.
        let is_mixed = !doubts.booked.is_empty() && !doubts.not_booked.is_empty();
        let one_by_one = is_mixed || chance.one_in(2);
        say(ground, batch, "--booked", &doubts.booked, one_by_one);
        say(
            ground,
            batch,
            "--not-booked",
            &doubts.not_booked,
            one_by_one,
        );
    }
    resolved
}

/// The batches with incidents in doubt, as the command lists them.
fn doubts(ground: &Ground) -> BTreeMap<i64, Doubts> {
    let ledger = ground.world.sandbox.ledger();
    let booked: HashSet<Name> = ledger.bookings.iter().map(name_of_booking).collect();
    let listed = outbox(ground, &["list", "--state", "in-doubt", "--limit", "0"]);
    let mut batches: BTreeMap<i64, Doubts> = BTreeMap::new();
    for incident in listed.events("incident") {
        let doubts = batches.entry(incident["batch"].as_i64().unwrap());
        let doubts = doubts.or_default();
        let name = ["careflexId", "employeeId", "type"]
            .map(|member| incident[member].as_str().unwrap().to_owned());
        let numbers = match booked.contains(&name) {
            true => &mut doubts.booked,
            false => &mut doubts.not_booked,
        };
        numbers.push(incident["number"].to_string());
    }
    batches
}

fn say(ground: &Ground, batch: i64, what: &str, incidents: &[String], one_by_one: bool) {
    if incidents.is_empty() {
        return;
    }
    let batch = batch.to_string();
    let mut arguments = vec!["resolve", &batch, what];
    if one_by_one {
        let each = incidents.iter().map(String::as_str);
        arguments.extend(each.flat_map(|number| ["--incident", number]));
    }
    let ran = outbox(ground, &arguments);
    let resolved = &ran.events("resolved")[0]["incidents"];
    assert_eq!(*resolved, incidents.len(), "{ran:?}");
}

/// `careflex outbox` with these arguments.
pub(crate) fn outbox(ground: &Ground, arguments: &[&str]) -> Ran {
    let mut command = ground.world.command();
    command
        .arg("outbox")
        .args(arguments)
        .args(["--json", "--store", &ground.address()]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran
}
