//! Forms of days.

use std::fmt;
use std::str::FromStr;

use careflex_core::{DateError, NaiveDate, chrono::Datelike as _};

use super::error::LayoutError;

/// No form of a day is longer.
const LONGEST: usize = 40;
/// What a form should look like.
const RIGHT: &str = "for example DD.MM.YYYY or YYYY-MM-DD";

/// A form of days, for example `DD.MM.YYYY`. It is the only one that is then accepted: which of two numbers is the
/// month is never guessed.
///
/// It is made of `YYYY`, `MM` and `DD` (exactly so many digits) or `M` and `D` (one or two digits), each once;
/// anything else stands for itself. The German letters (`TT.MM.JJJJ`) are taken too.
///
/// ```
/// use careflex_csv::DateForm;
///
/// for form in ["DD.MM.YYYY", "D.M.YYYY", "YYYYMMDD", "YYYY-MM-DD 00:00:00", "DD/MM/YYYY"] {
///     assert_eq!(form.parse::<DateForm>()?.to_string(), form);
/// }
/// assert_eq!("TT.MM.JJJJ".parse::<DateForm>()?.to_string(), "DD.MM.YYYY");
/// // Two digits leave the century open.
/// assert!("DD.MM.YY".parse::<DateForm>().is_err());
/// // 1112020 could be two days.
/// assert!("DMYYYY".parse::<DateForm>().is_err());
/// # Ok::<(), careflex_csv::LayoutError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateForm(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Year,
    Month { is_padded: bool },
    Day { is_padded: bool },
    Literal(String),
}

impl DateForm {
    pub(crate) fn read(&self, text: &str) -> Result<NaiveDate, DateError> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let mut rest = text;
        for part in &self.0 {
            rest = match part {
                Part::Literal(literal) => rest
                    .strip_prefix(literal.as_str())
                    .ok_or(DateError::Format)?,
                Part::Year => number(rest, 4, 4, &mut year)?,
                Part::Month { is_padded } => number(rest, least(*is_padded), 2, &mut month)?,
                Part::Day { is_padded } => number(rest, least(*is_padded), 2, &mut day)?,
            };
        }
        if !rest.is_empty() {
            return Err(DateError::Format);
        }
        i32::try_from(year)
            .ok()
            .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
            .ok_or(DateError::NoSuchDay)
    }

    /// Writes a day; `None` for years that four digits cannot hold.
    pub(super) fn write(&self, date: NaiveDate) -> Option<String> {
        if !(0..=9999).contains(&date.year()) {
            return None;
        }
        let mut text = String::with_capacity(LONGEST);
        for part in &self.0 {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Year => text.push_str(&format!("{:04}", date.year())),
                Part::Month { is_padded } => text.push_str(&two(*is_padded, date.month())),
                Part::Day { is_padded } => text.push_str(&two(*is_padded, date.day())),
            }
        }
        Some(text)
    }
}

fn least(is_padded: bool) -> usize {
    if is_padded { 2 } else { 1 }
}

fn two(is_padded: bool, number: u32) -> String {
    if is_padded {
        format!("{number:02}")
    } else {
        number.to_string()
    }
}

/// Reads a number of so many digits, and yields what stands behind it.
fn number<'a>(
    text: &'a str,
    least: usize,
    most: usize,
    number: &mut u32,
) -> Result<&'a str, DateError> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit);
    let count = digits.clone().count();
    if count < least {
        return Err(DateError::Format);
    }
    *number = digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    text.get(count..).ok_or(DateError::Format)
}

impl FromStr for DateForm {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        parse(text.trim())
            .map(Self)
            .map_err(|message| LayoutError::new(None, message))
    }
}

fn parse(text: &str) -> Result<Vec<Part>, String> {
    if text.chars().count() > LONGEST || text.contains(char::is_control) {
        return Err(format!("is no form of a day: {RIGHT}"));
    }
    // With a D for the day, a T can only be the one between day and time.
    let year = if text.contains('Y') { 'Y' } else { 'J' };
    let day = if text.contains('D') { 'D' } else { 'T' };
    let mut parts: Vec<Part> = Vec::new();
    for (letter, count) in runs(text) {
        let part = match (letter, count) {
            _ if letter == year => match count {
                4 => Part::Year,
                2 => {
                    return Err(format!(
                        "two digits leave the century open: the year must be YYYY, {RIGHT}"
                    ));
                }
                _ => return Err(format!("the year must be YYYY, {RIGHT}")),
            },
            ('M', 1 | 2) => Part::Month {
                is_padded: count == 2,
            },
            ('M', _) => {
                return Err(format!(
                    "names of months cannot be read: the month must be MM or M, {RIGHT}"
                ));
            }
            _ if letter == day && count <= 2 => Part::Day {
                is_padded: count == 2,
            },
            _ if letter == day => return Err(format!("the day must be DD or D, {RIGHT}")),
            // Nobody means that: it would stand for itself, and no value would ever fit.
            ('y' | 'j' | 'J' | 'm' | 'd' | 't' | 'T' | 'h' | 'H' | 's' | 'S', 2..) => {
                return Err("year, month and day are written in capital letters, and a time as it stands in the file: for example YYYY-MM-DD 00:00:00".to_owned());
            }
            _ => {
                let literal = letter.to_string().repeat(count);
                match parts.last_mut() {
                    Some(Part::Literal(before)) => before.push_str(&literal),
                    _ => parts.push(Part::Literal(literal)),
                }
                continue;
            }
        };
        parts.push(part);
    }
    check(parts)
}

fn check(parts: Vec<Part>) -> Result<Vec<Part>, String> {
    let count = |is: fn(&Part) -> bool| parts.iter().filter(|part| is(part)).count();
    let counts = [
        count(|part| matches!(part, Part::Year)),
        count(|part| matches!(part, Part::Month { .. })),
        count(|part| matches!(part, Part::Day { .. })),
    ];
    if counts != [1, 1, 1] {
        return Err(format!(
            "a form of a day has the year (YYYY), the month (MM or M) and the day (DD or D), each once: {RIGHT}"
        ));
    }
    let is_open = |part: &Part| {
        matches!(
            part,
            Part::Month { is_padded: false } | Part::Day { is_padded: false }
        )
    };
    let ends = |part: &Part| match part {
        Part::Literal(literal) => !literal.starts_with(|first: char| first.is_ascii_digit()),
        _ => false,
    };
    if parts
        .windows(2)
        .any(|pair| matches!(pair, [one, next] if is_open(one) && !ends(next)))
    {
        return Err(format!(
            "behind M or D, which have one or two digits, must stand something other than a digit: {RIGHT}"
        ));
    }
    Ok(parts)
}

/// Each letter, and how often it stands there in a row.
fn runs(text: &str) -> Vec<(char, usize)> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for letter in text.chars() {
        match runs.last_mut() {
            Some((last, count)) if *last == letter => *count += 1,
            _ => runs.push((letter, 1)),
        }
    }
    runs
}

impl fmt::Display for DateForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Year => f.write_str("YYYY"),
            Part::Month { is_padded: true } => f.write_str("MM"),
            Part::Month { is_padded: false } => f.write_str("M"),
            Part::Day { is_padded: true } => f.write_str("DD"),
            Part::Day { is_padded: false } => f.write_str("D"),
            Part::Literal(literal) => f.write_str(literal),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMS: [&str; 12] = [
        "DD.MM.YYYY",
        "D.M.YYYY",
        "YYYYMMDD",
        "DDMMYYYY",
        "YYYY-MM-DD",
        "YYYY-MM-DD 00:00:00",
        "YYYY-MM-DDT00:00:00Z",
        "DD/MM/YYYY",
        "M/D/YYYY",
        "YYYYM/D",
        "YYYY. D. M",
        "am D.M.YYYY, 0 Uhr",
    ];

    fn form(text: &str) -> DateForm {
        text.parse().unwrap()
    }

    #[test]
    fn german_letters_are_the_same_form() {
        assert_eq!(form("TT.MM.JJJJ"), form(" DD.MM.YYYY "));
        assert_eq!(form("T.M.YYYY"), form("D.M.JJJJ"));
    }

    #[test]
    fn exactly_one_form_is_taken() {
        let padded = form("DD.MM.YYYY");
        let open = form("D.M.YYYY");
        let stamp = form("YYYY-MM-DDT00:00:00");
        assert!(open.read("24.04.2020").is_ok() && open.read("4.4.2020").is_ok());
        assert!(stamp.read("2020-04-24T00:00:00").is_ok());
        for (form, text) in [
            (&padded, "2020-04-24"),
            (&padded, "4.4.2020"),
            (&padded, "24.04.20"),
            (&padded, "24.04.2020 "),
            (&padded, "24.04.20200"),
            (&padded, "24,04,2020"),
            (&padded, "+4.04.2020"),
            (&padded, "２４.04.2020"),
            (&padded, "24.04."),
            (&padded, "ä"),
            (&padded, ""),
            (&open, "024.4.2020"),
            (&open, ".4.2020"),
            (&stamp, "2020-04-24T00:00:01"),
        ] {
            assert_eq!(form.read(text), Err(DateError::Format), "{form} {text}");
        }
        for text in ["30.02.2021", "00.01.2021", "01.13.2021", "29.02.2100"] {
            assert_eq!(padded.read(text), Err(DateError::NoSuchDay), "{text}");
        }
    }

    #[test]
    fn forms_that_leave_something_open_are_refused() {
        for (text, expected) in [
            ("DD.MM.YY", "century"),
            ("DD.MM.JJ", "century"),
            ("DD.MM.YYY", "must be YYYY"),
            ("DD.MM", "each once"),
            ("", "each once"),
            ("YYYY-MM-DD DD", "each once"),
            ("YYYY-MM-DD MM:SS", "capital letters"),
            ("YYYY-MM-DD MM", "each once"),
            ("YYYY YYYY-MM-DD", "each once"),
            ("DD. MMM YYYY", "names of months"),
            ("DDD YYYY", "must be DD or D"),
            ("DMYYYY", "other than a digit"),
            ("YYYYMDD", "other than a digit"),
            ("YYYY-M-D0", "other than a digit"),
            ("dd.mm.yyyy", "capital letters"),
            ("DD.MM.YYYY hh:mm", "capital letters"),
            ("DD.MM.YYYY HH", "capital letters"),
            ("TT.DD.MM.YYYY", "capital letters"),
            ("DD.MM.YYYY\n", "each once"),
        ] {
            // Only trimmed at its ends.
            if text.ends_with('\n') {
                assert!(text.parse::<DateForm>().is_ok());
                continue;
            }
            let message = text.parse::<DateForm>().unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
        for text in ["DD.MM.\tYYYY", &"DD.MM.YYYY".repeat(5)] {
            let message = text.parse::<DateForm>().unwrap_err().to_string();
            assert!(message.starts_with("is no form"), "{message}");
        }
    }

    #[test]
    fn years_beyond_four_digits_are_not_written() {
        for year in [-1, 10_000] {
            let date = NaiveDate::from_ymd_opt(year, 1, 5).unwrap();
            assert_eq!(form("D.M.YYYY").write(date), None);
        }
    }

    #[test]
    fn every_day_survives_in_every_form() {
        let forms = FORMS.map(|text| {
            assert_eq!(form(text).to_string(), text);
            form(text)
        });
        // 1896 to 2204: more than the rules allow, with years that are and are not leap years.
        for days in 692_000..805_000 {
            let date = NaiveDate::from_num_days_from_ce_opt(days).unwrap();
            for form in &forms {
                let text = form.write(date).unwrap();
                assert_eq!(form.read(&text), Ok(date), "{form}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_a_form_keeps_its_days(
            text in "[YJMDT.\\-/ 0aZä]{6,14}|(YYYY|JJJJ)[.\\- ]?(MM|M)[.\\-0 T]?(DD|TT|D|T)[0T. ]{0,3}",
            days in 0_i32..3_652_058,
        ) {
            if let Ok(form) = text.parse::<DateForm>() {
                let date = NaiveDate::from_num_days_from_ce_opt(days + 1).unwrap();
                let written = form.write(date).unwrap();
                prop_assert_eq!(form.read(&written), Ok(date));
                prop_assert_eq!(form.to_string().parse(), Ok(form));
            }
        }
    }
}
