//! Why a layout cannot be used.

use std::fmt;

use careflex_core::printable;

/// How many characters of a name are shown.
const NAME_SHOWN: usize = 40;

/// Why a layout cannot be used: one reason or more, one a line. It never holds a constant or the contents of
/// `values`, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutError {
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    line: Option<usize>,
    message: String,
}

impl LayoutError {
    pub(super) fn new(line: Option<usize>, message: impl Into<String>) -> Self {
        let mut error = Self::none();
        error.push(line, message);
        error
    }

    /// Nothing wrong yet. It must not get out like that: see [`LayoutError::or`].
    pub(super) fn none() -> Self {
        Self {
            problems: Vec::new(),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many reasons there are.
    pub(super) fn len(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn push(&mut self, line: Option<usize>, message: impl Into<String>) {
        self.problems.push(Problem {
            line,
            message: message.into(),
        });
    }

    /// What was asked for, if nothing is wrong; the error otherwise, in the order of the lines.
    pub(super) fn or<T>(mut self, good: T) -> Result<T, Self> {
        if self.is_none() {
            return Ok(good);
        }
        self.problems.sort_by_key(|problem| problem.line);
        Err(self)
    }

    /// The line of the layout file, from 1, on which the first mistake is; `None` for a layout that is from no
    /// file, and where the whole layout is at fault.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.problems.first()?.line
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match problem.line {
                Some(line) => write!(f, "line {line}: {}", problem.message)?,
                None => f.write_str(&problem.message)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for LayoutError {}

/// A name as it is shown: cut, because a mixed-up file may have anything there, and fit for terminals.
pub(super) fn shown(name: &str) -> String {
    let mut characters = name.chars();
    let mut shown: String = characters.by_ref().take(NAME_SHOWN).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    printable(shown)
}
