//! Names for files: one after the other, and harmless whatever the company is called.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use careflex_core::chrono::{DateTime, Utc};
use careflex_core::{CareflexId, Clock};

use super::Extension;

/// The length of the longest beginning of a name, in bytes: whole names stay below 200.
const LONGEST_STEM: usize = 150;
/// The largest number, of six digits.
const LAST_NUMBER: u32 = 999_999;
/// The end of 9999, in milliseconds since 1970: a year has four digits.
const LAST_TIME: u64 = 253_402_300_799_999;

/// How the names of a company's files begin: `careflex-09ce3580d84bf087`. Whatever a CareFlex ID holds, the name is
/// one of a file in its folder: only `A` to `Z`, `a` to `z`, digits, `_` and `-` stay as they are; of all others the
/// bytes are written as `%2F`. A name of more than 150 bytes is cut, and gets a check sum.
///
/// Two companies have two names. CareFlex IDs that differ in upper and lower case only have names that do too: mind
/// that some systems take these for the same file.
///
/// ```
/// use careflex_csv::file_stem;
///
/// assert_eq!(file_stem(&"09ce3580d84bf087".parse()?), "careflex-09ce3580d84bf087");
/// assert_eq!(file_stem(&"../Müller".parse()?), "careflex-%2E%2E%2FM%C3%BCller");
/// # Ok::<(), careflex_core::TextError>(())
/// ```
#[must_use]
pub fn file_stem(careflex_id: &CareflexId) -> String {
    let id = careflex_id.as_str();
    let mut stem = String::from("careflex-");
    for character in id.chars() {
        push_harmless(character, &mut stem);
    }
    if stem.len() <= LONGEST_STEM {
        return stem;
    }
    // No CareFlex ID makes a `~`, so that a name that was cut is nobody else's.
    let sum = format!("~{:016x}", check_sum(id));
    let longest = LONGEST_STEM.saturating_sub(sum.len());
    let mut cut = String::from("careflex-");
    for character in id.chars() {
        let before = cut.len();
        push_harmless(character, &mut cut);
        if cut.len() > longest {
            cut.truncate(before);
            break;
        }
    }
    cut + &sum
}

fn push_harmless(character: char, out: &mut String) {
    if character.is_ascii_alphanumeric() || matches!(character, '_' | '-') {
        out.push(character);
        return;
    }
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

/// FNV-1a: not secret, only different.
fn check_sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Gives out names that sort in the order in which they are given out.
pub(super) struct Names {
    clock: Box<dyn Clock>,
    last: Mutex<Last>,
}

/// What the last name was made of.
#[derive(Default)]
struct Last {
    /// Milliseconds since 1970: a name is not used again as soon as its file was taken, by another run in the same
    /// second.
    time: u64,
    number: u32,
}

impl Names {
    pub(super) fn new(clock: impl Clock + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            last: Mutex::default(),
        }
    }

    /// The next name.
    pub(super) fn next(&self, stem: &str, extension: Extension) -> String {
        let since_1970 = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        let now = since_1970
            .ok()
            .and_then(|passed| u64::try_from(passed.as_millis()).ok())
            .unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // The clock may have been set back.
        last.time = last.time.max(now.min(LAST_TIME));
        last.number += 1;
        if last.number > LAST_NUMBER {
            // A seventh digit would sort before the sixth.
            last.time += 1;
            last.number = 1;
        }
        format!(
            "{stem}-{}-{:06}.{}",
            time_text(last.time),
            last.number,
            extension.as_str()
        )
    }
}

/// `20261120T091500250Z`, with milliseconds
fn time_text(time: u64) -> String {
    let time = i64::try_from(time).unwrap_or_default();
    let time = DateTime::<Utc>::from_timestamp_millis(time).unwrap_or_default();
    time.format("%Y%m%dT%H%M%S%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use careflex_core::ManualClock;

    use super::*;

    /// A clock that shows the times it is told to, one after the other.
    struct Told(Mutex<Vec<SystemTime>>);

    impl Clock for Told {
        fn now(&self) -> Instant {
            Instant::now()
        }

        fn wall(&self) -> SystemTime {
            self.0.lock().unwrap().pop().unwrap()
        }
    }

    fn names_at(seconds: &[i64]) -> Vec<String> {
        let time = |second: &i64| {
            let passed = Duration::from_secs(second.unsigned_abs());
            if *second < 0 {
                SystemTime::UNIX_EPOCH - passed
            } else {
                SystemTime::UNIX_EPOCH + passed
            }
        };
        let times = seconds.iter().rev().map(time).collect();
        let names = Names::new(Told(Mutex::new(times)));
        let next = |_: &i64| names.next("x", Extension::Csv);
        seconds.iter().map(next).collect()
    }

    #[test]
    fn a_name_has_company_time_and_number() {
        let clock = Arc::new(ManualClock::new());
        let names = Names::new(Arc::clone(&clock));
        assert_eq!(
            names.next("careflex-09ce", Extension::Csv),
            "careflex-09ce-20260101T000000000Z-000001.csv"
        );
        clock.advance(Duration::from_millis(86_399_007));
        assert_eq!(
            names.next("careflex-17af", Extension::Txt),
            "careflex-17af-20260101T235959007Z-000002.txt"
        );
    }

    #[test]
    fn names_sort_even_if_the_clock_is_set_back() {
        let names = names_at(&[100, 100, 50, 99, 101, -1, 101]);
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names[3], "x-19700101T000140000Z-000004.csv");
        assert_eq!(names[5], "x-19700101T000141000Z-000006.csv");
    }

    #[test]
    fn times_that_no_name_can_hold_do_no_harm() {
        assert_eq!(names_at(&[-5]), ["x-19700101T000000000Z-000001.csv"]);
        let far = i64::try_from(LAST_TIME / 1000).unwrap() + 5;
        assert_eq!(names_at(&[far]), ["x-99991231T235959999Z-000001.csv"]);
    }

    #[test]
    fn names_sort_when_the_numbers_begin_again() {
        let names = Names::new(ManualClock::new());
        names.last.lock().unwrap().number = LAST_NUMBER - 1;
        let given: Vec<_> = (0..3).map(|_| names.next("x", Extension::Csv)).collect();
        assert_eq!(
            given,
            [
                "x-20260101T000000000Z-999999.csv",
                "x-20260101T000000001Z-000001.csv",
                "x-20260101T000000001Z-000002.csv",
            ]
        );
    }

    #[test]
    fn whatever_a_company_is_called_its_name_is_one_of_a_file() {
        let ids = [
            "../../etc".to_owned(),
            "a/b".to_owned(),
            "a\\b".to_owned(),
            "c:x".to_owned(),
            "CON".to_owned(),
            "con".to_owned(),
            "~".to_owned(),
            "%2F".to_owned(),
            "ä".repeat(64),
            "ä".repeat(63),
            "💶".repeat(64),
            "a".repeat(141),
            "a".repeat(142),
            "a".repeat(5000),
            format!("{}ä", "a".repeat(5000)),
        ];
        let mut stems = BTreeSet::new();
        for id in &ids {
            let stem = file_stem(&id.parse().unwrap());
            assert!(stem.starts_with("careflex-"), "{stem}");
            let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_-%~".contains(&byte);
            assert!(stem.bytes().all(harmless), "{stem}");
            let name = Names::new(ManualClock::new()).next(&stem, Extension::Csv);
            assert!(name.len() < 200, "{name}");
            stems.insert(stem);
        }
        assert_eq!(stems.len(), ids.len(), "{stems:?}");
        assert_eq!(file_stem(&"a".repeat(141).parse().unwrap()).len(), 150);
        assert_eq!(file_stem(&"CON".parse().unwrap()), "careflex-CON");
        // Cut between characters, not inside one.
        let stem = file_stem(&"ä".repeat(64).parse().unwrap());
        let (kept, _) = stem.rsplit_once('~').unwrap();
        assert!(kept.ends_with("%C3%A4"), "{stem}");
    }
}
