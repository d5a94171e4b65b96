//! Results on standard output: tables for people, one JSON object a line for programs.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use careflex::{Severity, Violation};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::check::Checked;
use crate::row::{RowLine, Status};

/// From how many bytes on a remark is not repeated row by row.
const LONG_REMARK: usize = 50;
/// How often the progress bar is drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// How many characters of a key the table shows.
const KEY_SHOWN: usize = 40;

/// The counts at the end. Members and their order are fixed; what `validate` adds stands behind.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) invalid: u64,
    pub(crate) not_sent: u64,
    pub(crate) in_doubt: u64,
    pub(crate) handed_over: u64,
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) valid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) warnings: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) broken_files: Option<u64>,
    /// Errors and warnings that were counted and not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) unlisted: u64,
    /// How many of the requests are files, where there may be such.
    #[serde(skip)]
    pub(crate) files: Option<u64>,
}

impl Summary {
    /// Of files that were checked, and nothing else.
    pub(crate) fn of_checked(checked: &Checked, begin: Instant) -> Self {
        Self {
            invalid: checked.invalid,
            seconds: begin.elapsed().as_secs_f64(),
            valid: Some(checked.rows - checked.invalid),
            warnings: Some(checked.warnings),
            broken_files: Some(checked.broken_files),
            unlisted: checked.unlisted,
            ..Self::default()
        }
    }

    pub(crate) fn count(&mut self, status: Status) {
        *match status {
            Status::Accepted => &mut self.accepted,
            Status::Refused => &mut self.refused,
            Status::Invalid => &mut self.invalid,
            Status::NotSent => &mut self.not_sent,
            Status::InDoubt => &mut self.in_doubt,
            Status::HandedOver => &mut self.handed_over,
        } += 1;
    }

    pub(crate) fn in_words(&self) -> String {
        let counts = [
            (self.accepted, "accepted (taken for import)"),
            (self.handed_over, "handed over"),
            (self.refused, "refused"),
            (self.invalid, "invalid"),
            (self.not_sent, "not sent"),
            (self.in_doubt, "in doubt"),
        ];
        let said: Vec<_> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if said.is_empty() {
            "nothing".to_owned()
        } else {
            said.join(", ")
        }
    }
}

/// Where a violation stands.
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) index: Option<u64>,
    pub(crate) line: Option<u64>,
}

/// One JSON object of the output.
#[derive(Serialize)]
struct Event<'a, T: Serialize> {
    event: &'a str,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct ViolationLine<'a> {
    file: &'a str,
    index: Option<u64>,
    line: Option<u64>,
    path: &'a str,
    column: Option<&'a str>,
    code: &'a str,
    severity: &'a str,
    message: &'a str,
}

/// Prints results, on standard output unless that [holds something else](Self::leave_stdout). Errors of
/// standard output end the run: its reader is gone.
pub(crate) struct Printer {
    json: bool,
    out: Box<dyn Write>,
    bar: ProgressBar,
    has_table: bool,
    /// What the table said last, so that it does not say the same of each row.
    last_remark: String,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            out: Box::new(anstream::stdout()),
            bar: ProgressBar::hidden(),
            has_table: false,
            last_remark: String::new(),
        }
    }

    /// Prints for people, to somewhere else, without colours.
    pub(crate) fn to(out: Box<dyn Write>) -> Self {
        Self {
            out: Box::new(anstream::StripStream::new(out)),
            ..Self::new(false)
        }
    }

    /// Whether programs read this.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// From here on standard output is for documents: everything else goes to standard error.
    pub(crate) fn leave_stdout(&mut self) {
        self.out = Box::new(anstream::stderr());
    }

    /// A line for people; programs do not get it. It may be in colour.
    pub(crate) fn say(&mut self, text: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.write(text)
    }

    /// A line as it is, for both.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        let out = &mut self.out;
        self.bar.suspend(|| writeln!(out, "{text}"))
    }

    /// A JSON object; people do not get it.
    pub(crate) fn event(&mut self, event: &str, content: impl Serialize) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let line = serde_json::to_string(&Event { event, content }).map_err(io::Error::other)?;
        self.write(&line)
    }

    /// A complaint on standard error.
    pub(crate) fn complain(&self, text: &str) {
        self.bar.suspend(|| complain(text));
    }

    pub(crate) fn violation(&mut self, place: &Place<'_>, violation: &Violation) -> io::Result<()> {
        self.event(
            "violation",
            ViolationLine {
                file: place.file,
                index: place.index,
                line: place.line,
                path: violation.field(),
                column: violation.column(),
                code: violation.code().as_str(),
                severity: violation.severity().as_str(),
                message: violation.message(),
            },
        )?;
        let mut at = printable(place.file);
        if let Some(line) = place.line {
            at = format!("{at}, line {line}");
        }
        if let Some(index) = place.index {
            at = format!("{at} (row {index})");
        }
        let style = match violation.severity() {
            Severity::Error => colour(AnsiColor::Red),
            _ => colour(AnsiColor::Yellow),
        };
        self.say(&format!(
            "{style}{}{style:#}  {at}: {}",
            violation.severity().as_str(),
            printable(&violation.to_string())
        ))
    }

    /// The next row is the first one of a table.
    pub(crate) fn begin_table(&mut self) {
        self.has_table = false;
    }

    pub(crate) fn row(&mut self, row: &RowLine) -> io::Result<()> {
        self.event("row", row)?;
        if self.json {
            return Ok(());
        }
        if !self.has_table {
            self.has_table = true;
            self.say(&table_line(
                ["row", "company", "employee", "type", "status"],
                "",
            ))?;
        }
        let (word, style) = match row.status {
            Status::Accepted => ("accepted", colour(AnsiColor::Green)),
            Status::HandedOver => ("handed over", colour(AnsiColor::Green)),
            Status::Refused => ("refused", colour(AnsiColor::Red)),
            Status::Invalid => ("invalid", colour(AnsiColor::Red)),
            Status::NotSent => ("not sent", colour(AnsiColor::Yellow)),
            Status::InDoubt => ("in doubt", colour(AnsiColor::Magenta)),
        };
        let remark = match (&row.code, &row.message, &row.incident_id) {
            (Some(code), Some(message), _) => format!("{message} [{code}]"),
            (None, Some(text), _) | (Some(text), None, _) | (None, None, Some(text)) => {
                text.clone()
            }
            (None, None, None) => String::new(),
        };
        let is_same = remark.len() > LONG_REMARK && remark == self.last_remark;
        let shown = if is_same {
            "as above"
        } else {
            &printable(&remark)
        };
        let shown = shown.to_owned();
        self.last_remark = remark;
        let text = |text: Option<&str>| {
            let text = text.unwrap_or("-");
            printable(&text.chars().take(KEY_SHOWN).collect::<String>())
        };
        self.say(&table_line(
            [
                &row.index.to_string(),
                &text(row.careflex_id.as_deref()),
                &text(row.employee_id.as_deref()),
                &text(row.kind.as_deref()),
                &format!("{style}{word:<11}{style:#}"),
            ],
            &shown,
        ))
    }

    pub(crate) fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        self.event("summary", summary)?;
        let Summary {
            requests, seconds, ..
        } = summary;
        let count = |count: u64, noun: &str| {
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {noun}{plural}")
        };
        let sent = match summary.files {
            None => count(*requests, "request"),
            Some(files) if files == *requests => count(files, "file"),
            Some(files) => format!(
                "{} and {}",
                count(requests.saturating_sub(files), "request"),
                count(files, "file")
            ),
        };
        let counts = summary.in_words();
        self.say(&format!("{counts} in {sent}, {seconds:.1} s"))
    }

    /// Shows how far the work is, on a terminal only.
    pub(crate) fn begin_progress(&mut self, rows: Option<u64>) {
        self.bar = ProgressBar::with_draw_target(rows, ProgressDrawTarget::stderr());
        let template = match rows {
            Some(_) => "{bar:40} {human_pos} of {human_len} rows, {eta} left",
            None => "{spinner} {human_pos} rows, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(TICK);
    }

    pub(crate) fn progress(&self, rows: u64) {
        self.bar.inc(rows);
    }

    pub(crate) fn end_progress(&mut self) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
    }
}

/// A complaint on standard error, from where no printer is at hand.
pub(crate) fn complain(text: &str) {
    // Nobody can be told if standard error is gone.
    let _: io::Result<()> = writeln!(anstream::stderr(), "careflex: {text}");
}

fn table_line([row, company, employee, kind, status]: [&str; 5], more: &str) -> String {
    format!("{row:>6}  {company:<18}  {employee:<14}  {kind:<4}  {status:<11}  {more}")
        .trim_end()
        .to_owned()
}

pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Keys and names come from files, and messages from the portal: control characters in them would do what
/// they like with the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn colour(colour: AnsiColor) -> Style {
    colour.on_default()
}
