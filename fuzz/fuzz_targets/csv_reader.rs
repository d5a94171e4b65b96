//! Reads CSV files in the short ways and without them: both must end in the same.

#![no_main]

#[path = "../../careflex-csv/tests/both_ways/mod.rs"]
mod both_ways;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (settings, file) = both_ways::Settings::of(bytes);
    both_ways::assert_same(file, settings);
});
