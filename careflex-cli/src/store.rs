//! The outbox of a call.

use std::path::Path;
use std::time::Duration;

use careflex::outbox::{Outbox, SqliteStore, StoreError, StoreErrorKind};

use crate::args::{StoreAddress, StoreArgs};
use crate::exit::{Code, Failure, in_full};
use crate::profile::Profile;

/// Days after the answer until contents are removed.
const RETENTION: u32 = 30;
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The outbox that is asked for: by flag or variable, else by the profile.
pub(crate) fn address<'a>(args: &'a StoreArgs, profile: &'a Profile) -> Option<&'a StoreAddress> {
    args.store.as_ref().or(profile.store.as_ref())
}

/// How long contents are kept after the answer.
pub(crate) fn retention(args: &StoreArgs) -> Duration {
    DAY * args.retention.unwrap_or(RETENTION)
}

/// Opens an outbox, and creates it if it is not there.
pub(crate) fn open(address: &StoreAddress) -> Result<Outbox<SqliteStore>, Failure> {
    in_place(&address.path, SqliteStore::open(&address.path))
}

/// Opens the outbox of a command that works on one that is there.
pub(crate) fn open_existing(
    args: &StoreArgs,
    profile: &Profile,
) -> Result<Outbox<SqliteStore>, Failure> {
    let address = required(args, profile)?;
    in_place(&address.path, SqliteStore::open_existing(&address.path))
}

/// The outbox of a command that makes no sense without one.
pub(crate) fn required<'a>(
    args: &'a StoreArgs,
    profile: &'a Profile,
) -> Result<&'a StoreAddress, Failure> {
    address(args, profile).ok_or_else(|| {
        Failure::usage(
            "the outbox is missing: give --store sqlite:FILE (or CAREFLEX_STORE, or store in the profile)",
        )
    })
}

fn in_place(
    path: &Path,
    opened: Result<SqliteStore, StoreError>,
) -> Result<Outbox<SqliteStore>, Failure> {
    opened.map(Outbox::new).map_err(|error| {
        let failure = failure(&error);
        Failure {
            message: format!("--store sqlite:{}: {}", path.display(), failure.message),
            ..failure
        }
    })
}

/// What a store that fails before anything is sent means.
pub(crate) fn failure(error: &StoreError) -> Failure {
    let code = match error.kind() {
        kind if error.is_passing() || kind == StoreErrorKind::HasWorker => Code::NotSent,
        _ => Code::Usage,
    };
    Failure {
        code,
        message: in_full(error),
    }
}
