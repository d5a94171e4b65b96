//! Ctrl-C, SIGTERM and SIGHUP: the first one finishes what is under way, the second one ends it.

use tokio::sync::watch;

/// Tells when the user wants to stop, and how badly.
pub(crate) struct Interrupt(watch::Receiver<u8>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = watch::channel(0_u8);
        // Before anything else is done: the first signal may come at once.
        let signals = Signals::new();
        tokio::spawn(async move {
            if let Ok(mut signals) = signals {
                while signals.next().await {
                    sender.send_modify(|count| *count = count.saturating_add(1));
                }
            }
            // Signals cannot be listened for (any more): nobody will ever interrupt.
            sender.closed().await;
        });
        Self(receiver)
    }

    /// Waits until there have been so many signals.
    pub(crate) async fn wait(&mut self, signals: u8) {
        if self.0.wait_for(|count| *count >= signals).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Waits for the next one; `false` if there will be none.
    async fn next(&mut self) -> bool {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            signal = interrupt.recv() => signal.is_some(),
            signal = terminate.recv() => signal.is_some(),
            signal = hangup.recv() => signal.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the next one; `false` if there will be none.
    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
