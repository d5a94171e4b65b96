//! Hears of changes in folders. What it hears only wakes: what is there is looked up, so that nothing depends on
//! hearing everything, or anything.

use std::path::{Path, PathBuf};

use notify::event::{EventKind, ModifyKind, RenameMode};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

pub(super) struct Wake {
    changes: mpsc::UnboundedReceiver<Vec<PathBuf>>,
    /// Dropped, it hears nothing more.
    _watcher: Option<RecommendedWatcher>,
}

impl Wake {
    /// Folders that cannot be heard of are looked through from time to time all the same.
    pub(super) fn on_changes_of<'p>(folders: impl Iterator<Item = &'p Path>) -> Self {
        let (tell, changes) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Some(renamed) = event.ok().and_then(heard) {
                // Nobody listens any more at the end.
                let _: Result<(), _> = tell.send(renamed);
            }
        });
        let mut watcher = watcher.ok();
        for folder in folders {
            if let Some(watcher) = &mut watcher {
                // If that fails, the next look finds what is new.
                let _: notify::Result<()> = watcher.watch(folder, RecursiveMode::NonRecursive);
            }
        }
        Self {
            changes,
            _watcher: watcher,
        }
    }

    /// Waits until something has changed; gives the files that were renamed into a folder.
    pub(super) async fn changed(&mut self) -> Vec<PathBuf> {
        match self.changes.recv().await {
            Some(mut renamed) => {
                while let Ok(more) = self.changes.try_recv() {
                    renamed.extend(more);
                }
                renamed
            }
            None => std::future::pending().await,
        }
    }
}

/// `None`: nothing that matters. Files that are moved to `done` are heard of too; that is harmless.
fn heard(event: Event) -> Option<Vec<PathBuf>> {
    match event.kind {
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(event.paths),
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
            Some(event.paths.into_iter().skip(1).collect())
        }
        EventKind::Create(_) | EventKind::Modify(_) => Some(Vec::new()),
        _ => None,
    }
}
