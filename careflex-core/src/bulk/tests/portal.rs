//! A portal that books what it gets, and gets into trouble as it is told.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use crate::{
    Answer, AnswerRow, CareflexId, EmptyReport, Incident, Receipt, Report, ReportError,
    ReportErrorKind, Reporter, Rules, async_trait,
};

/// Books what it gets, in its own time.
#[derive(Default)]
pub(super) struct Portal {
    pub(super) state: Mutex<State>,
    /// How often a request steps aside before it is answered, request by request.
    pub(super) delays: Vec<usize>,
    /// Holds requests back, if there is one.
    pub(super) gate: Option<Semaphore>,
}

#[derive(Default)]
pub(super) struct State {
    requests: usize,
    under_way: HashSet<(String, String)>,
    pub(super) most_under_way: usize,
    now_under_way: usize,
    /// Companies and incidents, in the order of booking.
    booked: Vec<(CareflexId, Incident)>,
    sizes: Vec<(String, usize)>,
    /// What becomes of a request, by its number.
    pub(super) script: HashMap<usize, Trouble>,
}

#[derive(Clone, Copy)]
pub(super) enum Trouble {
    Error(ReportErrorKind),
    /// It is booked, but the answer is lost.
    Lost,
    Panic,
    /// The receipt is that of a report with this many incidents less.
    Short(usize),
    RefuseRow(usize),
    /// The answer has no rows at all.
    Unclear,
}

impl Portal {
    pub(super) fn gated() -> Self {
        Self {
            gate: Some(Semaphore::new(0)),
            ..Self::default()
        }
    }

    pub(super) fn troubled(script: impl IntoIterator<Item = (usize, Trouble)>) -> Arc<Self> {
        let portal = Self::default();
        portal.state.lock().unwrap().script.extend(script);
        Arc::new(portal)
    }

    pub(super) fn booked(&self) -> Vec<(CareflexId, Incident)> {
        self.state.lock().unwrap().booked.clone()
    }

    pub(super) fn sizes(&self) -> Vec<(String, usize)> {
        self.state.lock().unwrap().sizes.clone()
    }

    /// Lets so many requests be answered.
    pub(super) fn answer(&self, requests: usize) {
        self.gate.as_ref().unwrap().add_permits(requests);
    }
}

#[async_trait]
impl Reporter for Portal {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let keys: Vec<_> = report
            .incidents()
            .iter()
            .map(|one| {
                (
                    report.careflex_id().to_string(),
                    one.employee_id.to_string(),
                )
            })
            .collect();
        let number = {
            let mut state = self.state.lock().unwrap();
            for key in keys.iter().collect::<HashSet<_>>() {
                assert!(
                    state.under_way.insert(key.clone()),
                    "two requests with one employee"
                );
            }
            state.now_under_way += 1;
            state.most_under_way = state.most_under_way.max(state.now_under_way);
            state
                .sizes
                .push((report.careflex_id().to_string(), keys.len()));
            state.requests += 1;
            state.requests - 1
        };
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        for _ in 0..self.delays.get(number).copied().unwrap_or(0) {
            tokio::task::yield_now().await;
        }
        let mut state = self.state.lock().unwrap();
        state.now_under_way -= 1;
        for key in &keys {
            state.under_way.remove(key);
        }
        let trouble = state.script.get(&number).copied();
        match trouble {
            Some(Trouble::Error(kind)) => return Err(ReportError::new(kind, "planned")),
            Some(Trouble::Panic) => {
                drop(state);
                panic!("planned");
            }
            _ => {
                let company = report.careflex_id();
                let booked = report.incidents().iter().cloned();
                state
                    .booked
                    .extend(booked.map(|one| (company.clone(), one)));
            }
        }
        if let Some(Trouble::Lost) = trouble {
            return Err(ReportError::new(ReportErrorKind::Unanswered, "planned"));
        }
        let mut answer = Answer::default();
        for (number, incident) in (0..).zip(report.incidents()) {
            answer.rows.push(AnswerRow {
                row_number: Some(number),
                incident_id: Some(incident.employee_id.as_str().parse().unwrap()),
                ..AnswerRow::default()
            });
        }
        match trouble {
            Some(Trouble::Short(by)) => {
                let mut incidents = report.incidents().to_vec();
                incidents.truncate(incidents.len() - by);
                let company = report.careflex_id().clone();
                let other = Report::new(company, incidents, &Rules::documented()).unwrap();
                return Ok(Receipt::matched(&other, answer));
            }
            Some(Trouble::Unclear) => answer.rows.clear(),
            Some(Trouble::RefuseRow(row)) => {
                answer.rows[row].error = Some(("422".to_owned(), "planned".to_owned()));
            }
            _ => {}
        }
        Ok(Receipt::matched(report, answer))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        unreachable!("bulk runs send no empty reports")
    }
}
