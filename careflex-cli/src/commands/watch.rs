//! `careflex watch`: reports the files that appear in folders.

use std::collections::HashSet;
use std::time::Duration;

use careflex::outbox::{Ended, Outbox, SqliteStore, State, StoreError, StoreErrorKind};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::args::{ProfileArgs, WatchArgs};
use crate::exit::{Code, Failure, in_full};
use crate::interrupt::Interrupt;
use crate::output::Printer;
use crate::profile::Profile;
use crate::sender::{Happened, RESTING, Sender, Way};
use crate::store;

mod arrivals;
mod folder;
mod leaving;
mod taking;
mod wake;

use arrivals::Arrivals;
use folder::{Folder, Found};
use leaving::{Leaving, Left};
use taking::{Taken, Taking};
use wake::Wake;

/// After an answer or a change, files are looked after this much later: many of them come together.
const AFTER_CHANGES: Duration = Duration::from_millis(200);

pub(crate) async fn run(
    args: &WatchArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let mut interrupt = Interrupt::listen();
    let profile = Profile::read(profile)?;
    let sending = &args.sending;
    let address = store::required(&sending.store, &profile)?;
    let mut folders = folder::open_all(args, &profile)?;
    let way = Way::read(sending.via, &sending.drop, &sending.addresses, &profile)?;
    for folder in &mut folders {
        way.guard(&folder.path, &mut folder.input)?;
    }
    let outbox = store::open(address)?;
    let bound = outbox.bind_to(way.portal).await;
    bound.map_err(|error| store::failure(&error))?;
    let sender = Sender::new(&outbox, way.reporter, sending.concurrency, &sending.store);
    let mut watch = Watch::new(args, folders, outbox);
    let ended = if args.once {
        watch.once(sender, &mut interrupt, printer).await
    } else {
        printer.complain("watching, until Ctrl-C");
        watch.service(sender, &mut interrupt, printer).await
    };
    ended.map_err(|error| store_failure(&error))?;
    Ok(watch.code(args.once))
}

fn store_failure(error: &StoreError) -> Failure {
    let failure = store::failure(error);
    if error.kind() == StoreErrorKind::HasWorker {
        let message = format!(
            "{}: one `careflex watch` or `outbox run` at a time",
            failure.message
        );
        return Failure { message, ..failure };
    }
    failure
}

/// The folders, and the files in them that were taken.
struct Watch<'a> {
    args: &'a WatchArgs,
    folders: Vec<Folder>,
    outbox: Outbox<SqliteStore>,
    arrivals: Arrivals,
    taken: Vec<Taken>,
    /// Something was answered since files were looked after.
    has_news: bool,
    /// How many incidents were queued, sending and in doubt then.
    open: [u64; 3],
    failed_files: u64,
    /// Files that could not be taken at the last look.
    waiting_files: u64,
    in_doubt: u64,
    /// The user has given up what was under way.
    gave_up: bool,
}

impl<'a> Watch<'a> {
    fn new(args: &'a WatchArgs, folders: Vec<Folder>, outbox: Outbox<SqliteStore>) -> Self {
        Self {
            args,
            folders,
            outbox,
            arrivals: Arrivals::new(Duration::from_secs(args.settle)),
            taken: Vec::new(),
            has_news: true,
            open: [0; 3],
            failed_files: 0,
            waiting_files: 0,
            in_doubt: 0,
            gave_up: false,
        }
    }

    /// Reports what is there now.
    async fn once(
        &mut self,
        sender: Sender,
        interrupt: &mut Interrupt,
        printer: &mut Printer,
    ) -> Result<(), StoreError> {
        self.look(printer).await;
        if self.arrivals.are_waiting() {
            tokio::time::sleep(Duration::from_secs(self.args.settle)).await;
            self.look(printer).await;
        }
        let ended = sender
            .drain(interrupt, |happened| self.hear(happened, printer))
            .await;
        if let Ok(Ended::NotSent(error)) = &ended {
            printer.complain(&format!("nothing could be sent: {}", in_full(&**error)));
        }
        self.look_after_taken(printer).await;
        if self.waiting_files > 0 {
            let files = self.waiting_files;
            printer.complain(&format!(
                "files that were not complete, or could not be taken: {files}. The next call takes them"
            ));
        }
        ended.map(|_| ())
    }

    /// Reports what is there and what comes, until it is told to stop.
    async fn service(
        &mut self,
        sender: Sender,
        interrupt: &mut Interrupt,
        printer: &mut Printer,
    ) -> Result<(), StoreError> {
        let (tell, mut told) = mpsc::unbounded_channel();
        let work = sender.run(interrupt, move |happened| {
            // This task hears it unless it has ended.
            let _: Result<(), _> = tell.send(happened);
        });
        let ended = {
            let watching = self.watch(&mut told, printer);
            tokio::select! {
                ended = work => ended,
                never = watching => match never {},
            }
        };
        while let Ok(happened) = told.try_recv() {
            self.hear(happened, printer);
        }
        self.look_after_taken(printer).await;
        ended
    }

    async fn watch(
        &mut self,
        told: &mut mpsc::UnboundedReceiver<Happened>,
        printer: &mut Printer,
    ) -> std::convert::Infallible {
        let mut wake = Wake::on_changes_of(self.folders.iter().map(|folder| &*folder.path));
        loop {
            self.look(printer).await;
            self.look_after_taken(printer).await;
            let mut until = Instant::now() + self.until_next_look();
            loop {
                tokio::select! {
                    Some(happened) = told.recv() => {
                        self.hear(happened, printer);
                        until = until.min(Instant::now() + AFTER_CHANGES);
                    }
                    renamed = wake.changed() => {
                        self.arrivals.note_renamed(renamed);
                        until = until.min(Instant::now() + AFTER_CHANGES);
                    }
                    () = tokio::time::sleep_until(until) => break,
                }
            }
        }
    }

    fn until_next_look(&self) -> Duration {
        let poll = Duration::from_secs(self.args.poll);
        if self.arrivals.are_waiting() {
            // A little later, so that the time is over then.
            poll.min(Duration::from_secs(self.args.settle) + Duration::from_millis(50))
        } else {
            poll
        }
    }

    /// Takes the files that are complete, the oldest ones first.
    async fn look(&mut self, printer: &mut Printer) {
        let mut all = Vec::new();
        for (number, folder) in self.folders.iter().enumerate() {
            match folder.files() {
                Ok(files) => all.extend(files.into_iter().map(|found| (number, found))),
                Err(error) => printer.complain(&format!("{}: {error}", folder.path.display())),
            }
        }
        all.sort_by(|(_, one), (_, other)| one.age_order().cmp(&other.age_order()));
        self.arrivals.keep(all.iter().map(|(_, found)| found));
        self.taken
            .retain(|taken| all.iter().any(|(_, found)| found.is(&taken.found)));
        // A newer export must not overtake an older one that cannot be taken yet.
        let mut held_up = HashSet::new();
        self.waiting_files = 0;
        for (number, found) in all {
            if self.taken.iter().any(|taken| taken.found.is(&found)) {
                continue;
            }
            let is_complete = self.arrivals.is_complete(&found, std::time::Instant::now());
            let may_take = is_complete && !held_up.contains(&number);
            if !may_take || !self.take(number, found, printer).await {
                held_up.insert(number);
                self.waiting_files += 1;
            }
        }
    }

    /// `false` if it has to be tried again.
    async fn take(&mut self, number: usize, found: Found, printer: &mut Printer) -> bool {
        let Some(folder) = self.folders.get(number) else {
            return true;
        };
        let taking = Taking {
            folder,
            outbox: &self.outbox,
            on_invalid: self.args.on_invalid,
        };
        match taking.take(found, printer).await {
            Ok(Some(taken)) => {
                self.taken.push(taken);
                self.has_news = true;
            }
            Ok(None) => self.failed_files += 1,
            Err(why) => {
                printer.complain(&why);
                return false;
            }
        }
        true
    }

    /// Moves the files all of whose incidents are answered.
    async fn look_after_taken(&mut self, printer: &mut Printer) {
        if self.taken.is_empty() || !self.has_changed().await {
            return;
        }
        let mut left = Vec::new();
        for mut taken in std::mem::take(&mut self.taken) {
            let Some(folder) = self.folders.get(taken.folder) else {
                continue;
            };
            let leaving = Leaving {
                folder,
                outbox: &self.outbox,
            };
            match leaving.leave(&mut taken, printer).await {
                Ok(Left::Moved { is_failed }) => self.failed_files += u64::from(is_failed),
                Ok(Left::Stays) => left.push(taken),
                // The next look takes it as it is now.
                Ok(Left::Changed) => {
                    let path = taken.found.path.display();
                    printer.complain(&format!("{path}: has changed, and is taken again"));
                }
                Err(why) => {
                    printer.complain(&why);
                    left.push(taken);
                    self.has_news = true;
                }
            }
        }
        self.taken = left;
    }

    /// Whether something may have become of the incidents that were open at the last look: a person decides without
    /// telling.
    async fn has_changed(&mut self) -> bool {
        let has_news = std::mem::take(&mut self.has_news);
        let open = match self.outbox.status().await {
            Ok(status) => {
                [State::Queued, State::Sending, State::InDoubt].map(|state| status.count(state))
            }
            Err(_) => return true,
        };
        std::mem::replace(&mut self.open, open) != open || has_news
    }

    fn hear(&mut self, happened: Happened, printer: &mut Printer) {
        match happened {
            Happened::Settled(line) => {
                self.has_news = true;
                self.in_doubt += line.in_doubt;
                line.show(printer);
            }
            Happened::Trouble(what) => printer.complain(&what),
            Happened::Resting => printer.complain(RESTING),
            Happened::GivenUp => self.gave_up = true,
        }
    }

    fn code(&self, once: bool) -> Code {
        if self.gave_up || (self.in_doubt > 0 && once) {
            Code::InDoubt
        } else if once && (!self.taken.is_empty() || self.waiting_files > 0) {
            Code::NotSent
        } else if self.failed_files > 0 && once {
            Code::Refused
        } else {
            Code::Fine
        }
    }
}
