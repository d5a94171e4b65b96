//! What must hold for every report and for every garbage.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

use arbitrary::incident;
use careflex_core::{ApiToken, Draft, Field, Incident, Report, Rules};
use careflex_rest::json::{self, IncidentReader};
use proptest::collection::vec;
use proptest::prelude::*;

fn encode(incidents: &[Incident]) -> Vec<u8> {
    let report = Report::new(
        "09ce3580d84bf087".parse().unwrap(),
        incidents.to_vec(),
        &Rules::documented(),
    )
    .unwrap();
    let mut body = Vec::new();
    json::encode_new_request(&report, &ApiToken::new("token").unwrap(), &mut body);
    body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_report_survives_the_wire(incidents in vec(incident(), 1..6)) {
        let body = encode(&incidents);
        let request = json::decode_new_request(&body, &Rules::documented()).unwrap();
        let decoded: Vec<_> = request.rows.into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&decoded, &incidents);
        // The same bytes as a file.
        let rows: Result<Vec<_>, _> = IncidentReader::new(&body[..], Rules::documented()).collect();
        let read: Vec<_> = rows.unwrap().into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&read, &incidents);
        // An independent judge: the model's own derives.
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let derived: Vec<Incident> = serde_json::from_value(value["incidentList"].clone()).unwrap();
        prop_assert_eq!(&derived, &incidents);
        prop_assert_eq!(serde_json::to_value(&incidents).unwrap(), value["incidentList"].clone());
    }

    #[test]
    fn a_read_row_and_a_typed_incident_are_checked_alike(incident in incident()) {
        let body = encode(std::slice::from_ref(&incident));
        let request = json::decode_new_request(&body, &Rules::documented()).unwrap();
        prop_assert_eq!(&request.rows[0].warnings, &Rules::documented().check(&incident));
    }

    #[test]
    fn garbage_never_panics(
        incidents in vec(incident(), 1..3),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut body = encode(&incidents);
        for (index, byte, what) in changes {
            let at = index.index(body.len());
            match what {
                0 => body[at] = byte,
                1 => { body.remove(at); }
                _ => body.insert(at, b"{}[]\",:\\0\n"[usize::from(byte) % 10]),
            }
            if body.is_empty() {
                return Ok(());
            }
        }
        let _ = json::decode_new_request(&body, &Rules::documented());
        let _ = json::decode_none_request(&body, &Rules::documented());
        let _ = json::decode_new_response(&body);
        // Each incident or an error: the reader always comes to an end.
        let _ = IncidentReader::new(&body[..], Rules::documented()).count();
    }

    #[test]
    fn any_text_in_any_field_is_kept_or_complained_about(field in 0..Field::ALL.len(), value in any::<String>()) {
        let field = Field::ALL[field];
        let mut draft = Draft::new();
        for (other, fine) in [
            (Field::EmployeeId, "4711"),
            (Field::Type, "RST"),
            (Field::ValidFrom, "2026-12-01"),
            (Field::CreatedAt, "2026-11-20"),
        ] {
            if other != field {
                draft.set(other, fine);
            }
        }
        draft.set(field, value.as_str());
        let row = draft.finish(&Rules::documented());
        let is_empty = value.trim().is_empty();
        match row.incident {
            // Nothing is changed but the blanks around it; nothing is dropped in silence.
            Ok(incident) if field == Field::ExternalId => {
                let kept = incident.external_id.map(|id| id.to_string()).unwrap_or_default();
                prop_assert_eq!(kept, value.trim());
            }
            Ok(incident) if field == Field::EmployeeId => {
                prop_assert_eq!(incident.employee_id.as_str(), value.trim());
            }
            Ok(incident) if field == Field::Type => {
                prop_assert!(incident.kind.code() == value.trim() || value.trim() == "NEU");
            }
            Ok(_) if field == Field::CareflexId => {
                let kept = row.careflex_id.map(|id| id.to_string()).unwrap_or_default();
                prop_assert_eq!(kept, value.trim());
            }
            Ok(_) => prop_assert!(is_empty || careflex_core::parse_date(value.trim()).is_ok()),
            // A group with one value lacks the others, so what is complained about may be those.
            Err(violations) => prop_assert!(violations.has_errors()),
        }
    }
}
