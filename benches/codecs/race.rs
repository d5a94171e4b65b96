//! Times ours and its peers side by side, and counts their allocations.

use std::hint::black_box;
use std::time::{Duration, Instant};

use careflex::Report;

use crate::common::PER_REPORT;

/// Messages of which the allocations are counted.
const COUNTED: usize = 20;

/// How long a race may take.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds are run until this time is over.
    pub(crate) time: Duration,
    /// But at least so many.
    pub(crate) least: usize,
}

/// A task, with all who do it.
pub(crate) struct Race<'a> {
    task: &'static str,
    /// The bytes of each message, as ours writes it: the measure for all.
    lengths: Vec<usize>,
    /// Ours is the first.
    runners: Vec<Runner<'a>>,
    /// Ours with the first message again and again.
    hot: Option<Runner<'a>>,
}

struct Runner<'a> {
    name: &'static str,
    /// How many of the messages it works through in a round.
    messages: usize,
    /// With the message of a number, returns something that depends on the work.
    work: Box<dyn FnMut(usize) -> usize + 'a>,
}

/// What came out.
pub(crate) struct Outcome {
    pub(crate) task: &'static str,
    pub(crate) ours: Figures,
    /// With the same message again and again, which is in the caches then.
    pub(crate) hot: Option<Figures>,
    pub(crate) peers: Vec<(&'static str, Figures)>,
}

#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Megabytes a second, of the bytes that go over the wire.
    pub(crate) mbps: f64,
    pub(crate) incidents_per_s: f64,
    pub(crate) allocs_per_incident: f64,
}

/// One message for each report.
pub(crate) fn messages(
    reports: &[Report],
    mut write: impl FnMut(&Report, &mut Vec<u8>),
) -> Vec<Vec<u8>> {
    let message = |report| {
        let mut message = Vec::new();
        write(report, &mut message);
        message
    };
    reports.iter().map(message).collect()
}

/// The work of writing into a buffer that is used again.
pub(crate) fn into(mut write: impl FnMut(usize, &mut Vec<u8>)) -> impl FnMut(usize) -> usize {
    let mut buffer = Vec::new();
    move |number| {
        buffer.clear();
        write(number, &mut buffer);
        black_box(&mut buffer).len()
    }
}

impl<'a> Race<'a> {
    pub(crate) fn new(
        task: &'static str,
        messages: &[Vec<u8>],
        ours: impl FnMut(usize) -> usize + 'a,
    ) -> Self {
        let race = Self {
            task,
            lengths: messages.iter().map(Vec::len).collect(),
            runners: Vec::new(),
            hot: None,
        };
        race.against("careflex", ours)
    }

    pub(crate) fn against(self, name: &'static str, work: impl FnMut(usize) -> usize + 'a) -> Self {
        let messages = self.lengths.len();
        self.against_slow(name, messages, work)
    }

    /// A peer that is so slow that it gets the first messages only.
    pub(crate) fn against_slow(
        mut self,
        name: &'static str,
        messages: usize,
        work: impl FnMut(usize) -> usize + 'a,
    ) -> Self {
        self.runners.push(Runner {
            name,
            messages,
            work: Box::new(work),
        });
        self
    }

    /// Ours again, with the first message again and again.
    pub(crate) fn hot(mut self, mut work: impl FnMut(usize) -> usize + 'a) -> Self {
        self.hot = Some(Runner {
            name: "hot",
            messages: self.lengths.len(),
            work: Box::new(move |_| work(0)),
        });
        self
    }

    pub(crate) fn run(mut self, effort: Effort) -> Outcome {
        let mut runners: Vec<_> = self.runners.iter_mut().chain(&mut self.hot).collect();
        // Of each message, over all rounds: who disturbs one spoils not the whole round.
        let mut best: Vec<_> = runners
            .iter()
            .map(|runner| vec![Duration::MAX; runner.messages])
            .collect();
        // The allocator does not count meanwhile: so it costs hardly anything.
        allocation_counter::opt_out(|| {
            let begin = Instant::now();
            for round in 0.. {
                if round >= effort.least && begin.elapsed() >= effort.time {
                    break;
                }
                // By turns, so that nobody always finds the caches as the same other one left them.
                for turn in 0..runners.len() {
                    let next = (round + turn) % runners.len();
                    runners[next].run(&mut best[next]);
                }
            }
        });
        let (lengths, first) = (&self.lengths, self.lengths[0]);
        let figures = |runner: &mut Runner<'_>, best: &[Duration], bytes: usize| {
            let seconds = best.iter().sum::<Duration>().as_secs_f64();
            Figures {
                mbps: bytes as f64 / seconds / 1e6,
                incidents_per_s: (runner.messages * PER_REPORT) as f64 / seconds,
                allocs_per_incident: runner.allocations(),
            }
        };
        let hot = self.hot.as_mut().zip(best.last()).map(|(runner, best)| {
            let bytes = first * runner.messages;
            figures(runner, best, bytes)
        });
        let mut cold = self.runners.iter_mut().zip(&best).map(|(runner, best)| {
            let bytes = lengths.iter().take(runner.messages).sum();
            (runner.name, figures(runner, best, bytes))
        });
        let (_, ours) = cold.next().unwrap();
        Outcome {
            task: self.task,
            ours,
            hot,
            peers: cold.collect(),
        }
    }
}

impl Runner<'_> {
    fn run(&mut self, best: &mut [Duration]) {
        for (message, best) in best.iter_mut().enumerate() {
            let begin = Instant::now();
            black_box((self.work)(black_box(message)));
            *best = begin.elapsed().min(*best);
        }
    }

    /// In a pass of its own, when all buffers have grown.
    fn allocations(&mut self) -> f64 {
        let messages = self.messages.min(COUNTED);
        let counted = allocation_counter::measure(|| {
            for message in 0..messages {
                black_box((self.work)(message));
            }
        });
        counted.count_total as f64 / (messages * PER_REPORT) as f64
    }
}
