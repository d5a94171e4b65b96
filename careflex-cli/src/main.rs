//! The `careflex` command: for HR and IT people, cron jobs and acceptance tests.
//!
//! Results go to standard output, everything else to standard error. Exit codes: [`exit::Code`].

mod args;
mod check;
mod commands;
mod company;
mod connection;
mod encoder;
mod error_report;
mod exit;
mod handover;
mod input;
mod interrupt;
mod layout_file;
mod listing;
mod logging;
mod output;
mod private_file;
mod profile;
mod row;
mod run;
mod secrets;
mod sender;
mod store;
mod stored;
mod time;

use std::ffi::OsStr;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::args::{Args, Command};
use crate::exit::Failure;
use crate::output::Printer;

fn main() -> ExitCode {
    logging::hide_panic_messages();
    let matches = without_empty_variables(Args::command()).get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
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

/// A variable that is set to nothing counts as not set: who starts programs for others often does so.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| match arg.get_env() {
            Some(name) if is_empty(name) => arg.env(None::<&str>),
            _ => arg,
        })
        .mut_subcommands(without_empty_variables)
}

fn run(args: Args, printer: &mut Printer) -> Result<exit::Code, Failure> {
    let Args {
        profile, command, ..
    } = args;
    match command {
        Command::Validate(validate) => {
            on_runtime(commands::validate::run(&validate, &profile, printer))
        }
        Command::Convert(convert) => {
            on_runtime(commands::convert::run(&convert, &profile, printer))
        }
        Command::Layout(layout) => commands::layout::run(&layout, printer),
        Command::Schema(schema) => commands::schema::run(&schema, &profile, printer),
        Command::Completions(completions) => commands::shell::completions(&completions, printer),
        Command::Man => commands::shell::man(printer),
        Command::Demo => on_runtime(commands::demo::run(printer)),
        Command::Report(report) => on_runtime(commands::report::run(&report, &profile, printer)),
        Command::Watch(watch) => on_runtime(commands::watch::run(&watch, &profile, printer)),
        Command::Outbox(outbox) => on_runtime(commands::outbox::run(&outbox, &profile, printer)),
        Command::None(none) => on_runtime(commands::none::run(&none, &profile, printer)),
        Command::Token(token) => on_runtime(commands::token::run(&token, &profile, printer)),
        Command::Sandbox(sandbox) => on_runtime(commands::sandbox::run(&sandbox, printer)),
    }
}

fn on_runtime(
    command: impl Future<Output = Result<exit::Code, Failure>>,
) -> Result<exit::Code, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_sent(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(command);
    // Somebody may still wait for a name server: not for ever.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}
