//! The files that fuzzing has found worth keeping are read in short ways as without.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

mod both_ways;

#[test]
fn files_of_the_corpus_are_read_in_short_ways_as_without() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/csv_reader");
    let is_packaged_alone = !folder.exists();
    if is_packaged_alone {
        return;
    }
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let (settings, file) = both_ways::Settings::of(&bytes);
        both_ways::assert_same(file, settings);
        count += 1;
    }
    assert!(count > 100, "{count}");
}
