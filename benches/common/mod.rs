//! What all benchmarks work on: the same incidents in each run, as HR departments might report them.

#[allow(dead_code, reason = "not every benchmark needs everything")]
mod dataset;
mod words;

#[allow(unused_imports, reason = "not every benchmark needs everything")]
pub(crate) use dataset::{EXTERNAL_ID, INCIDENTS, PER_REPORT, answer, reports, token};
