//! JSON: the requests of the REST interface.

use careflex::rest::json;
use careflex::{CareflexId, Incident, Report, Rules};
use serde::{Deserialize, Serialize};

use super::plain::JsonRequest;
use super::race::{Effort, Outcome, Race, into, messages};
use crate::common::token;

/// Into a buffer that is used again.
pub(crate) fn encode(reports: &[Report], effort: Effort) -> Outcome {
    let bodies = bodies(reports);
    let plain: Vec<_> = reports.iter().map(JsonRequest::of).collect();
    assert!(bodies[0] == serde_json::to_vec(&plain[0]).unwrap());
    assert!(bodies[0] == sonic_rs::to_vec(&plain[0]).unwrap());
    let model = serde_json::to_vec(&ModelRequest::of(&reports[0])).unwrap();
    assert!(read_model(&model) == reports[0].incidents());

    let token = token();
    Race::new(
        "json-encode",
        &bodies,
        into(|number, out| json::encode_new_request(&reports[number], &token, out)),
    )
    .against(
        "serde_json",
        into(|number, out| serde_json::to_writer(out, &plain[number]).unwrap()),
    )
    .against(
        "sonic-rs",
        into(|number, out| sonic_rs::to_writer(out, &plain[number]).unwrap()),
    )
    .against(
        "serde_json-model",
        into(|number, out| {
            serde_json::to_writer(out, &ModelRequest::of(&reports[number])).unwrap();
        }),
    )
    .against(
        "memcpy",
        into(|number, out| out.extend_from_slice(&bodies[number])),
    )
    .hot(into(|number, out| {
        json::encode_new_request(&reports[number], &token, out);
    }))
    .run(effort)
}

/// Into values that own their texts: ours checks all rules, the peers none.
pub(crate) fn decode(reports: &[Report], effort: Effort) -> Outcome {
    let bodies = bodies(reports);
    let rules = Rules::documented();
    let plain = JsonRequest::of(&reports[0]);
    assert_eq!(
        serde_json::from_slice::<JsonRequest>(&bodies[0]).unwrap(),
        plain
    );
    assert_eq!(
        sonic_rs::from_slice::<JsonRequest>(&bodies[0]).unwrap(),
        plain
    );
    assert!(read_model(&bodies[0]) == reports[0].incidents());
    let ours = json::decode_new_request(&bodies[0], &rules).unwrap().rows;
    let ours: Vec<_> = ours.into_iter().map(|row| row.incident.unwrap()).collect();
    assert!(ours == reports[0].incidents());

    Race::new("json-decode", &bodies, |number| {
        let request = json::decode_new_request(&bodies[number], &rules);
        request.unwrap().rows.len()
    })
    .against("serde_json", |number| {
        let request = serde_json::from_slice::<JsonRequest>(&bodies[number]);
        request.unwrap().incident_list.len()
    })
    .against("sonic-rs", |number| {
        let request = sonic_rs::from_slice::<JsonRequest>(&bodies[number]);
        request.unwrap().incident_list.len()
    })
    .against("serde_json-model", |number| {
        read_model(&bodies[number]).len()
    })
    .run(effort)
}

/// Our model's own serde forms, which check texts and days, and no other rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelRequest<'a> {
    careflex_id: &'a CareflexId,
    api_token: String,
    incident_list: &'a [Incident],
}

impl<'a> ModelRequest<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            careflex_id: report.careflex_id(),
            api_token: token().expose().to_owned(),
            incident_list: report.incidents(),
        }
    }
}

fn read_model(body: &[u8]) -> Vec<Incident> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Request {
        incident_list: Vec<Incident>,
    }

    let request: Request = serde_json::from_slice(body).unwrap();
    request.incident_list
}

fn bodies(reports: &[Report]) -> Vec<Vec<u8>> {
    let token = token();
    messages(reports, |report, out| {
        json::encode_new_request(report, &token, out);
    })
}
