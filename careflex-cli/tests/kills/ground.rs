//! Where a round happens: a portal, a population, and an outbox.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use careflex::outbox::{Outbox, Query, Record, Status};
use careflex_sandbox::{Effect, Fault};

use crate::aim::LONGEST_DELAY;
use crate::chance::Chance;
use crate::common::World;
use crate::population::Population;

pub(crate) struct Ground {
    pub(crate) world: World,
    pub(crate) population: Population,
    /// The file of the outbox.
    pub(crate) store: PathBuf,
    concurrency: usize,
    /// What runs in the portal when nobody is connected.
    idle_tasks: usize,
}

/// What was in the outbox at a moment.
pub(crate) struct Look {
    pub(crate) records: Vec<Record>,
    pub(crate) status: Status,
}

impl Ground {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let world = World::new();
        let delays = Effect::RandomLatency {
            from: Duration::ZERO,
            to: LONGEST_DELAY,
            seed: chance.below(1 << 30) as u64,
        };
        world.sandbox.inject(Fault::new(delays).always());
        Self {
            store: world.folder.path().join("outbox.sqlite"),
            population: Population::new(chance),
            concurrency: [1, 2, 8][chance.below(3)],
            idle_tasks: world.tasks(),
            world,
        }
    }

    /// Trouble beside the kills, in most rounds: doubts with a program that lives, parts of a batch in doubt, and
    /// requests that are booked long after their sender is dead and another one has begun.
    pub(crate) fn plan_trouble(&self, chance: &mut Chance) {
        let fault = match chance.below(5) {
            0 => Fault::new(Effect::CutAfterBooking),
            1 => Fault::new(Effect::CutBeforeBooking),
            2 => Fault::new(Effect::MissingRows(vec![0, 2])),
            3 => Fault::new(Effect::Latency(Duration::from_millis(400))).times(2),
            _ => return,
        };
        self.world.sandbox.inject(fault.after(chance.below(4)));
    }

    /// What commands that send are told.
    pub(crate) fn sending(&self) -> [String; 4] {
        [
            "--store".to_owned(),
            self.address(),
            "--concurrency".to_owned(),
            self.concurrency.to_string(),
        ]
    }

    pub(crate) fn address(&self) -> String {
        format!("sqlite:{}", self.store.display())
    }

    /// The log of the database.
    pub(crate) fn log(&self) -> PathBuf {
        beside(&self.store, "-wal")
    }

    /// Waits until the portal has finished whatever killed programs have sent: it goes on with a request when its
    /// client has gone, and may book it a good while later. That needs no guess of how long:
    /// - A connection that the dead have made is accepted before one that we make now.
    /// - Each connection is a task, which ends once its client has gone and its last request is dealt with.
    pub(crate) fn wait_until_quiet(&self) {
        let mut connection = TcpStream::connect(self.world.sandbox.local_addr()).unwrap();
        connection
            .write_all(b"GET / HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n")
            .unwrap();
        connection.read_to_end(&mut Vec::new()).unwrap();
        drop(connection);
        let begin = Instant::now();
        while self.world.tasks() > self.idle_tasks {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "the portal does not come to rest"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Looks into the outbox while nobody has it open. Into a copy: what a dead program has left in the log, the
    /// next one has to cope with, not we.
    pub(crate) fn look(&self) -> Look {
        let copies = tempfile::tempdir_in(self.world.folder.path()).unwrap();
        let copy = copies.path().join("outbox.sqlite");
        if self.store.exists() {
            std::fs::copy(&self.store, &copy).unwrap();
        }
        if self.log().exists() {
            std::fs::copy(self.log(), beside(&copy, "-wal")).unwrap();
        }
        let outbox = Outbox::sqlite(&copy).unwrap();
        let intact: String = outbox
            .store()
            .connect()
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(intact, "ok");
        let mut all = Query::default();
        all.limit = usize::MAX;
        Look {
            records: self.world.block_on(outbox.list(all)).unwrap(),
            status: self.world.block_on(outbox.status()).unwrap(),
        }
    }
}

impl Drop for Ground {
    /// Leaves everything there after a failure.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.world.folder.disable_cleanup(true);
            eprintln!("its folder: {}", self.world.folder.path().display());
        }
    }
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
