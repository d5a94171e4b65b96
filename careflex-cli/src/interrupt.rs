//! Ctrl-C, SIGTERM and SIGHUP: the first one finishes what is under way, the second one gives it up, the
//! third one ends the program whatever it does.

use std::future::pending;
use std::pin::pin;
use std::process::exit;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::exit::Code;
use crate::output::complain;

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
                    if *sender.borrow() > 2 {
                        end(
                            "ended without an account: look into the portal before you repeat",
                            Code::InDoubt,
                        );
                    }
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
            pending::<()>().await;
        }
    }

    /// Until what comes back is dropped, nothing has been done that must be finished: the first signal tidies
    /// up and ends the program, whatever it is busy with.
    pub(crate) fn ends_at_once(
        &self,
        last_words: &'static str,
        tidy_up: impl FnOnce() + Send + 'static,
    ) -> EndsAtOnce {
        let mut interrupt = Self(self.0.clone());
        EndsAtOnce(tokio::spawn(async move {
            interrupt.wait(1).await;
            tidy_up();
            end(last_words, Code::NotSent);
        }))
    }

    /// Does something that must not be left half-way. `None` if the user insists.
    pub(crate) async fn finish<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = self.wait(1) => complain("finishing what is under way; once more ends that too"),
        }
        tokio::select! {
            biased;
            done = &mut work => Some(done),
            () = self.wait(2) => None,
        }
    }
}

/// Ends the program, even if nobody reads what it says.
fn end(last_words: &'static str, code: Code) -> ! {
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        complain(last_words);
        // Nobody listens any more if it took too long.
        let _: Result<(), _> = said.send(());
    });
    let _: Result<(), _> = heard.recv_timeout(Duration::from_secs(1));
    exit(code as i32)
}

/// See [`Interrupt::ends_at_once`].
pub(crate) struct EndsAtOnce(JoinHandle<()>);

impl Drop for EndsAtOnce {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` under `nohup`, which is there to keep it away.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Ctrl-C is heard even where it was ignored, as in a script's background: it ends a run gracefully.
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let ignores_hangup = is_ignored(SignalKind::hangup());
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: (!ignores_hangup)
                .then(|| signal(SignalKind::hangup()))
                .transpose()?,
        })
    }

    /// Waits for the next one; `false` if there will be none.
    async fn next(&mut self) -> bool {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            signal = self.interrupt.recv() => signal.is_some(),
            signal = self.terminate.recv() => signal.is_some(),
            signal = hangup => signal.is_some(),
        }
    }
}

/// Whether whoever started this program had the signal ignored. Only Linux tells.
#[cfg(unix)]
fn is_ignored(signal: tokio::signal::unix::SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.unwrap_or_default() & (1 << (signal.as_raw_value() - 1)) != 0
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
