//! `careflex report`: validates everything first, then sends in batches.

use std::sync::Arc;
use std::time::Instant;

use careflex::{Reporter, Rules};

use crate::args::{OnInvalid, ProfileArgs, ReportArgs, Via};
use crate::commands::validate::{self, Checked};
use crate::connection;
use crate::exit::{Code, Failure};
use crate::input::Input;
use crate::output::{Printer, Summary};
use crate::profile::Profile;

mod batch;
pub(crate) mod interrupt;
mod run;

pub(crate) use batch::Batch;
use run::{Plan, Run};

pub(crate) async fn run(
    args: &ReportArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let profile = Profile::read(profile)?;
    let rules = Rules::documented();
    let mut input = Input::new(&args.input, &profile, rules.clone())?;
    input.require_company();
    // Settings first: nobody wants to learn of a missing secret after reading a gigabyte.
    let reporter: Option<Arc<dyn Reporter>> = if args.dry_run {
        None
    } else {
        match args.via {
            Via::Rest => Some(Arc::new(connection::rest_reporter(
                &args.addresses,
                &profile,
            )?)),
        }
    };
    let streams = input.is_piped() && args.on_invalid == OnInvalid::Skip;
    if !streams {
        input.hold()?;
    }
    let checked = if streams {
        None
    } else {
        Some(validate::check(&mut input, printer)?)
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
    let finished = Run::new(plan, printer).all(&input).await;
    printer.end_progress();
    let summary = Summary {
        seconds: begin.elapsed().as_secs_f64(),
        ..finished.summary
    };
    printer.summary(&summary)?;
    if refusal.is_some() {
        return Ok(Code::Usage);
    }
    if let Some(reason) = &finished.stopped {
        printer.complain(reason);
    }
    if finished.is_input_broken && summary.requests == 0 {
        return Ok(Code::Usage);
    }
    Ok(exit_code(
        &summary,
        finished.stopped.is_some(),
        args.dry_run,
    ))
}

/// Why nothing may be sent at all.
fn refusal(checked: &Checked, args: &ReportArgs) -> Option<String> {
    let aborts = checked.invalid > 0 && args.on_invalid == OnInvalid::Abort;
    let advice = if aborts && checked.broken_files == 0 {
        " (--on-invalid skip sends the valid ones)"
    } else {
        ""
    };
    (aborts || checked.broken_files > 0)
        .then(|| format!("nothing was sent: {}{advice}", checked.in_words()))
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
