//! Takes a complete file: checks it, and puts its rows into the outbox.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use careflex::outbox::{IncidentNumber, Outbox, SqliteStore};
use serde_json::json;

use super::folder::{Folder, Found};
use super::leaving::{Files, Leaving, write_text};
use crate::args::OnInvalid;
use crate::check::{Checked, check};
use crate::commands::outbox::incidents;
use crate::input::Input;
use crate::listing::Listing;
use crate::output::{Printer, printable};
use crate::stored::{PutIn, put_in};

/// Errors and warnings that are listed beside a file.
const LISTED: u64 = 1000;

/// A file whose rows are in the outbox.
pub(super) struct Taken {
    pub(super) folder: usize,
    pub(super) found: Found,
    /// Reads it again, and notices if it has changed.
    pub(super) input: Input,
    /// The highest number of its incidents.
    pub(super) last: Option<IncidentNumber>,
    /// How many of its incidents were in doubt when that was said last.
    pub(super) told_in_doubt: u64,
}

pub(super) struct Taking<'a> {
    pub(super) folder: &'a Folder,
    pub(super) outbox: &'a Outbox<SqliteStore>,
    pub(super) on_invalid: OnInvalid,
}

impl Taking<'_> {
    /// `None` if the file is wrong, and was moved to `failed`.
    pub(super) async fn take(
        &self,
        found: Found,
        printer: &mut Printer,
    ) -> Result<Option<Taken>, String> {
        let mut input = self.folder.input.of_file(&found.path);
        let checking = tokio::task::spawn_blocking(move || {
            let listed = Listed::default();
            let mut to_file = Printer::to(Box::new(listed.clone()));
            // Nothing can go wrong with memory.
            let checked = check(&mut input, Listing::up_to(LISTED), &mut to_file, |_| {});
            (input, checked.unwrap_or_default(), listed)
        });
        let (input, checked, listed) = checking
            .await
            .map_err(|_| format!("{}: could not be checked", found.path.display()))?;
        let on_invalid = self.on_invalid_of(&input, &checked).await?;
        if let Some(refusal) = checked.refusal(on_invalid) {
            let text = format!("{refusal}\n\n{}", listed.into_text());
            self.fail(&found, &input, &refusal, &text, printer).await?;
            return Ok(None);
        }
        let put = self.put_in(&found, &input, on_invalid).await?;
        if put.is_broken {
            // It has changed in between, and will be taken as it is then.
            return Err(format!(
                "{}: has changed while it was read",
                found.path.display()
            ));
        }
        if put.conflicts > 0 && on_invalid == OnInvalid::Abort {
            let refusal = "nothing was sent: rows have external IDs of other incidents in the outbox, or of another row (--on-invalid skip sends the others)";
            self.fail(&found, &input, refusal, refusal, printer).await?;
            return Ok(None);
        }
        say_taken(&found, &checked, &put, printer);
        Ok(Some(Taken {
            folder: self.folder.number,
            found,
            input,
            last: put.last,
            told_in_doubt: 0,
        }))
    }

    /// Of a file that was taken before, and has grown by a wrong row, the others cannot be held back any more: it
    /// stays until all of them are answered, like any other.
    async fn on_invalid_of(&self, input: &Input, checked: &Checked) -> Result<OnInvalid, String> {
        let leaving = self.leaving();
        let is_whole = checked.broken_files == 0;
        if self.on_invalid == OnInvalid::Abort && is_whole && leaving.is_known(input).await? {
            return Ok(OnInvalid::Skip);
        }
        Ok(self.on_invalid)
    }

    fn leaving(&self) -> Leaving<'_> {
        Leaving {
            folder: self.folder,
            outbox: self.outbox,
        }
    }

    async fn put_in(
        &self,
        found: &Found,
        input: &Input,
        on_invalid: OnInvalid,
    ) -> Result<PutIn, String> {
        let outbox = self.outbox.clone();
        let items = input.read_again();
        let skips = on_invalid == OnInvalid::Skip;
        let put = tokio::task::spawn_blocking(move || put_in(&outbox, items, skips)).await;
        match put {
            Ok(Ok(put)) => Ok(put),
            Ok(Err(failure)) => Err(format!("{}: {}", found.path.display(), failure.message)),
            Err(_) => Err(format!(
                "{}: could not be put into the outbox",
                found.path.display()
            )),
        }
    }

    /// Moves a file of which nothing was put in, with the reasons beside it.
    async fn fail(
        &self,
        found: &Found,
        input: &Input,
        refusal: &str,
        text: &str,
        printer: &mut Printer,
    ) -> Result<(), String> {
        let leaving = self.leaving();
        let files = Files::of(self.folder.place_for(found, true));
        self.folder
            .create_ends()
            .and_then(|()| write_text(&files.reasons, text))
            .map_err(|error| format!("{}: {error}", files.reasons.display()))?;
        if leaving.is_known(input).await? {
            leaving.write_receipts(input, &files).await?;
        }
        leaving.write_corrections(input, &files).await?;
        if !leaving.move_file(found, &files)? {
            let path = found.path.display();
            return Err(format!("{path}: has changed while it was read"));
        }
        leaving.say(found, "failed", &files, refusal, printer);
        Ok(())
    }
}

fn say_taken(found: &Found, checked: &Checked, put: &PutIn, printer: &mut Printer) {
    let name = found.name();
    let already = match put.already {
        0 => String::new(),
        already => format!(", {already} of them were there already"),
    };
    let text = format!(
        "{}: {} put into the outbox{already}",
        printable(&name),
        incidents(put.added + put.already)
    );
    let event = json!({
        "file": found.path.display().to_string(),
        "status": "taken",
        "rows": checked.rows,
        "added": put.added,
        "already": put.already,
    });
    let shown = printer
        .event("file", event)
        .and_then(|()| printer.say(&text));
    // The outbox knows; whoever read this has gone.
    let _: io::Result<()> = shown;
}

/// What is wrong with a file, in words, up to a length.
#[derive(Clone, Default)]
struct Listed(Arc<Mutex<Vec<u8>>>);

impl Listed {
    fn into_text(self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Listed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
