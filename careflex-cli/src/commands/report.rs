//! `careflex report`: validates everything first, then sends in batches.

use std::sync::Arc;
use std::time::Instant;

use careflex::outbox::{Outbox, SqliteStore};
use careflex::{Reporter, Rules};

use crate::args::{OnInvalid, ProfileArgs, ReportArgs, Via};
use crate::check::check;
use crate::connection::{self, Addresses};
use crate::error_report::{
    CORRECT_THE_INPUT, ErrorFile, REPORT_THIS_FILE, REPORT_THIS_FILE_AND_MORE,
};
use crate::exit::{Code, Failure};
use crate::handover::FilesOut;
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::listing::Listing;
use crate::output::{Printer, Summary};
use crate::private_file::removes_half_of;
use crate::profile::Profile;
use crate::run::{Finished, Plan, Run};
use crate::sender::portal_of;
use crate::store;

mod stored;

/// Requests at the same time, if nothing else is said and there is no outbox.
const CONCURRENCY: u16 = 4;

pub(crate) async fn run(
    args: &ReportArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let interrupt = Interrupt::listen();
    let error_report = args.corrections.error_report.as_deref();
    let tidy_up = error_report.map(removes_half_of);
    let nothing_sent_yet = interrupt.ends_at_once("interrupted: nothing was sent", || {
        tidy_up.into_iter().for_each(|tidy_up| tidy_up());
    });
    let profile = Profile::read(profile)?;
    let rules = Rules::documented();
    let mut input = Input::new(&args.input, &profile, rules.clone())?;
    input.require_company();
    // Settings first: nobody wants to learn of a missing secret after reading a gigabyte.
    let reporter = reporter(args, &profile, &mut input)?.filter(|_| !args.dry_run);
    let error_file = error_report
        .map(|path| {
            ErrorFile::begin(
                path,
                args.input.all_files().chain(&args.drop.out.out_layout),
            )
        })
        .transpose()?;
    let outbox = outbox(args, &profile).await?;
    let streams = input.is_piped() && args.on_invalid == OnInvalid::Skip && outbox.is_none();
    if !streams {
        input.hold("; or send the valid rows as they come with --on-invalid skip")?;
    }
    let mut listing = Some(Listing::up_to(args.input.max_errors));
    let checked = match listing.take_if(|_| !streams) {
        Some(listing) => Some(check(&mut input, listing, printer, |_| {})?),
        None => None,
    };
    let refusal = checked
        .as_ref()
        .and_then(|checked| checked.refusal(args.on_invalid));
    if let Some(refusal) = &refusal {
        printer.complain(refusal);
    }
    let plan = Plan {
        reporter: reporter.filter(|_| refusal.is_none()),
        rules,
        concurrency: usize::from(args.concurrency.unwrap_or(CONCURRENCY)),
        expected_rows: checked.as_ref().map(|checked| checked.rows),
        listing,
        error_file,
        not_sent_because: match (&refusal, args.dry_run) {
            (Some(_), _) => "nothing was sent because something in the input is not valid",
            (None, true) => "dry run: it would have been sent",
            (None, false) => "not sent",
        },
    };
    printer.begin_progress(plan.expected_rows);
    // Where nothing is to be sent, it stays that way.
    let _nothing_sent = plan.reporter.is_none().then_some(nothing_sent_yet);
    let mut finished = match (outbox, plan.reporter.is_some()) {
        (Some(outbox), true) => {
            stored::run(plan, &outbox, args, &input, interrupt, printer).await?
        }
        _ => Run::new(plan, printer).all(&input, interrupt).await,
    };
    printer.end_progress();
    finished.summary.seconds = begin.elapsed().as_secs_f64();
    finished.summary.files = (args.via == Via::Csv).then_some(finished.summary.requests);
    finished.summary.unlisted += checked.map_or(0, |checked| checked.unlisted);
    let advice = advice(&finished);
    let kept = match finished.error_file.take() {
        Some(file) => file.keep(advice, printer),
        None => Ok(()),
    };
    let shown = printer.summary(&finished.summary);
    if let Err(message) = &kept {
        printer.complain(message);
    }
    let requests = finished.summary.requests;
    let code = if refusal.is_some() || finished.is_refused {
        Code::Usage
    } else {
        conclude(finished, shown.is_ok(), args.dry_run, printer)
    };
    Ok(match (kept, requests) {
        (Ok(()), _) => code,
        (Err(_), 0) => code.max(Code::Usage),
        // What became of the rows matters more. But the file from the last run may still be there: whoever
        // goes by the code must not take it for this run's.
        (Err(_), _) => code.max(Code::Refused),
    })
}

/// The outbox, if one is asked for and something may be sent: what is accepted by one portal must not look accepted
/// by another.
async fn outbox(
    args: &ReportArgs,
    profile: &Profile,
) -> Result<Option<Outbox<SqliteStore>>, Failure> {
    let Some(address) = store::address(&args.store, profile).filter(|_| !args.dry_run) else {
        return Ok(None);
    };
    let portal = portal_of(args.via, &args.addresses, profile)?;
    let outbox = store::open(address)?;
    let bound = outbox.bind_to(portal).await;
    bound.map_err(|error| store::failure(&error))?;
    Ok(Some(outbox))
}

/// The reporter of an interface. Over CSV, the input learns which rows can be handed over.
fn reporter(
    args: &ReportArgs,
    profile: &Profile,
    input: &mut Input,
) -> Result<Option<Arc<dyn Reporter>>, Failure> {
    if let Some(via) = args.via.over_http() {
        if let Some(flag) = args.drop.given() {
            return Err(Failure::usage(format!("{flag} is for --via csv")));
        }
        let addresses = Addresses::read(&args.addresses, profile)?;
        return match args.dry_run {
            true => Ok(None),
            false => connection::reporter(via, &addresses, &args.addresses, profile).map(Some),
        };
    }
    let files_out = FilesOut::read(&args.drop, args.input.reading.separator, profile)?;
    let error_report = args.corrections.error_report.as_deref();
    if error_report.is_some_and(|file| files_out.would_take(file)) {
        return Err(Failure::usage(
            "--error-report would be in the drop folder: the SyncTool would take it for a file to import",
        ));
    }
    if store::address(&args.store, profile).is_some() {
        files_out.require_company(input.default_company())?;
    }
    files_out.guard(input);
    files_out.reporter(input.default_company()).map(Some)
}

/// What to do with the rows to correct.
fn advice(finished: &Finished) -> &'static str {
    let summary = &finished.summary;
    let are_others_left = summary.not_sent + summary.in_doubt > 0
        || finished.stopped.is_some()
        || finished.is_input_broken;
    match (summary.requests, are_others_left) {
        (0, _) => CORRECT_THE_INPUT,
        (_, false) => REPORT_THIS_FILE,
        (_, true) => REPORT_THIS_FILE_AND_MORE,
    }
}

/// Says what is to be said of a run that could send, and finds its exit code.
fn conclude(finished: Finished, is_shown: bool, dry_run: bool, printer: &Printer) -> Code {
    let Finished {
        summary,
        stopped,
        is_input_broken,
        is_output_broken,
        is_kept,
        ..
    } = finished;
    if let Some(reason) = &stopped {
        printer.complain(reason);
    }
    if summary.in_doubt > 0 && is_kept {
        printer.complain("rows are in doubt: look for them in the portal, then say what you found: `careflex outbox status` tells how. They are not sent again until then");
    } else if summary.in_doubt > 0 {
        printer.complain("rows are in doubt: look for them in the portal before you repeat them, nothing keeps it from booking them twice");
    }
    if (is_output_broken || !is_shown) && is_kept {
        printer.complain(
            "not all outcomes could be shown: they are in the outbox, the same call shows them again",
        );
        return exit_code(&summary, true, dry_run);
    }
    if (is_output_broken || !is_shown) && summary.requests > 0 {
        printer.complain(&format!(
            "not all outcomes could be shown: {}. Look into the portal before you repeat",
            summary.in_words()
        ));
        return Code::InDoubt;
    }
    if is_input_broken && summary.requests == 0 {
        return Code::Usage;
    }
    exit_code(&summary, stopped.is_some(), dry_run)
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
