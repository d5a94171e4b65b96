//! Calendar days as the portal writes them: `YYYY-MM-DD`, exactly ten characters.
//!
//! chrono's own parser takes `2020-1-5` and `+12020-01-05`, `xs:date` takes a time zone; the portal
//! takes neither (documented), so days are read and written here.

use chrono::{Datelike, NaiveDate};

/// Why a text is no day. It holds no part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateError {
    /// Not ten characters of the form `YYYY-MM-DD`.
    #[error("must be a day in the form YYYY-MM-DD, for example 2020-04-24")]
    Format,
    /// The right form, but the calendar has no such day.
    #[error("is no day of the calendar (form YYYY-MM-DD)")]
    NoSuchDay,
}

/// Reads a day: `YYYY-MM-DD`, exactly ten characters, nothing around it.
///
/// # Errors
/// [`DateError::Format`] for any other form, [`DateError::NoSuchDay`] for `2021-02-30`.
///
/// ```
/// use careflex_core::{DateError, parse_date};
///
/// assert_eq!(parse_date("2020-04-24")?.to_string(), "2020-04-24");
/// assert_eq!(parse_date("24.04.2020"), Err(DateError::Format));
/// assert_eq!(parse_date("2020-1-5"), Err(DateError::Format));
/// assert_eq!(parse_date("2021-02-30"), Err(DateError::NoSuchDay));
/// # Ok::<(), DateError>(())
/// ```
pub fn parse_date(text: &str) -> Result<NaiveDate, DateError> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
        return Err(DateError::Format);
    };
    if ![y1, y2, y3, y4, m1, m2, d1, d2]
        .iter()
        .all(u8::is_ascii_digit)
    {
        return Err(DateError::Format);
    }
    let number = |tens: u8, ones: u8| u32::from(tens & 15) * 10 + u32::from(ones & 15);
    let year = number(y1, y2) * 100 + number(y3, y4);
    let (month, day) = (number(m1, m2), number(d1, d2));
    i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or(DateError::NoSuchDay)
}

/// The ten characters of a day, without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateText([u8; 10]);

impl DateText {
    /// `YYYY-MM-DD`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The same as bytes.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }
}

/// Writes a day as `YYYY-MM-DD`; `None` for years that four digits cannot hold.
#[must_use]
#[inline]
pub fn date_text(date: NaiveDate) -> Option<DateText> {
    if !is_writable(date) {
        return None;
    }
    let year = u32::try_from(date.year()).ok()?;
    let [y1, y2] = two_digits(year / 100);
    let [y3, y4] = two_digits(year % 100);
    let [m1, m2] = two_digits(date.month());
    let [d1, d2] = two_digits(date.day());
    Some(DateText([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]))
}

/// Whether four digits can hold the year.
#[inline]
pub(crate) fn is_writable(date: NaiveDate) -> bool {
    (0..=9999).contains(&date.year())
}

/// A table: to divide again for each digit costs more than to look both up.
#[inline]
fn two_digits(number: u32) -> [u8; 2] {
    const DIGITS: [[u8; 2]; 100] = {
        let mut digits = [[b'0'; 2]; 100];
        let mut number = 0_usize;
        while number < digits.len() {
            #[expect(clippy::indexing_slicing, reason = "one place for each number")]
            {
                digits[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
            }
            number += 1;
        }
        digits
    };
    let place = usize::try_from(number).unwrap_or_default();
    DIGITS.get(place).copied().unwrap_or([b'0'; 2])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_other_forms() {
        for text in [
            "24.04.2020",
            "15 January 1979",
            "2020-1-5",
            "2020-01-5",
            "+12020-01-05",
            "2020-04-24Z",
            " 2020-04-24",
            "2020/04/24",
            "２０２０-04-24",
            "",
        ] {
            assert_eq!(parse_date(text), Err(DateError::Format), "{text}");
        }
        for text in ["2021-02-30", "2021-13-01", "2021-00-10", "2100-02-29"] {
            assert_eq!(parse_date(text), Err(DateError::NoSuchDay), "{text}");
        }
    }

    #[test]
    fn years_beyond_four_digits_have_no_text() {
        assert_eq!(
            date_text(NaiveDate::from_ymd_opt(12020, 1, 5).unwrap()),
            None
        );
        assert_eq!(date_text(NaiveDate::from_ymd_opt(-1, 1, 5).unwrap()), None);
    }

    proptest! {
        #[test]
        fn every_day_survives(days in 0_i32..3_652_058) {
            let date = NaiveDate::from_num_days_from_ce_opt(days + 1).unwrap();
            let text = date_text(date).unwrap();
            prop_assert_eq!(parse_date(text.as_str()), Ok(date));
            prop_assert_eq!(text.as_str(), date.to_string());
        }
    }
}
