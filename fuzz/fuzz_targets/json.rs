//! Any bytes as a request, an answer and a file: `cargo +nightly fuzz run -s none json`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../careflex-rest/tests/alike/mod.rs"]
mod alike;

fuzz_target!(|bytes: &[u8]| alike::assert_read_alike(bytes));
