//! The outbox when its database is full, read-only, locked, damaged, from a newer version or in other hands; what is
//! left of personal data; and clocks that jump.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod clocks;
mod common;
mod damage;
mod disk;
mod others;
mod personal_data;
