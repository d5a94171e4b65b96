//! What a bulk run does beside HTTP, each part alone on one thread.

use std::hint::black_box;
use std::time::{Duration, Instant};

use careflex::rest::json;
use careflex::{
    Bulk, EmptyReport, Incident, Receipt, Report, ReportError, Reporter, Rules, async_trait,
};
use tokio::runtime::Runtime;

use crate::common::{answer, token};

const ROUNDS: usize = 7;

/// The best time of each part, for all incidents.
pub(crate) fn parts(reports: &[Report]) -> Vec<(&'static str, Duration)> {
    let (rules, token) = (Rules::documented(), token());
    let company = reports[0].careflex_id().clone();
    let answers: Vec<_> = reports.iter().map(answer).collect();
    let bodies: Vec<_> = answers
        .iter()
        .map(|answer| {
            let mut body = Vec::new();
            json::encode_new_response(answer, &mut body);
            body
        })
        .collect();
    let incidents = || -> Vec<Vec<Incident>> {
        let incidents = reports.iter().map(Report::incidents);
        incidents.map(<[_]>::to_vec).collect()
    };
    let runtime = Runtime::new().unwrap();
    vec![
        (
            "check the rules",
            best(incidents, |batches| {
                let report = |batch| Report::new(company.clone(), batch, &rules).unwrap();
                batches.into_iter().map(report).collect::<Vec<_>>()
            }),
        ),
        (
            "encode requests",
            best(
                || (),
                |()| {
                    for report in reports {
                        let mut body = Vec::new();
                        json::encode_new_request(report, &token, &mut body);
                        black_box(body);
                    }
                },
            ),
        ),
        (
            "decode answers",
            best(
                || (),
                |()| {
                    for body in &bodies {
                        black_box(json::decode_new_response(body).unwrap());
                    }
                },
            ),
        ),
        (
            "match answers",
            best(
                || answers.clone(),
                |answers| {
                    for (report, answer) in reports.iter().zip(answers) {
                        black_box(Receipt::matched(report, answer));
                    }
                },
            ),
        ),
        (
            "Bulk without HTTP",
            best(incidents, |batches| {
                let bulk = Bulk::new(HandedOver).careflex_id(company.clone());
                let mut run = bulk.report(batches.into_iter().flatten());
                runtime.block_on(async { while run.next().await.is_some() {} });
            }),
        ),
    ]
}

/// What the work returns is dropped after the time is taken.
fn best<I, O>(input: impl Fn() -> I, work: impl Fn(I) -> O) -> Duration {
    let round = || {
        let input = input();
        let begin = Instant::now();
        let output = work(input);
        let time = begin.elapsed();
        black_box(output);
        time
    };
    (0..ROUNDS).map(|_| round()).min().unwrap()
}

/// Takes everything, and does nothing.
struct HandedOver;

#[async_trait]
impl Reporter for HandedOver {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        Ok(Receipt::handed_over(report))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Ok(())
    }
}
