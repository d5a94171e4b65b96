//! The `careflex` command: for HR and IT people, cron jobs and acceptance tests.
//!
//! Results go to standard output, everything else to standard error. Exit codes: [`exit::Code`].

mod args;
mod check;
mod commands;
mod company;
mod connection;
mod exit;
mod input;
mod interrupt;
mod logging;
mod output;
mod profile;
mod row;
mod run;
mod secrets;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::exit::Failure;
use crate::output::Printer;

fn main() -> ExitCode {
    logging::hide_panic_messages();
    let args = Args::parse();
    logging::start(args.verbose);
    let mut printer = Printer::new(args.json);
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| run(args, &mut printer)));
    match outcome {
        Ok(Ok(code)) => code.into(),
        Ok(Err(failure)) => {
            printer.complain(&failure.message);
            failure.code.into()
        }
        // The hook has said where. Something may have been sent.
        Err(_) => exit::Code::InDoubt.into(),
    }
}

fn run(args: Args, printer: &mut Printer) -> Result<exit::Code, Failure> {
    let Args {
        profile, command, ..
    } = args;
    match command {
        Command::Validate(validate) => commands::validate::run(&validate, &profile, printer),
        Command::Schema(schema) => commands::schema::run(&schema, printer),
        Command::Completions(completions) => commands::shell::completions(&completions, printer),
        Command::Man => commands::shell::man(printer),
        Command::Demo => on_runtime(commands::demo::run(printer)),
        Command::Report(report) => on_runtime(commands::report::run(&report, &profile, printer)),
        Command::None(none) => on_runtime(commands::none::run(&none, &profile, printer)),
        Command::Token(token) => on_runtime(commands::token::run(&token, &profile, printer)),
        Command::Sandbox(sandbox) => on_runtime(commands::sandbox::run(&sandbox, printer)),
    }
}

fn on_runtime(
    command: impl Future<Output = Result<exit::Code, Failure>>,
) -> Result<exit::Code, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_sent(format!("cannot start: {error}")))?
        .block_on(command)
}
