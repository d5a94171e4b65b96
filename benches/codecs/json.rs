//! JSON: the requests of the REST interface.

use careflex::rest::json;
use careflex::{Report, Rules};

use crate::common::token;
use crate::plain::JsonRequest;
use crate::race::{Effort, Outcome, Race, into, messages};

/// Into a buffer that is used again.
pub(crate) fn encode(reports: &[Report], effort: Effort) -> Outcome {
    let bodies = bodies(reports);
    let plain: Vec<_> = reports.iter().map(JsonRequest::of).collect();
    assert!(bodies[0] == serde_json::to_vec(&plain[0]).unwrap());
    assert!(bodies[0] == sonic_rs::to_vec(&plain[0]).unwrap());

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
    .run(effort)
}

fn bodies(reports: &[Report]) -> Vec<Vec<u8>> {
    let token = token();
    messages(reports, |report, out| {
        json::encode_new_request(report, &token, out);
    })
}
