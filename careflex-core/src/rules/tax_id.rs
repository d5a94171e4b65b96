//! Recognises German tax IDs (Steuerliche Identifikationsnummer), which must not be used as keys of
//! employees (documented).

/// How many digits a tax ID has.
pub(super) const LENGTH: usize = 11;

/// Whether a text is a valid tax ID: eleven digits, the first not 0, a repeated digit among the first
/// ten, and a check digit by ISO 7064 MOD 11,10.
///
/// The published rule allows one repeated digit only; the documented sample `35801170498` has two, so
/// any number of them is taken for a tax ID here: a warning too many does less harm than one too few.
pub(super) fn is_valid(text: &str) -> bool {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    let [head @ .., check] = digits.as_slice() else {
        return false;
    };
    text.len() == LENGTH
        && head.len() == 10
        && head.first() != Some(&0)
        && has_plausible_repeats(head)
        && check_digit(head) == *check
}

/// Some digit is there twice or three times, none more often, none three times in a row.
fn has_plausible_repeats(head: &[u32]) -> bool {
    let count = |digit: &u32| head.iter().filter(|other| *other == digit).count();
    let most = head.iter().map(count).max().unwrap_or_default();
    let in_a_row = |three: &[u32]| three.iter().all(|digit| Some(digit) == three.first());
    (2..=3).contains(&most) && !head.windows(3).any(in_a_row)
}

fn check_digit(head: &[u32]) -> u32 {
    let product = head.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    match 11 - product {
        10 => 0,
        check => check,
    }
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn the_samples_own_ids_are_tax_ids() {
        assert!(is_valid("49239697103"));
        assert!(is_valid("35801170498"));
        assert!(is_valid("86095742719"));
    }

    #[test]
    fn other_keys_are_none() {
        for text in [
            "12345678901", // no digit repeated among the first ten
            "49239697104", // wrong check digit
            "09239697103", // begins with 0
            "4711",
            "49239697103 ",
            "4923969710a",
            "11111111111",
            "",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
