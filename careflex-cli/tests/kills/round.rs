//! One round: a command that is killed and started again, until everything is done.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use careflex::outbox::State;

use crate::aim::{Aim, Typical, log_size};
use crate::chance::Chance;
use crate::driver::Driver;
use crate::ground::{Ground, Look};
use crate::person;
use crate::tally::Tally;
use crate::truth;

/// Most kills of a round.
const KILLS: usize = 7;
/// How often a command may have to be run again until everything is done. Each time a person has resolved all
/// doubts, so that only a fault can bring new ones.
const LAST_RUNS: usize = 10;
/// How often to look whether it is time to kill.
const LOOK: Duration = Duration::from_micros(200);

/// Runs a command undisturbed, to learn what that is like.
pub(crate) fn typical(driver: &mut dyn Driver, chance: &mut Chance) -> Typical {
    let ground = Ground::new(chance);
    driver.prepare(&ground, chance);
    let begin = Instant::now();
    let log = std::thread::scope(|scope| {
        let ran = scope.spawn(|| driver.finish(&ground));
        let mut log = 0;
        while !ran.is_finished() {
            log = log_size(&ground.log()).max(log);
            std::thread::sleep(LOOK);
        }
        ran.join().unwrap();
        log
    });
    Typical {
        time: begin.elapsed(),
        log: log.max(1),
    }
}

/// Kills a command up to so many times, then lets it finish.
pub(crate) fn run(
    driver: &mut dyn Driver,
    typical: Typical,
    most: u64,
    chance: &mut Chance,
) -> Tally {
    let ground = Ground::new(chance);
    ground.plan_trouble(chance);
    let mut tally = Tally::of_round(ground.population.lines.len() as u64);
    driver.prepare(&ground, chance);
    let mut look = check(driver, &ground, None);
    for _ in 0..chance.between(1, KILLS) {
        if tally.kills() == most {
            break;
        }
        let aim = Aim::new(typical, left(&ground, &look), chance);
        let is_killed = kill(driver, &ground, aim, typical, chance);
        let before = look;
        look = check(driver, &ground, Some(&before));
        if is_killed {
            tally.count_kill(&before, &look);
        } else {
            tally.ended_before += 1;
        }
        // Else the next one begins at once, while the portal may be busy with what this one has sent.
        if chance.one_in(2) {
            ground.wait_until_quiet();
            look = check(driver, &ground, Some(&look));
            if chance.one_in(2) {
                tally.add_resolved(&person::resolve(&ground, false, chance));
                look = check(driver, &ground, None);
            }
        }
        if is_done(&ground, &look) && chance.one_in(2) {
            break;
        }
    }
    finish(driver, &ground, &mut tally, chance);
    tally
}

/// How many of all incidents are still to be sent, as far as nobody has to look first.
fn left(ground: &Ground, look: &Look) -> [usize; 2] {
    let all = ground.population.lines.len();
    let count = |state| usize::try_from(look.status.count(state)).unwrap();
    let gone = count(State::Accepted) + count(State::Sending) + count(State::InDoubt);
    [all - gone, all]
}

/// Starts it, and kills it at a moment. `false`: it has ended before.
fn kill(
    driver: &mut dyn Driver,
    ground: &Ground,
    aim: Aim,
    typical: Typical,
    chance: &mut Chance,
) -> bool {
    let mut command = driver.command(ground);
    let said = ground.world.folder.path().join("said.txt");
    talk_to_file(&mut command, &said);
    let mut aiming = aim.begin(&ground.world.sandbox, typical);
    let mut child = command.spawn().unwrap();
    let log = ground.log();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            // Done, or something waits for a person.
            let is_fine = matches!(status.code(), Some(0 | 3 | 4));
            let said = || std::fs::read_to_string(&said).unwrap();
            assert!(is_fine, "it ended with {status}: {}", said());
            return false;
        }
        if aiming.is_reached(&ground.world.sandbox, &log) {
            // On Unix that is kill -9. Should it have ended this very moment, that is as good.
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        driver.meanwhile(ground, chance);
        std::thread::sleep(LOOK);
    }
}

/// Nobody reads a pipe here, in which the command would get stuck.
fn talk_to_file(command: &mut Command, path: &std::path::Path) {
    let file = File::create(path).unwrap();
    command.stdout(Stdio::null()).stderr(file);
}

/// Resolves, and runs it undisturbed, until everything is done.
fn finish(driver: &mut dyn Driver, ground: &Ground, tally: &mut Tally, chance: &mut Chance) {
    for _ in 0..LAST_RUNS {
        ground.wait_until_quiet();
        tally.add_resolved(&person::resolve(ground, true, chance));
        let resolved = check(driver, ground, None);
        let ran = driver.finish(ground);
        assert!(matches!(ran.code, 0 | 3 | 4), "{ran:?}");
        ground.wait_until_quiet();
        let look = check(driver, ground, Some(&resolved));
        if !is_done(ground, &look) {
            assert_ne!(ran.code, 0, "it says that all is done: {ran:?}");
            continue;
        }
        // With doubts it has to be run again until it says the same.
        if ran.code == 0 {
            driver.check_end(ground, &ran);
            check_list(ground, &look);
            return;
        }
    }
    panic!("it never ends");
}

/// Checks all that must hold while the command is dead, and what must not have changed since an earlier look, if no
/// person has decided anything in between.
fn check(driver: &dyn Driver, ground: &Ground, earlier: Option<&Look>) -> Look {
    let look = ground.look();
    let ledger = ground.world.sandbox.ledger();
    let incidents = look.records.len();
    assert!(driver.may_hold(ground, incidents), "it holds {incidents}");
    truth::check(ground, &look, &ledger);
    if is_done(ground, &look) {
        truth::check_end(ground, &look, &ledger);
    }
    if let Some(earlier) = earlier {
        truth::check_progress(earlier, &look);
    }
    look
}

fn is_done(ground: &Ground, look: &Look) -> bool {
    look.status.count(State::Accepted) == ground.population.lines.len() as u64
}

/// The command sees the same in the outbox itself.
fn check_list(ground: &Ground, look: &Look) {
    let listed = person::outbox(ground, &["list", "--limit", "0"]).events("incident");
    assert_eq!(listed.len(), look.records.len());
    assert!(
        listed
            .iter()
            .all(|incident| incident["state"] == "accepted")
    );
}
