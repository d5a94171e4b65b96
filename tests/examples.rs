//! The examples run.

#![cfg(feature = "rest")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking; each example is a program of its own"
)]

#[path = "../examples/own_token_provider.rs"]
mod own_token_provider;
#[path = "../examples/report_rest.rs"]
mod report_rest;

#[test]
fn report_rest() {
    report_rest::main().unwrap();
}

#[test]
fn own_token_provider() {
    own_token_provider::main().unwrap();
}
