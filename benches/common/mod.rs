//! What all benchmarks work on: the same incidents in each run, as HR departments might report them.

mod dataset;
mod words;

pub(crate) use dataset::{INCIDENTS, PER_REPORT, answer, reports, token};
