//! Moves a file when it is known what became of all its rows, with that beside it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use careflex::outbox::{IncidentNumber, Outbox, Query, SqliteStore, State, StoreError};
use serde_json::json;

use super::folder::{Folder, Found};
use super::taking::Taken;
use crate::error_report::ErrorFile;
use crate::exit::in_full;
use crate::input::Input;
use crate::output::{Printer, Summary, printable};
use crate::private_file::PrivateFile;
use crate::row::Status;
use crate::run::read_in_background;
use crate::stored::{Accounted, Accounts};

/// Where a file goes, and what is written beside it.
pub(super) struct Files {
    file: PathBuf,
    receipts: PathBuf,
    corrections: PathBuf,
    pub(super) reasons: PathBuf,
}

impl Files {
    pub(super) fn of(file: PathBuf) -> Self {
        let beside = |end: &str| {
            let mut name = file.file_name().unwrap_or_default().to_owned();
            name.push(end);
            file.with_file_name(name)
        };
        Self {
            receipts: beside(".receipts.csv"),
            corrections: beside(".to-correct.csv"),
            reasons: beside(".errors.txt"),
            file,
        }
    }
}

/// What became of a file.
pub(super) enum Left {
    /// It waits for answers.
    Stays,
    /// It was moved, to `failed` or to `done`.
    Moved { is_failed: bool },
    /// It is not what was taken any more: it has to be taken anew.
    Changed,
}

pub(super) struct Leaving<'a> {
    pub(super) folder: &'a Folder,
    pub(super) outbox: &'a Outbox<SqliteStore>,
}

impl Leaving<'_> {
    /// Moves a file if all its incidents are answered.
    pub(super) async fn leave(
        &self,
        taken: &mut Taken,
        printer: &mut Printer,
    ) -> Result<Left, String> {
        if self.is_surely_open(taken).await? {
            return Ok(Left::Stays);
        }
        // A file that cannot be read as it was taken is none that may leave.
        let Some((summary, open)) = self.count(taken).await? else {
            return Ok(Left::Changed);
        };
        if open > 0 {
            self.tell_doubts(taken, summary.in_doubt, printer);
            return Ok(Left::Stays);
        }
        self.folder
            .create_ends()
            .map_err(|error| format!("{}: {error}", self.folder.path.display()))?;
        let is_failed = summary.refused + summary.invalid > 0;
        let files = Files::of(self.folder.place_for(&taken.found, is_failed));
        self.write_receipts(&taken.input, &files).await?;
        if is_failed {
            self.write_corrections(&taken.input, &files).await?;
        }
        if !self.move_file(&taken.found, &files)? {
            return Ok(Left::Changed);
        }
        let status = if is_failed { "failed" } else { "done" };
        self.say(&taken.found, status, &files, &summary.in_words(), printer);
        Ok(Left::Moved { is_failed })
    }

    /// Whether the last incident of the file still waits, and for nobody but the portal: nobody reads a large file
    /// after each answer.
    async fn is_surely_open(&self, taken: &Taken) -> Result<bool, String> {
        let failed =
            |error: StoreError| format!("{}: {}", taken.found.path.display(), in_full(&error));
        let Some(last) = taken.last else {
            return Ok(false);
        };
        let status = self.outbox.status().await.map_err(failed)?;
        if status.count(State::InDoubt) > 0 {
            return Ok(false);
        }
        let mut query = Query::default();
        query.states = vec![State::Queued, State::Sending];
        query.limit = 1;
        query.after = Some(IncidentNumber(last.0 - 1));
        let waiting = self.outbox.list(query).await;
        let waiting = waiting.map_err(failed)?;
        Ok(waiting.first().is_some_and(|record| record.number == last))
    }

    /// Removes what a killed watch has left half-written for this file: nobody else writes it.
    fn tidy_up(&self, files: &Files) {
        let Some(folder) = files.file.parent() else {
            return;
        };
        let names = [&files.receipts, &files.corrections, &files.reasons];
        let halves: Vec<_> = names
            .iter()
            .filter_map(|path| Some(format!(".{}.", path.file_name()?.to_str()?)))
            .collect();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if halves.iter().any(|half| name.starts_with(half)) {
                // Should it stay, it is in nobody's way.
                let _: io::Result<()> = fs::remove_file(entry.path());
            }
        }
    }

    /// What became of the rows, and how many are not answered.
    /// `None` if the file is not the one that was taken any more.
    async fn count(&self, taken: &Taken) -> Result<Option<(Summary, u64)>, String> {
        let mut summary = Summary::default();
        let mut open = 0;
        let is_whole = self
            .for_each(&taken.input, |accounted| {
                summary.count(accounted.line.status);
                open += u64::from(accounted.is_open);
                Ok(())
            })
            .await?;
        Ok(is_whole.then_some((summary, open)))
    }

    /// Whether any row of a file is in the outbox.
    pub(super) async fn is_known(&self, input: &Input) -> Result<bool, String> {
        let mut is_known = false;
        self.for_each(input, |accounted| {
            is_known |= accounted.is_in_outbox;
            Ok(())
        })
        .await?;
        Ok(is_known)
    }

    /// Writes what became of each row.
    pub(super) async fn write_receipts(&self, input: &Input, files: &Files) -> Result<(), String> {
        let failed = |error: &io::Error| format!("{}: {error}", files.receipts.display());
        let file = PrivateFile::create(&files.receipts).map_err(|error| failed(&error))?;
        let mut receipts = csv::WriterBuilder::new().delimiter(b';').from_writer(file);
        let _is_whole = self
            .for_each(input, |accounted| {
                receipts
                    .serialize(&accounted.line)
                    .map_err(|error| in_full(&error))
            })
            .await?;
        receipts
            .into_inner()
            .map_err(|error| failed(&io::Error::other(error.to_string())))?
            .keep()
            .map_err(|error| failed(&error))
    }

    /// Writes the rows to correct, if there are any.
    pub(super) async fn write_corrections(
        &self,
        input: &Input,
        files: &Files,
    ) -> Result<(), String> {
        let mut corrections: Option<ErrorFile> = None;
        self.for_each(input, |accounted| {
            let Accounted {
                file, row, line, ..
            } = accounted;
            if !matches!(line.status, Status::Invalid | Status::Refused) {
                return Ok(());
            }
            let corrections = match &mut corrections {
                Some(corrections) => corrections,
                None => corrections.insert(
                    ErrorFile::begin(&files.corrections, []).map_err(|failure| failure.message)?,
                ),
            };
            match &row.incident {
                Err(violations) => corrections.add_invalid(file, row, violations),
                Ok(_) => corrections.add_line(file, row, line),
            }
            Ok(())
        })
        .await?;
        match corrections {
            Some(corrections) => corrections.put_in_place(),
            None => Ok(()),
        }
    }

    /// Goes through the rows of a file, as far as they can be read, and what became of each; says whether it could be
    /// read to its end, unchanged.
    async fn for_each(
        &self,
        input: &Input,
        mut look: impl FnMut(&Accounted) -> Result<(), String>,
    ) -> Result<bool, String> {
        let mut is_whole = true;
        let mut items = read_in_background(input.read_again());
        let mut accounts = Accounts::new(self.outbox, String::new());
        while let Some(item) = items.recv().await {
            if item.row.is_err() {
                is_whole = false;
                break;
            }
            let rows = accounts.add(item).await;
            for accounted in rows.map_err(|error| error.in_words())? {
                look(&accounted)?;
            }
        }
        let rows = accounts.rest().await;
        for accounted in rows.map_err(|error| error.in_words())? {
            look(&accounted)?;
        }
        Ok(is_whole)
    }

    /// Moves a file, last of all: as long as it is there, it is not forgotten. `false` if it is not the one that was
    /// taken any more: then it stays.
    pub(super) fn move_file(&self, found: &Found, files: &Files) -> Result<bool, String> {
        self.tidy_up(files);
        let cannot = |from: &Path, to: &Path, error: io::Error| {
            let (from, to) = (from.display(), to.display());
            format!("{from}: cannot be moved to {to}: {error}")
        };
        if !found.is_unchanged_at(&found.path) {
            return Ok(false);
        }
        fs::rename(&found.path, &files.file)
            .map_err(|error| cannot(&found.path, &files.file, error))?;
        if found.is_unchanged_at(&files.file) {
            return Ok(true);
        }
        // Another one has taken its name at the last moment. Nobody has read that: back it goes, beside whatever has
        // the name by now.
        let back = match (found.path.exists(), files.file.file_name()) {
            (true, Some(name)) => self.folder.path.join(name),
            _ => found.path.clone(),
        };
        fs::rename(&files.file, &back).map_err(|error| cannot(&files.file, &back, error))?;
        Ok(false)
    }

    fn tell_doubts(&self, taken: &mut Taken, in_doubt: u64, printer: &mut Printer) {
        if in_doubt > 0 && in_doubt != taken.told_in_doubt {
            printer.complain(&format!(
                "{}: {in_doubt} of its rows are in doubt: look for them in the portal, then say what you found, as `careflex outbox status` tells. Until then it stays where it is",
                taken.found.path.display()
            ));
        }
        taken.told_in_doubt = in_doubt;
    }

    pub(super) fn say(
        &self,
        found: &Found,
        status: &str,
        files: &Files,
        what: &str,
        printer: &mut Printer,
    ) {
        let event = json!({
            "file": found.path.display().to_string(),
            "status": status,
            "movedTo": files.file.display().to_string(),
            "message": what,
        });
        let text = format!(
            "{}: {status}: {what}; see {}",
            printable(&found.name()),
            files.file.display()
        );
        let shown = printer
            .event("file", event)
            .and_then(|()| printer.say(&text));
        // The folder shows it; whoever read this has gone.
        let _: io::Result<()> = shown;
    }
}

/// Writes a text that only its owner may read.
pub(super) fn write_text(path: &Path, text: &str) -> io::Result<()> {
    let mut file = PrivateFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.keep()
}
