//! `careflex report`: validates everything first, then sends in batches.

use std::time::Instant;

use careflex::Rules;

use crate::args::{OnInvalid, ProfileArgs, ReportArgs};
use crate::check::{Checked, check};
use crate::connection::{self, Addresses};
use crate::exit::{Code, Failure};
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::output::{Printer, Summary};
use crate::profile::Profile;
use crate::run::{Finished, Plan, Run};

pub(crate) async fn run(
    args: &ReportArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let interrupt = Interrupt::listen();
    let nothing_sent_yet = interrupt.ends_at_once("interrupted: nothing was sent", || {});
    let profile = Profile::read(profile)?;
    let rules = Rules::documented();
    let mut input = Input::new(&args.input, &profile, rules.clone())?;
    input.require_company();
    // Settings first: nobody wants to learn of a missing secret after reading a gigabyte.
    let addresses = Addresses::read(&args.addresses, &profile)?;
    let reporter = if args.dry_run {
        None
    } else {
        let reporter = connection::reporter(args.via, &addresses, &args.addresses, &profile)?;
        Some(reporter)
    };
    let streams = input.is_piped() && args.on_invalid == OnInvalid::Skip;
    if !streams {
        input.hold("; or send the valid rows as they come with --on-invalid skip")?;
    }
    let checked = if streams {
        None
    } else {
        Some(check(&mut input, printer)?)
    };
    let refusal = checked.as_ref().and_then(|checked| refusal(checked, args));
    if let Some(refusal) = &refusal {
        printer.complain(refusal);
    }
    let plan = Plan {
        reporter: reporter.filter(|_| refusal.is_none()),
        rules,
        concurrency: usize::from(args.concurrency),
        expected_rows: checked.as_ref().map(|checked| checked.rows),
        prints_violations: streams,
        not_sent_because: match (&refusal, args.dry_run) {
            (Some(_), _) => "nothing was sent because something in the input is not valid",
            (None, true) => "dry run: it would have been sent",
            (None, false) => "not sent",
        },
    };
    printer.begin_progress(plan.expected_rows);
    // Where nothing is to be sent, it stays that way.
    let _nothing_sent = plan.reporter.is_none().then_some(nothing_sent_yet);
    let finished = Run::new(plan, printer).all(&input, interrupt).await;
    printer.end_progress();
    let Finished {
        summary,
        stopped,
        is_input_broken,
        is_output_broken,
    } = finished;
    let summary = Summary {
        seconds: begin.elapsed().as_secs_f64(),
        ..summary
    };
    let shown = printer.summary(&summary);
    if refusal.is_some() {
        return Ok(Code::Usage);
    }
    if let Some(reason) = &stopped {
        printer.complain(reason);
    }
    if summary.in_doubt > 0 {
        printer.complain("rows are in doubt: look for them in the portal before you repeat them, nothing keeps it from booking them twice");
    }
    if (is_output_broken || shown.is_err()) && summary.requests > 0 {
        printer.complain(&format!(
            "not all outcomes could be shown: {}. Look into the portal before you repeat",
            summary.in_words()
        ));
        return Ok(Code::InDoubt);
    }
    if is_input_broken && summary.requests == 0 {
        return Ok(Code::Usage);
    }
    Ok(exit_code(&summary, stopped.is_some(), args.dry_run))
}

/// Why nothing may be sent at all.
fn refusal(checked: &Checked, args: &ReportArgs) -> Option<String> {
    let is_wrong_file = checked.other_company > 0;
    let aborts = checked.invalid > 0 && args.on_invalid == OnInvalid::Abort;
    if !(is_wrong_file || aborts || checked.broken_files > 0) {
        return None;
    }
    let advice = if is_wrong_file {
        "; rows of another company are never skipped: is this the right file?"
    } else if checked.broken_files == 0 && checked.invalid < checked.rows {
        " (--on-invalid skip sends the valid ones)"
    } else {
        ""
    };
    Some(format!("nothing was sent: {}{advice}", checked.in_words()))
}

/// Where several apply, the highest wins.
fn exit_code(summary: &Summary, stopped: bool, dry_run: bool) -> Code {
    if summary.in_doubt > 0 {
        Code::InDoubt
    } else if stopped || (summary.not_sent > 0 && !dry_run) {
        Code::NotSent
    } else if summary.refused + summary.invalid > 0 {
        Code::Refused
    } else {
        Code::Fine
    }
}
