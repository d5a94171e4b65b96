//! `careflex validate`: checks, and sends nothing.

use std::time::Instant;

use careflex::Rules;

use crate::args::{ProfileArgs, ValidateArgs};
use crate::check::check;
use crate::error_report::{CORRECT_THE_INPUT, ErrorFile};
use crate::exit::{Code, Failure};
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::listing::Listing;
use crate::output::{Printer, Summary};
use crate::private_file::removes_half_of;
use crate::profile::Profile;

pub(crate) async fn run(
    args: &ValidateArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let error_report = args.corrections.error_report.as_deref();
    let ends_at_once = error_report.map(|path| {
        let last_words = "interrupted: --error-report was not written";
        Interrupt::listen().ends_at_once(last_words, removes_half_of(path))
    });
    let profile = Profile::read(profile)?;
    let mut input = Input::new(&args.input, &profile, Rules::documented())?;
    let mut error_file = error_report
        .map(|path| ErrorFile::begin(path, args.input.all_files()))
        .transpose()?;
    let listing = Listing::up_to(args.input.max_errors);
    let checked = check(&mut input, listing, printer, |item| {
        if let Some(file) = &mut error_file {
            file.add_checked(item);
        }
    })?;
    drop(ends_at_once);
    printer.event("summary", Summary::of_checked(&checked, begin))?;
    printer.say(&checked.in_words())?;
    let kept = error_file.map_or(Ok(()), |file| file.keep(CORRECT_THE_INPUT, printer));
    if let Err(message) = &kept {
        printer.complain(message);
    }
    Ok(if checked.is_fine() && kept.is_ok() {
        Code::Fine
    } else {
        Code::Usage
    })
}
