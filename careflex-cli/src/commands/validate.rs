//! `careflex validate`: checks, and sends nothing.

use std::time::Instant;

use careflex::Rules;

use crate::args::{ProfileArgs, ValidateArgs};
use crate::check::check;
use crate::exit::{Code, Failure};
use crate::input::Input;
use crate::output::{Printer, Summary};
use crate::profile::Profile;

pub(crate) fn run(
    args: &ValidateArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let profile = Profile::read(profile)?;
    let mut input = Input::new(&args.input, &profile, Rules::documented())?;
    let checked = check(&mut input, printer)?;
    printer.event("summary", Summary::of_checked(&checked, begin))?;
    printer.say(&checked.in_words())?;
    Ok(if checked.is_fine() {
        Code::Fine
    } else {
        Code::Usage
    })
}
