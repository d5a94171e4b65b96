//! `careflex layout`: begins layouts of CSV files.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::Path;

use careflex::ReadError;
use careflex::csv::{Header, Layout};
use serde::Serialize;

use crate::args::{LayoutArgs, LayoutCommand, LayoutInitArgs};
use crate::exit::{Code, Failure};
use crate::output::Printer;

/// So many known names a header line has at least, if it is one.
const FEWEST_KNOWN: usize = 2;

pub(crate) fn run(args: &LayoutArgs, printer: &mut Printer) -> Result<Code, Failure> {
    match &args.command {
        LayoutCommand::Init(init) => begin(init, printer),
    }
}

/// Writes a layout to begin with, and says what comes next.
fn begin(args: &LayoutInitArgs, printer: &mut Printer) -> Result<Code, Failure> {
    let (name, header) = read_header(args);
    let header = header.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    let layout = Layout::suggest(&header.names);
    let known = known_names(&layout);
    refuse_values(&name, &header, known)?;
    let out = args.output.as_deref().filter(|path| *path != "-");
    let place = match out {
        Some(path) => {
            write_new(path, &layout)?;
            printer.event(
                "layout",
                Begun {
                    file: &path.display().to_string(),
                    columns: header.names.len(),
                    separator: &header.separator.to_string(),
                },
            )?;
            path.display().to_string()
        }
        None => {
            printer.write(layout.trim_end())?;
            "layout.toml".to_owned()
        }
    };
    if has_standard_names(&header) {
        printer.complain("all columns have the standard names: unless their values need one, this file needs no layout");
    }
    if known < FEWEST_KNOWN {
        let begun = out.map_or(String::new(), |_| format!(", and {place} too"));
        printer.complain(&format!(
            "hardly any name in line {} of {name} means anything here: if that line is a title, or already somebody's data, delete it{begun}, and begin again",
            header.line
        ));
        return Ok(Code::Fine);
    }
    let saved = match out {
        Some(_) => "",
        None => "save this as layout.toml, ",
    };
    printer.complain(&format!(
        "next: {saved}check the guesses in it, then: careflex validate {name} --layout {place}"
    ));
    Ok(Code::Fine)
}

/// How many columns are given a field.
fn known_names(layout: &str) -> usize {
    let is_given = |line: &&str| line.starts_with("  { name = ") && line.contains(", field = ");
    layout.lines().filter(is_given).count()
}

/// Refuses a line that holds a person's data: in a layout it would stay for years, and go from hand to hand.
fn refuse_values(name: &str, header: &Header, known: usize) -> Result<(), Failure> {
    let columns: Vec<_> = (1..)
        .zip(&header.names)
        .filter(|(_, name)| is_value(name))
        .map(|(column, _): (usize, _)| column.to_string())
        .collect();
    // Beside names, there may be those of months and years.
    let most = known.saturating_sub(1);
    if columns.len() <= most {
        return Ok(());
    }
    let noun = if columns.len() == 1 {
        "column"
    } else {
        "columns"
    };
    Err(Failure::usage(format!(
        "{name}: line {}: holds data, not names ({noun} {}): the first line must name the columns",
        header.line,
        columns.join(", ")
    )))
}

/// Whether it is a number of some length, a day or an e-mail address, which no column is called.
fn is_value(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let is_number = |part: char| part.is_ascii_digit() || ".,-/: +".contains(part);
    let is_address = |word: &str| {
        let parts = word.split_once('@');
        parts.is_some_and(|(person, host)| !person.is_empty() && host.contains('.'))
    };
    name.split_whitespace().any(is_address) || (digits >= 4 && name.chars().all(is_number))
}

fn has_standard_names(header: &Header) -> bool {
    let standard = Layout::standard();
    let is_standard = |name: &String| {
        let mut columns = standard.columns().iter();
        columns.any(|column| column.name() == Some(name))
    };
    header.names.iter().all(is_standard)
}

/// The header line of a file; its name comes first.
fn read_header(args: &LayoutInitArgs) -> (String, Result<Header, ReadError>) {
    let (name, opened): (_, io::Result<Box<dyn BufRead>>) = if args.file.as_os_str() == "-" {
        ("-".to_owned(), Ok(Box::new(BufReader::new(io::stdin()))))
    } else {
        let opened = File::open(&args.file);
        (
            args.file.display().to_string(),
            opened.map(|file| Box::new(BufReader::new(file)) as Box<dyn BufRead>),
        )
    };
    let header = opened
        .map_err(|error| ReadError::io(None, error))
        .and_then(|file| Header::read(file, args.separator));
    (name, header)
}

/// Whoever has checked a layout line by line does not want to lose it.
fn write_new(path: &Path, layout: &str) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let path = path.display();
        let advice = match error.kind() {
            io::ErrorKind::AlreadyExists => "it is there already, and is not replaced".to_owned(),
            _ => error.to_string(),
        };
        Failure::usage(format!("-o {path}: {advice}"))
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(layout.as_bytes()).map_err(|error| {
        // Half a layout would be in the way next time.
        let _gone_or_not: io::Result<()> = std::fs::remove_file(path);
        failed(error)
    })
}

/// What was begun.
#[derive(Serialize)]
struct Begun<'a> {
    file: &'a str,
    columns: usize,
    separator: &'a str,
}
