//! What goes to standard error beside results and complaints.

use std::io::Write as _;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Shows our own events: warnings always, what is done with `-v`, everything with `-vv`. Events of other
/// crates stay hidden at every level: they may show headers and bodies.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // What an outbox has to say is said by the commands that use it.
    let of_outbox = match verbose {
        0 => LevelFilter::OFF,
        _ => level,
    };
    let ours = Targets::new()
        .with_target("careflex", level)
        .with_target("careflex_outbox", of_outbox);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(anstream::stderr)
        .with_target(false)
        .without_time();
    tracing_subscriber::registry().with(ours).with(lines).init();
}

/// A panic says where, not what: its message may hold personal data.
pub(crate) fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|location| format!(" ({}:{})", location.file(), location.line()))
            .unwrap_or_default();
        // Nobody can be told if standard error is gone too.
        let _: std::io::Result<()> = writeln!(
            anstream::stderr(),
            "careflex failed unexpectedly{place}. Rows without a printed outcome may have been sent: look into the portal before you repeat. Please report this as a bug."
        );
    }));
}
