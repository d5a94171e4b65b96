//! The patterns that the generator understands: a row of characters, classes (`[A-Z0-9]`, `\S`,
//! `\d`) and quantifiers. Alternatives and groups are refused: no value here needs them.

/// A pattern as a row of atoms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) source: String,
    pub(crate) atoms: Vec<Atom>,
}

/// One class of characters, so many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    pub(crate) ranges: Vec<(char, char)>,
    pub(crate) negated: bool,
    pub(crate) min: u32,
    /// `None`: as often as you like.
    pub(crate) max: Option<u32>,
}

impl Pattern {
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let mut rest = source.chars().peekable();
        let mut atoms = Vec::new();
        while let Some(character) = rest.next() {
            let (ranges, negated) = match character {
                '[' => class(&mut rest)?,
                '\\' => escape(rest.next())?,
                '.' | '|' | '(' | ')' | '{' | '}' | '*' | '+' | '?' | ']' | '^' | '$' => {
                    return Err(format!(
                        "the generator does not know {character:?} in this place of a pattern"
                    ));
                }
                literal => (vec![(literal, literal)], false),
            };
            let (min, max) = quantifier(&mut rest)?;
            atoms.push(Atom {
                ranges,
                negated,
                min,
                max,
            });
        }
        Ok(Self {
            source: source.to_owned(),
            atoms,
        })
    }
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;
type Class = (Vec<(char, char)>, bool);

fn class(rest: &mut Rest<'_>) -> Result<Class, String> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        match rest.next() {
            Some(']') if !ranges.is_empty() => return Ok((ranges, negated)),
            Some('[' | ']' | '\\' | '-') | None => {
                return Err("the generator does not know this class of a pattern".to_owned());
            }
            Some(first) => {
                let last = match rest.next_if_eq(&'-') {
                    Some(_) => rest
                        .next()
                        .filter(|last| *last >= first && !matches!(last, ']' | '\\' | '['))
                        .ok_or("a range in a pattern has no end")?,
                    None => first,
                };
                ranges.push((first, last));
            }
        }
    }
}

fn escape(character: Option<char>) -> Result<Class, String> {
    const SPACE: [(char, char); 3] = [(' ', ' '), ('\t', '\n'), ('\r', '\r')];
    match character {
        Some('S') => Ok((SPACE.to_vec(), true)),
        Some('s') => Ok((SPACE.to_vec(), false)),
        Some('d') => Ok((vec![('0', '9')], false)),
        Some(literal) if literal.is_ascii_punctuation() => Ok((vec![(literal, literal)], false)),
        _ => Err("the generator does not know this escape of a pattern".to_owned()),
    }
}

fn quantifier(rest: &mut Rest<'_>) -> Result<(u32, Option<u32>), String> {
    let simple = match rest.peek() {
        Some('?') => Some((0, Some(1))),
        Some('*') => Some((0, None)),
        Some('+') => Some((1, None)),
        Some('{') => None,
        _ => return Ok((1, Some(1))),
    };
    rest.next();
    if let Some(simple) = simple {
        return Ok(simple);
    }
    let mut inner = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(character) => inner.push(character),
            None => return Err("a quantifier in a pattern has no end".to_owned()),
        }
    }
    let count = |text: &str| {
        text.parse::<u32>()
            .map_err(|_| "a quantifier in a pattern is no number".to_owned())
    };
    let (min, max) = match inner.split_once(',') {
        None => (count(&inner)?, Some(count(&inner)?)),
        Some((min, "")) => (count(min)?, None),
        Some((min, max)) => (count(min)?, Some(count(max)?)),
    };
    if max.is_some_and(|max| max < min) {
        return Err("a quantifier in a pattern ends before it begins".to_owned());
    }
    Ok((min, max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_classes_and_quantifiers() {
        let atoms = Pattern::parse(r"[A-Z_]{2,3}\S+x\.?[^a]{2}").unwrap().atoms;
        assert_eq!(atoms.len(), 5);
        assert_eq!(atoms[0].ranges, [('A', 'Z'), ('_', '_')]);
        assert_eq!((atoms[0].min, atoms[0].max), (2, Some(3)));
        assert!(atoms[1].negated);
        assert_eq!((atoms[1].min, atoms[1].max), (1, None));
        assert_eq!(atoms[3].ranges, [('.', '.')]);
        assert!(atoms[4].negated);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for source in [
            "a|b", "(a)", "[a", "[z-a]", r"[A-\d]", "a{x}", "a{2", "a{3,2}", r"\p{L}", "*", "[]",
        ] {
            assert!(Pattern::parse(source).is_err(), "{source}");
        }
    }
}
