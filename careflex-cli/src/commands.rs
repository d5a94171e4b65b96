//! One module a sub-command.

pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod layout;
pub(crate) mod none;
pub(crate) mod outbox;
pub(crate) mod report;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod shell;
pub(crate) mod token;
pub(crate) mod validate;
pub(crate) mod watch;
