//! Tells complete files from those that are still being written.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::folder::Found;

/// The files that have been seen.
pub(super) struct Arrivals {
    /// For so long a file must not change.
    settle: Duration,
    seen: HashMap<PathBuf, Seen>,
    /// Files that got their names when they were complete.
    renamed: HashSet<PathBuf>,
    has_incomplete: bool,
}

struct Seen {
    found: Found,
    since: Instant,
}

impl Arrivals {
    pub(super) fn new(settle: Duration) -> Self {
        Self {
            settle,
            seen: HashMap::new(),
            renamed: HashSet::new(),
            has_incomplete: false,
        }
    }

    /// Notes files that were renamed into a folder.
    pub(super) fn note_renamed(&mut self, paths: Vec<PathBuf>) {
        self.renamed.extend(paths);
    }

    /// Forgets files that are there no more.
    pub(super) fn keep<'f>(&mut self, found: impl Iterator<Item = &'f Found>) {
        let there: HashSet<_> = found.map(|found| &found.path).collect();
        self.seen.retain(|path, _| there.contains(path));
        self.renamed.retain(|path| there.contains(path));
        self.has_incomplete = false;
    }

    /// Whether a file is complete: it was renamed into the folder, or has not changed for a while.
    pub(super) fn is_complete(&mut self, found: &Found, now: Instant) -> bool {
        let seen = self.seen.entry(found.path.clone()).or_insert_with(|| Seen {
            found: found.clone(),
            since: now,
        });
        let is_changed = !seen.found.is(found);
        if is_changed {
            *seen = Seen {
                found: found.clone(),
                since: now,
            };
            // Whoever goes on writing has taken the name too early.
            self.renamed.remove(&found.path);
        }
        let is_complete =
            self.renamed.contains(&found.path) || now.duration_since(seen.since) >= self.settle;
        self.has_incomplete |= !is_complete;
        is_complete
    }

    /// Whether there are files that were not complete at the last look.
    pub(super) fn are_waiting(&self) -> bool {
        self.has_incomplete
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn found(size: u64) -> Found {
        Found {
            path: "a.csv".into(),
            size,
            modified: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_file_must_not_change_for_a_while() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut arrivals = Arrivals::new(Duration::from_secs(2));
        assert!(!arrivals.is_complete(&found(1), after(0)));
        assert!(!arrivals.is_complete(&found(1), after(1)));
        // It grows.
        assert!(!arrivals.is_complete(&found(2), after(2)));
        assert!(arrivals.is_complete(&found(2), after(4)));
        // It is replaced.
        assert!(!arrivals.is_complete(&found(3), after(5)));
        assert!(arrivals.are_waiting());
        arrivals.keep([].into_iter());
        assert!(!arrivals.are_waiting());
    }

    #[test]
    fn a_renamed_file_is_complete_at_once() {
        let now = Instant::now();
        let mut arrivals = Arrivals::new(Duration::from_secs(60));
        arrivals.note_renamed(vec!["a.csv".into()]);
        assert!(arrivals.is_complete(&found(1), now));
        // Unless it goes on growing: then it has to wait like others.
        assert!(!arrivals.is_complete(&found(2), now));
        assert!(!arrivals.is_complete(&found(2), now));
    }
}
