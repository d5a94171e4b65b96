//! The sandbox over real sockets, with a client that takes nothing for granted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod connections;
mod faults;
mod holding;
mod raw;
mod reports;
mod tokens;
