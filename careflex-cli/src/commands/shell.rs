//! `careflex completions` and `careflex man`

use std::io::Write as _;

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
    let mut command = Args::command();
    // Sub-commands learn their whole names.
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    render_sub_commands(&command, &mut page)?;
    printer.write(String::from_utf8_lossy(&page).trim_end())?;
    Ok(Code::Fine)
}

/// One section a sub-command, however deep.
fn render_sub_commands(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    for sub_command in command.get_subcommands() {
        let name = sub_command.get_bin_name().unwrap_or_default();
        writeln!(page, ".SH {}", name.to_uppercase())?;
        let man = clap_mangen::Man::new(sub_command.clone());
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        man.render_extra_section(page)?;
        // A command that only has others below lists `help` too.
        if sub_command.get_name() != "help" {
            render_sub_commands(sub_command, page)?;
        }
    }
    Ok(())
}
