//! Reports over CSV: puts finished files into the folder that the operator's SyncTool watches.
//!
//! It runs as it is, with a folder of its own: `cargo run --example drop_folder`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use careflex::csv::{CsvReporter, DropFolder, Encoder, Layout};
use careflex::{
    CareflexId, EmptyReport, Incident, IncidentKind, Report, Reporter, Row, Rules, parse_date,
};

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let company: CareflexId = "09ce3580d84bf087".parse()?;

    // One folder for one company: a file in the folder of another one is booked on that one.
    let folders = DropFolder::new([(company.clone(), folder.path().to_owned())])?;
    // The separator is the one that the company's administrator has set up in the portal.
    let encoder = Encoder::new("|".parse()?, Layout::standard())?;
    let reporter = CsvReporter::new(folders).encoder(encoder);

    let incident = Incident::builder()
        .employee_id("4712".parse()?)
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01")?)
        .created_at(parse_date("2026-11-20")?)
        .build();
    let report = Report::new(company.clone(), vec![incident], &Rules::documented())?;
    let receipt = reporter.report(&report).await?;
    // There is no more to know: what the portal makes of it comes back later, if at all.
    assert_eq!(receipt.rows(), [Row::HandedOver]);

    for entry in std::fs::read_dir(folder.path())? {
        let path = entry?.path();
        println!("{}", path.display());
        println!("{}", std::fs::read_to_string(path)?);
    }

    // The portal takes empty reports over REST and SOAP only.
    let empty = EmptyReport::new(company, parse_date("2026-11-30")?, &Rules::documented())?;
    if let Err(error) = reporter.report_none(&empty).await {
        println!("{error}");
    }
    Ok(())
}
