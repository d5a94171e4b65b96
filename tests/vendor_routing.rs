//! How a vendor brings every incident of a worklist into exactly one of four queues. Reads like
//! documentation: [`Queues::report`] is the code that a vendor would write, below it is tested.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use careflex::testing::{RecordingReporter, Reply};
use careflex::{
    CareflexId, Delivery, Incident, IncidentKind, InvalidReport, Level, Receipt, Report,
    ReportError, ReportErrorKind, Reporter, Row, Rules, Severity, Violation, parse_date,
};

/// Where an incident goes, each with what somebody has to know about it.
#[derive(Default)]
struct Queues {
    /// Taken for import: nothing is left to do.
    done: Vec<(Incident, String)>,
    /// A clerk corrects it, then it is reported again.
    correct: Vec<(Incident, String)>,
    /// Provably not taken: a timer reports it again, or somebody mends the settings first.
    later: Vec<(Incident, String)>,
    /// May have been taken or not: a clerk looks into the portal first. Never reported again by itself.
    look: Vec<(Incident, String)>,
}

impl Queues {
    /// Reports a worklist of one company, in as many reports as it takes.
    async fn report(
        &mut self,
        reporter: &dyn Reporter,
        company: &CareflexId,
        worklist: Vec<Incident>,
    ) {
        let rules = Rules::documented();
        let mut waiting = worklist;
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(rules.max_incidents));
            let valid = match Report::new(company.clone(), waiting, &rules) {
                Ok(report) => {
                    let outcome = reporter.report(&report).await;
                    self.route(report, outcome);
                    Vec::new()
                }
                // One incident that is invalid holds up its report: the others go into the next one.
                Err(invalid) => self.sort_out(invalid),
            };
            waiting = valid.into_iter().chain(rest).collect();
        }
    }

    /// Before anything is sent: what the rules say against an incident. Gives the others back.
    fn sort_out(&mut self, invalid: InvalidReport) -> Vec<Incident> {
        let mut valid = Vec::new();
        for (incident, violations) in invalid.into_rows() {
            let complaints: Vec<_> = violations.errors().map(complaint).collect();
            if complaints.is_empty() {
                valid.push(incident);
            } else {
                self.correct.push((incident, complaints.join("; ")));
            }
        }
        valid
    }

    /// After it was sent, or not.
    fn route(&mut self, report: Report, outcome: Result<Receipt, ReportError>) {
        match outcome {
            Ok(receipt) => {
                let incidents = report.into_incidents();
                for (incident, row) in incidents.into_iter().zip(receipt.into_rows()) {
                    match row {
                        Row::Accepted { incident_id } => {
                            self.done.push((incident, incident_id.to_string()));
                        }
                        Row::HandedOver => self.done.push((incident, "handed over".to_owned())),
                        Row::Refused { message, .. } => self.correct.push((incident, message)),
                        Row::InDoubt { reason } => self.look.push((incident, reason.to_string())),
                        // A row that this code does not know yet is for a person.
                        other => self.look.push((incident, format!("{other:?}"))),
                    }
                }
            }
            Err(error) => {
                let (queue, note) = match error.delivery() {
                    Delivery::NotSent if error.is_retryable() => {
                        (&mut self.later, "again in an hour".to_owned())
                    }
                    Delivery::NotSent => (&mut self.later, format!("settings: {error}")),
                    Delivery::Refused => (&mut self.correct, portal_says(&error)),
                    // In doubt, or something that this code does not know yet.
                    _ => (&mut self.look, error.to_string()),
                };
                for incident in report.into_incidents() {
                    queue.push((incident, note.clone()));
                }
            }
        }
    }
}

/// For the clerk's form: which field, and what would be right.
fn complaint(violation: &Violation) -> String {
    format!(
        "{}: {} [{}]",
        violation.field(),
        violation.message(),
        violation.code().as_str()
    )
}

/// For the clerk, who may see personal data; `error` itself is for the log and holds none.
fn portal_says(error: &ReportError) -> String {
    match (error.portal_text(), error.status()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(status)) => format!("refused with status {status}"),
        (None, None) => error.to_string(),
    }
}

#[tokio::test]
async fn each_row_of_a_receipt_goes_its_own_way() {
    let reporter = RecordingReporter::new();
    reporter.enqueue(
        Reply::accepted()
            .refuse_row("b", "the birthday is wrong")
            .doubt_row("c"),
    );
    let queues = report(&reporter, worklist(&["a", "b", "c"])).await;
    assert_eq!(
        queues.done(),
        [("a", "00000000-0000-4000-8000-000000000001")]
    );
    assert_eq!(queues.correct(), [("b", "the birthday is wrong")]);
    assert_eq!(
        queues.look(),
        [("c", "the portal's answer has no row for this incident")]
    );
    assert!(queues.later.is_empty());
}

#[tokio::test]
async fn what_was_handed_over_is_done() {
    let reporter = RecordingReporter::new();
    reporter.enqueue(Reply::handed_over());
    let queues = report(&reporter, worklist(&["a"])).await;
    assert_eq!(queues.done(), [("a", "handed over")]);
}

#[tokio::test]
async fn each_kind_of_error_has_its_queue() {
    use ReportErrorKind as K;
    for (kind, queue, note) in [
        (K::Unreachable, "later", "again in an hour"),
        (K::Token, "later", "again in an hour"),
        (K::Busy, "later", "again in an hour"),
        (K::NotHandedOver, "later", "again in an hour"),
        (K::Authentication, "later", "settings: "),
        (K::Unsupported, "later", "settings: "),
        (K::Rejected, "correct", "refused with status 400"),
        (K::Unanswered, "look", ""),
        (K::ServerFailure, "look", ""),
        (K::Unreadable, "look", ""),
        (K::HandoverUnclear, "look", ""),
    ] {
        let reporter = RecordingReporter::new();
        reporter.enqueue(kind);
        let queues = report(&reporter, worklist(&["a", "b"])).await;
        for (name, content) in [
            ("done", queues.done()),
            ("correct", queues.correct()),
            ("later", queues.later()),
            ("look", queues.look()),
        ] {
            let expected: &[&str] = if name == queue { &["a", "b"] } else { &[] };
            let employees: Vec<_> = content.iter().map(|(employee, _)| *employee).collect();
            assert_eq!(employees, expected, "{name} after {kind:?}");
            assert!(
                content.iter().all(|(_, said)| said.starts_with(note)),
                "{content:?}"
            );
        }
        assert_eq!(reporter.reports().len(), 1, "{kind:?} is not repeated here");
    }
}

#[tokio::test]
async fn the_clerk_reads_what_the_portal_says() {
    let reporter = RecordingReporter::new();
    reporter.enqueue(Reply::refused("no such company"));
    let queues = report(&reporter, worklist(&["a"])).await;
    assert_eq!(queues.correct(), [("a", "no such company")]);
}

#[tokio::test]
async fn an_invalid_incident_is_never_sent_and_holds_up_nobody() {
    let reporter = RecordingReporter::new();
    let mut incidents = worklist(&["a", "b", "c"]);
    incidents[1].kind = IncidentKind::New;
    let queues = report(&reporter, incidents).await;
    assert_eq!(
        queues.correct(),
        [(
            "b",
            "employee: is missing: an incident of type NEW needs it [missing]"
        )]
    );
    let done: Vec<_> = queues
        .done()
        .iter()
        .map(|(employee, _)| *employee)
        .collect();
    assert_eq!(done, ["a", "c"]);
    assert_eq!(sent_by(&reporter), ["a", "c"]);
}

#[tokio::test]
async fn a_company_that_is_wrong_stops_all_its_incidents() {
    let reporter = RecordingReporter::new();
    let mut queues = Queues::default();
    let company = "x".repeat(300).parse().unwrap();
    queues
        .report(&reporter, &company, worklist(&["a", "b"]))
        .await;
    let correct = queues.correct();
    assert_eq!(correct.len(), 2);
    assert!(correct[1].1.starts_with("careflexId: "), "{correct:?}");
    assert!(reporter.reports().is_empty());
}

#[tokio::test]
async fn warnings_keep_nothing_from_being_sent() {
    let reporter = RecordingReporter::new();
    let mut incidents = worklist(&["a"]);
    incidents[0].kind = "XYZ".parse().unwrap();
    let mut rules = Rules::documented();
    rules.unknown_type = Level::Warning;
    let report = Report::new(COMPANY.parse().unwrap(), incidents, &rules).unwrap();
    let warning = report.warnings().iter().next().unwrap();
    assert_eq!(
        (warning.path().as_str(), warning.severity()),
        ("incidents[0].type", Severity::Warning)
    );
    let mut queues = Queues::default();
    let outcome = reporter.report(&report).await;
    queues.route(report, outcome);
    assert_eq!(queues.done().len(), 1);
}

#[tokio::test]
async fn every_incident_of_a_long_worklist_is_in_exactly_one_queue() {
    let reporter = RecordingReporter::new();
    reporter.enqueue(Reply::accepted().refuse_row(99, "wrong"));
    reporter.enqueue(Reply::busy());
    reporter.enqueue(Reply::in_doubt());
    let employees: Vec<String> = (0..350).map(|number| format!("{number:03}")).collect();
    let names: Vec<&str> = employees.iter().map(String::as_str).collect();
    let queues = report(&reporter, worklist(&names)).await;
    assert_eq!(reporter.pending_replies(), 0);
    let lengths: Vec<_> = reporter
        .reports()
        .iter()
        .map(|report| report.incidents().len())
        .collect();
    assert_eq!(lengths, [100, 100, 100, 50]);
    assert_eq!(
        (
            queues.done.len(),
            queues.correct.len(),
            queues.later.len(),
            queues.look.len()
        ),
        (149, 1, 100, 100)
    );
    let mut found: Vec<&str> = [
        queues.done(),
        queues.correct(),
        queues.later(),
        queues.look(),
    ]
    .concat()
    .iter()
    .map(|(employee, _)| *employee)
    .collect();
    found.sort_unstable();
    assert_eq!(found, names);
}

const COMPANY: &str = "09ce3580d84bf087";

async fn report(reporter: &RecordingReporter, worklist: Vec<Incident>) -> Queues {
    let mut queues = Queues::default();
    let company = COMPANY.parse().unwrap();
    queues.report(reporter, &company, worklist).await;
    queues
}

fn worklist(employees: &[&str]) -> Vec<Incident> {
    let day = parse_date("2026-12-01").unwrap();
    let incident = |employee: &&str| {
        Incident::builder()
            .employee_id(employee.parse().unwrap())
            .kind(IncidentKind::Rst)
            .valid_from(day)
            .created_at(day)
            .build()
    };
    employees.iter().map(incident).collect()
}

fn sent_by(reporter: &RecordingReporter) -> Vec<String> {
    let incidents = reporter.incidents();
    let employees = incidents.iter().map(|one| one.employee_id.to_string());
    employees.collect()
}

/// The queues as employee and note.
impl Queues {
    fn done(&self) -> Vec<(&str, &str)> {
        shown(&self.done)
    }

    fn correct(&self) -> Vec<(&str, &str)> {
        shown(&self.correct)
    }

    fn later(&self) -> Vec<(&str, &str)> {
        shown(&self.later)
    }

    fn look(&self) -> Vec<(&str, &str)> {
        shown(&self.look)
    }
}

fn shown(queue: &[(Incident, String)]) -> Vec<(&str, &str)> {
    queue
        .iter()
        .map(|(incident, note)| (incident.employee_id.as_str(), note.as_str()))
        .collect()
}
