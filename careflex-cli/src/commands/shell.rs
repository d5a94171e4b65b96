//! `careflex completions` and `careflex man`

use clap::CommandFactory as _;

use crate::args::{Args, CompletionsArgs};
use crate::exit::{Code, Failure};
use crate::output::Printer;

pub(crate) fn completions(args: &CompletionsArgs, printer: &mut Printer) -> Result<Code, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "careflex", &mut script);
    printer.write(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Code::Fine)
}

pub(crate) fn man(printer: &mut Printer) -> Result<Code, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    printer.write(String::from_utf8_lossy(&page).trim_end())?;
    Ok(Code::Fine)
}
