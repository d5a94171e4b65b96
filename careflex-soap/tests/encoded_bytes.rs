//! Requests byte by byte: the code that the schema generates writes what its tables say.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking; other tests share the module"
)]

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

use arbitrary::incident;
use careflex_core::{
    ApiToken, Child, Field, Group, Incident, IncidentKind, NewCode, Report, Rules,
};
use careflex_soap::xml;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn requests_are_written_as_the_tables_say(
        incidents in vec(incident(), 1..6),
        new_code in prop_oneof![Just(NewCode::New), Just(NewCode::Neu)],
        token in "[!-~]{1,20}",
    ) {
        let mut rules = Rules::documented();
        rules.new_code = new_code;
        let report = Report::new("<a&b>".parse().unwrap(), incidents.clone(), &rules).unwrap();
        // What the buffer holds already stays.
        let mut body = b"before".to_vec();
        xml::encode_new_request(&report, &ApiToken::new(&token).unwrap(), &mut body);

        let mut expected = r#"before<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="http://n4.de/careflex/2.0"><soapenv:Header/><soapenv:Body><ns:NewIncidentRequest>"#.to_owned();
        element(&mut expected, "careflexId", |out| *out += &escaped("<a&b>"));
        element(&mut expected, "apitoken", |out| *out += &escaped(&token));
        element(&mut expected, "incidentList", |out| {
            for incident in &incidents {
                let name = match incident.employee {
                    Some(_) => "newIncident",
                    None => "plainIncident",
                };
                element(out, name, |out| group(out, incident, Group::Incident, new_code));
            }
        });
        expected += "</ns:NewIncidentRequest></soapenv:Body></soapenv:Envelope>";
        prop_assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
}

fn group(out: &mut String, incident: &Incident, of: Group, new_code: NewCode) {
    for child in of.children() {
        match *child {
            Child::Field(field) => {
                let value = match field {
                    Field::Type if incident.kind == IncidentKind::New => {
                        Some(new_code.code().into())
                    }
                    _ => incident.value(field),
                };
                if let Some(value) = value {
                    element(out, field.name(), |out| *out += &escaped(&value));
                }
            }
            Child::Group(inner) if has(incident, inner) => {
                element(out, inner.name(), |out| {
                    group(out, incident, inner, new_code);
                });
            }
            Child::Group(_) => {}
        }
    }
}

fn has(incident: &Incident, group: Group) -> bool {
    incident
        .employee
        .as_ref()
        .is_some_and(|employee| match group {
            Group::Address => employee.address.is_some(),
            Group::Job => employee.job.is_some(),
            Group::Contact => employee.contact.is_some(),
            _ => true,
        })
}

fn element(out: &mut String, name: &str, content: impl FnOnce(&mut String)) {
    *out += &format!("<{name}>");
    content(out);
    *out += &format!("</{name}>");
}

fn escaped(text: &str) -> String {
    // The ampersand first.
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
        .replace('\r', "&#13;")
}
