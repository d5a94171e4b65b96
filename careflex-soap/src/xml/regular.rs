//! The fast way through a list: rows that are written in the regular way are read from the bytes at hand, past the
//! parser. It stands behind a tag then, and goes on behind the last of them. A row that is not regular is left to it.

use std::io::BufRead;

use careflex_core::codec::valid_begin;

use super::scan::Scan;
use super::source::Source;
use super::well_formed::is_white_space;

/// How many bytes are looked at together: first,
const WINDOW: usize = 16 << 10;
/// behind a row that is not regular, so that not very many are looked at in vain again and again,
const SMALLEST_WINDOW: usize = 2 << 10;
/// and at most. Larger rows are not read in the fast way.
const LARGEST_WINDOW: usize = 64 << 10;
/// The longest begin of a character of UTF-8 that lacks its end.
const CUT_CHARACTER: usize = 3;

/// The tags of a row.
pub(super) struct Tags {
    pub(super) start: &'static str,
    pub(super) end: &'static str,
}

/// Reads the regular rows of a list.
pub(super) struct RegularRows {
    window: usize,
}

/// Why no further row was read.
enum Stop {
    /// Enough have been read.
    Full,
    /// What stands here is no regular row.
    Irregular,
    /// The bytes that were looked at end in front of the next row,
    Before,
    /// or within it.
    Within(&'static Tags),
}

impl Default for RegularRows {
    fn default() -> Self {
        Self { window: WINDOW }
    }
}

impl RegularRows {
    /// Reads rows as long as they are regular and at hand, at most so many. Returns their number: 0 leaves the next
    /// row to the parser. `read` is given the line of each and takes it as a whole, or says no.
    pub(super) fn read<R: BufRead>(
        &mut self,
        source: &mut Source<R>,
        tags: &'static [Tags],
        most: usize,
        mut read: impl FnMut(&mut Scan<'_>, u64) -> Option<()>,
    ) -> usize {
        loop {
            let mut position = source.position();
            let at_hand = source.at_hand();
            let window = at_hand.get(..self.window).unwrap_or(at_hand);
            let has_more = window.len() < at_hand.len();
            let text = valid_begin(window);
            let is_broken = window.len() - text.len() > CUT_CHARACTER;

            let mut scan = Scan::new(text);
            let mut count = 0;
            let (rest, line_breaks, stop) = loop {
                // White space too is left to the parser, where no row comes behind it.
                let (rest, line_breaks) = (scan.rest(), scan.line_breaks());
                if count == most {
                    break (rest, line_breaks, Stop::Full);
                }
                scan.skip_white_space();
                let line = position.line + scan.line_breaks();
                if read(&mut scan, line).is_none() {
                    break (rest, line_breaks, Stop::at(rest, tags));
                }
                count += 1;
            };
            let taken = text.len() - rest.len();
            position.pass(
                text.as_bytes().get(..taken).unwrap_or_default(),
                line_breaks,
            );
            source.go_to(position);

            match stop {
                Stop::Full => return count,
                Stop::Irregular => {
                    self.window = SMALLEST_WINDOW;
                    return count;
                }
                // All went well.
                Stop::Before | Stop::Within(_) if count > 0 => {
                    self.window = (2 * self.window).min(LARGEST_WINDOW);
                    return count;
                }
                _ if is_broken => return 0,
                _ if has_more && self.window < LARGEST_WINDOW => self.window *= 2,
                Stop::Within(tags)
                    if !has_more && source.read_ahead(tags.end.as_bytes(), LARGEST_WINDOW) => {}
                _ => return 0,
            }
        }
    }
}

impl Stop {
    /// Why no row could be read from a text.
    #[cold]
    fn at(text: &str, tags: &'static [Tags]) -> Self {
        let text = text.trim_start_matches(is_white_space);
        match tags.iter().find(|tags| text.starts_with(tags.start)) {
            Some(tags) if text.contains(tags.end) => Self::Irregular,
            Some(tags) => Self::Within(tags),
            None if tags.iter().any(|tags| tags.start.starts_with(text)) => Self::Before,
            None => Self::Irregular,
        }
    }
}
