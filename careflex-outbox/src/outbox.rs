//! The outbox: what an application does with it.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use careflex_core::{CareflexId, Reporter, Rules};
use rusqlite::Transaction;

use crate::entry::{Entry, Key, Prepared};
use crate::error::{EnqueueError, StoreError};
use crate::export::{ExportFormat, Exporter};
use crate::sqlite::SqliteStore;
use crate::state::{Record, Status};
use crate::store::{Enqueued, Query, Resolution, Selection, Store};
use crate::worker::Worker;

/// Incidents on their way to the portal, kept where they survive crashes. Clones share the store.
///
/// Each incident has a key: the one [you give](Entry::key), else its external ID, else its content (our
/// decision). The same key twice is one incident: it is enqueued once, however often you try. The same key with
/// other content is an [error](crate::Conflict), unless the earlier one was refused: then it is a
/// [correction](Enqueued::Corrected).
#[derive(Debug)]
pub struct Outbox<S> {
    store: Arc<S>,
    rules: Arc<Rules>,
    careflex_id: Option<CareflexId>,
}

impl<S> Clone for Outbox<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            rules: Arc::clone(&self.rules),
            careflex_id: self.careflex_id.clone(),
        }
    }
}

impl Outbox<SqliteStore> {
    /// An outbox in a SQLite database: a file of its own, or that of your application. What is not there is
    /// created.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sqlite(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteStore::open(path).map(Self::new)
    }

    /// Takes an incident, in a transaction of yours on the same database: if that is committed, the incident will
    /// be sent; if not, it was never there. Returns at once; nothing waits for the portal.
    ///
    /// # Errors
    /// [`EnqueueError`]: nothing was added, and the transaction can go on, unless the disk is full or failed: then
    /// SQLite has rolled it back.
    pub fn enqueue(
        &self,
        transaction: &mut Transaction<'_>,
        incident: impl Into<Entry>,
    ) -> Result<Enqueued, EnqueueError> {
        let prepared = self.prepare(incident)?;
        self.enqueue_prepared(transaction, &prepared)
    }

    /// The second half of [`enqueue`](Self::enqueue), behind [`prepare`](Self::prepare): for those who enqueue a
    /// million incidents, and prepare them on another thread.
    ///
    /// # Errors
    /// [`EnqueueError`]: nothing was added, and the transaction can go on.
    pub fn enqueue_prepared(
        &self,
        transaction: &mut Transaction<'_>,
        incident: &Prepared,
    ) -> Result<Enqueued, EnqueueError> {
        self.store.enqueue_in(transaction, incident)
    }
}

impl<S: Store + 'static> Outbox<S> {
    /// An outbox in this store.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            rules: Arc::new(Rules::documented()),
            careflex_id: None,
        }
    }

    /// The company of incidents that come without one.
    #[must_use]
    pub fn careflex_id(mut self, company: CareflexId) -> Self {
        self.careflex_id = Some(company);
        self
    }

    /// What incidents have to meet: [`Rules::documented`] by default.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = Arc::new(rules);
        self
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Takes incidents in a transaction of the outbox's own. For each it says what was done; one that cannot be
    /// taken keeps no others from it.
    ///
    /// # Errors
    /// [`StoreError`]: none was taken.
    pub async fn enqueue_all<I>(
        &self,
        incidents: I,
    ) -> Result<Vec<Result<Enqueued, EnqueueError>>, StoreError>
    where
        I: IntoIterator<Item: Into<Entry>>,
    {
        let mut outcomes = Vec::new();
        let mut prepared = Vec::new();
        for incident in incidents {
            match self.prepare(incident) {
                Ok(incident) => {
                    prepared.push(incident);
                    outcomes.push(None);
                }
                Err(error) => outcomes.push(Some(Err(error))),
            }
        }
        let mut enqueued = self.store.enqueue(prepared).await?.into_iter();
        Ok(outcomes
            .into_iter()
            .filter_map(|outcome| {
                outcome.or_else(|| Some(enqueued.next()?.map_err(EnqueueError::from)))
            })
            .collect())
    }

    /// Checks an incident, and makes what the store keeps of it: key, hash and content. Nothing is enqueued.
    ///
    /// # Errors
    /// [`EnqueueError`], but for conflicts and what only the store can say.
    pub fn prepare(&self, incident: impl Into<Entry>) -> Result<Prepared, EnqueueError> {
        let entry = incident.into();
        let company = entry
            .careflex_id
            .as_ref()
            .or(self.careflex_id.as_ref())
            .ok_or(EnqueueError::NoCompany)?;
        let mut violations = self.rules.check_careflex_id(company);
        violations.extend(self.rules.check(&entry.incident));
        if violations.has_errors() {
            return Err(EnqueueError::Invalid(violations));
        }
        entry.prepare(company).map_err(|_| EnqueueError::Unwritable)
    }

    /// What sends, over this reporter.
    pub fn worker(&self, reporter: impl Reporter + 'static) -> Worker {
        let store: Arc<dyn Store> = Arc::<S>::clone(&self.store);
        Worker::new(store, Arc::new(reporter), Arc::clone(&self.rules))
    }

    /// What it holds, counted.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn status(&self) -> Result<Status, StoreError> {
        self.store.status().await
    }

    /// Lists incidents, in the order in which they were enqueued. For the next ones, ask for those
    /// [after](Query::after) the last one.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        self.store.list(query).await
    }

    /// The incidents with these [keys](Self::prepare), in the order of the keys.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn find(&self, keys: Vec<Key>) -> Result<Vec<Option<Record>>, StoreError> {
        self.store.find(keys).await
    }

    /// Says what a person found out in the portal about incidents in doubt: booked, they count as accepted; not
    /// booked, they are queued again. Returns how many there were.
    ///
    /// Be sure that the portal has finished before you say that something was not booked: nothing keeps it from
    /// booking twice.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn resolve(&self, which: Selection, as_what: Resolution) -> Result<u64, StoreError> {
        self.store.resolve(which, as_what).await
    }

    /// Queues incidents again that were refused or invalid, as they are: after the reason was not in them. To
    /// correct one, enqueue it again with the same key. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn retry(&self, which: Selection) -> Result<u64, StoreError> {
        self.store.retry(which).await
    }

    /// Removes contents and messages of incidents that were answered this long ago, so that they cannot be read
    /// from the store any more. Keys, hashes and outcomes stay: the audit trail, and what keeps them from being
    /// sent again. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn purge(&self, answered_ago: Duration) -> Result<u64, StoreError> {
        self.store.purge(answered_ago).await
    }

    /// Writes the audit trail: one record for each incident that the query is for, however many there are.
    /// Returns how many.
    ///
    /// # Errors
    /// Those of the writer; a [`StoreError`] within.
    pub async fn export(
        &self,
        query: Query,
        format: ExportFormat,
        to: impl Write,
    ) -> std::io::Result<u64> {
        let mut exporter = Exporter::new(format, to);
        let mut query = Query {
            limit: Query::default().limit,
            ..query
        };
        loop {
            let records = self
                .list(query.clone())
                .await
                .map_err(std::io::Error::other)?;
            let Some(last) = records.last() else {
                return exporter.finish();
            };
            query.after = Some(last.number);
            for record in &records {
                exporter.write(record)?;
            }
        }
    }

    /// Binds the outbox to a portal, by any name of it: what was accepted by one portal must not look accepted by
    /// another. The first time it takes the name; from then on it wants the same one.
    ///
    /// # Errors
    /// [`StoreErrorKind::OtherPortal`](crate::StoreErrorKind), and other [`StoreError`]s.
    pub async fn bind_to(&self, portal: impl Into<String> + Send) -> Result<(), StoreError> {
        self.store.bind_to(portal.into(), false).await
    }

    /// Says that the portal has moved: the outbox is for the same one, under another name from now on.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn portal_has_moved_to(
        &self,
        portal: impl Into<String> + Send,
    ) -> Result<(), StoreError> {
        self.store.bind_to(portal.into(), true).await
    }
}
