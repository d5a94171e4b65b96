//! A disk that is full, or may not be written. Both need a file system of their own: the test runs itself again in a
//! mount namespace, where Linux and its rights allow that, and is skipped elsewhere.

use std::time::Duration;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use careflex_outbox::{Ended, SqliteStore, State, Stop, StoreError, StoreErrorKind};

use crate::common::{Portal, drain, incidents, states, with_company};

/// Where the child finds its file system.
const FOLDER: &str = "CAREFLEX_TEST_FOLDER";

#[tokio::test]
async fn a_full_disk_takes_nothing_and_loses_nothing() {
    let Some(folder) = in_a_namespace(
        "disk::a_full_disk_takes_nothing_and_loses_nothing",
        "mount -t tmpfs -o size=3m tmpfs \"$CAREFLEX_TEST_FOLDER\"",
    ) else {
        return;
    };
    let path = folder.join("outbox.sqlite");
    let outbox = with_company(SqliteStore::open(&path).unwrap());
    // What will be removed to make space.
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![1; 1024 * 1024]).unwrap();

    let mut there = 0;
    let error = loop {
        let batch = incidents(there..there + 100);
        match outbox.enqueue_all(batch).await {
            Ok(taken) => there += u32::try_from(taken.len()).unwrap(),
            Err(error) => break error,
        }
    };
    assert_is_full(&error);
    assert!(there >= 100, "some were taken");
    let count = usize::try_from(there).unwrap();
    assert_eq!(states(&outbox).await.len().min(1000), count.min(1000));

    // A worker cannot note that something leaves: so nothing does.
    let portal = Portal::default();
    let worker = outbox
        .worker(portal.clone())
        .pauses(Duration::ZERO, Duration::ZERO);
    let ended = worker.drain(&Stop::new()).await;
    assert_is_full(&ended.unwrap_err());
    assert_eq!(portal.taken(), 0);

    // Started again on the full disk, it still has everything.
    drop(outbox);
    let outbox = with_company(SqliteStore::open(&path).unwrap());
    let queued = outbox.status().await.unwrap().count(State::Queued);
    assert_eq!(queued, u64::from(there));

    std::fs::remove_file(ballast).unwrap();
    assert_eq!(drain(&outbox).await.taken(), count);
    assert_eq!(
        outbox.status().await.unwrap().count(State::HandedOver),
        u64::from(there)
    );
}

#[tokio::test]
async fn an_outbox_that_may_not_be_written_says_so() {
    let Some(folder) = in_a_namespace(
        "disk::an_outbox_that_may_not_be_written_says_so",
        "mount --bind \"$CAREFLEX_TEST_FOLDER\" \"$CAREFLEX_TEST_FOLDER\"",
    ) else {
        return;
    };
    let path = folder.join("outbox.sqlite");
    let outbox = with_company(SqliteStore::open(&path).unwrap());
    outbox.enqueue_all(incidents(0..3)).await.unwrap();
    drop(outbox);
    let remount = |how: &str| {
        let status = Command::new("mount")
            .args(["-o", how])
            .arg(&folder)
            .status();
        assert!(status.unwrap().success());
    };

    remount("remount,ro,bind");
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            StoreErrorKind::ReadOnly | StoreErrorKind::CannotOpen
        ),
        "{error:?}"
    );
    assert!(!error.is_passing());
    let error = SqliteStore::open(folder.join("new.sqlite")).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::CannotOpen);

    remount("remount,rw,bind");
    let outbox = with_company(SqliteStore::open(&path).unwrap());
    assert_eq!(states(&outbox).await, [State::Queued; 3]);
    let worker = outbox
        .worker(Portal::default())
        .pauses(Duration::ZERO, Duration::ZERO);
    let ended = worker.drain(&Stop::new()).await;
    assert!(matches!(ended, Ok(Ended::Drained)));
}

fn assert_is_full(error: &StoreError) {
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}");
    assert!(error.to_string().contains("the disk is full"));
    assert!(error.is_passing());
}

/// In the child: the folder. In the parent: nothing is left to do, as the child has done it, or cannot.
fn in_a_namespace(test: &str, mount: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let unshared = |script: &str| {
        let mut command = Command::new("unshare");
        // With a user namespace, so that it needs no rights where these are allowed.
        command.args(["--mount", "--map-root-user", "sh", "-ec", script, "sh"]);
        command.arg(&this).env(FOLDER, folder.path());
        command.args(["--exact", test, "--nocapture"]);
        command.output()
    };
    if !unshared(mount).is_ok_and(|output| output.status.success()) {
        let _: Result<(), _> = writeln!(
            std::io::stderr(),
            "{test} is skipped: no file system can be mounted here"
        );
        return None;
    }
    let output = unshared(&format!("{mount}; exec \"$@\"")).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    None
}
