//! Ctrl-C and SIGTERM: what is under way is finished, the rest is not sent.

use tokio::sync::watch;

/// Tells when the user wants to stop.
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on. A second signal ends the program at once.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            if signal().await {
                // The receiver may be gone when the run is over.
                let _: Result<(), _> = sender.send(true);
            }
            if signal().await {
                std::process::exit(crate::exit::Code::InDoubt as i32);
            }
        });
        Self(receiver)
    }

    /// Waits for the first signal.
    pub(crate) async fn wait(&mut self) {
        if self.0.wait_for(|stop| *stop).await.is_err() {
            // Signals cannot be listened for: nobody will ever interrupt.
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for one signal; `false` if that is not possible.
#[cfg(unix)]
async fn signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return false;
    };
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.is_ok(),
        received = terminate.recv() => received.is_some(),
    }
}

/// Waits for one signal; `false` if that is not possible.
#[cfg(not(unix))]
async fn signal() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
