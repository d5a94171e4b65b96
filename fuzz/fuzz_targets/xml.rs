//! Whatever a document is: the fast way through its lists and the parser alone agree.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../careflex-soap/tests/alike/mod.rs"]
mod alike;

fuzz_target!(|document: &[u8]| alike::assert_alike(document));
