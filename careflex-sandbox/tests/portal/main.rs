//! The sandbox over real sockets, with a client that takes nothing for granted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod answers;
mod connections;
mod cuts;
mod faults;
mod holding;
mod plans;
mod raw;
mod reports;
mod soap;
mod soap_faults;
mod soap_refusals;
mod table;
mod tokens;
mod xml;
