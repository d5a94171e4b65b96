//! SOAP by yaserde: the mirror of the model, which the feature `yaserde` brings.

#![allow(
    non_snake_case,
    reason = "yaserde derives the names of variables from those of fields"
)]

use careflex::soap::mirror::{self, NewIncident, NewIncidentResponse, PlainIncident};
use careflex::{Report, Rules};
use yaserde::YaDeserialize;
use yaserde::ser::Config;

use crate::common::token;

/// A report's incidents as yaserde can write them.
pub(crate) struct Mirrors {
    careflex_id: String,
    api_token: String,
    incidents: Vec<mirror::Incident>,
}

pub(crate) fn mirrors(report: &Report) -> Mirrors {
    Mirrors {
        careflex_id: report.careflex_id().to_string(),
        api_token: token().expose().to_owned(),
        incidents: report.incidents().iter().map(Into::into).collect(),
    }
}

/// Appends a request. What is around the incidents is put together by hand: yaserde cannot keep the order of two
/// kinds of elements.
pub(crate) fn write(mirrors: &Mirrors, out: &mut Vec<u8>) {
    let config = Config {
        write_document_declaration: false,
        ..Config::default()
    };
    out.extend_from_slice(br#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header/><e:Body><r:NewIncidentRequest xmlns:r="http://n4.de/careflex/2.0"><careflexId>"#);
    out.extend_from_slice(mirrors.careflex_id.as_bytes());
    out.extend_from_slice(b"</careflexId><apitoken>");
    out.extend_from_slice(mirrors.api_token.as_bytes());
    out.extend_from_slice(b"</apitoken><incidentList>");
    for incident in &mirrors.incidents {
        match incident {
            mirror::Incident::Plain(incident) => {
                yaserde::ser::serialize_with_writer(incident, &mut *out, &config).unwrap();
            }
            mirror::Incident::New(incident) => {
                yaserde::ser::serialize_with_writer(&**incident, &mut *out, &config).unwrap();
            }
        }
    }
    out.extend_from_slice(b"</incidentList></r:NewIncidentRequest></e:Body></e:Envelope>");
}

/// What yaserde makes of a request: two lists, for it cannot keep their order.
#[derive(YaDeserialize)]
#[yaserde(rename = "incidentList")]
pub(crate) struct Lists {
    #[yaserde(rename = "plainIncident")]
    plain: Vec<PlainIncident>,
    #[yaserde(rename = "newIncident")]
    new: Vec<NewIncident>,
}

#[derive(YaDeserialize)]
#[yaserde(rename = "NewIncidentRequest", prefix = "ns", namespaces = { "ns" = "http://n4.de/careflex/2.0" })]
struct Request {
    #[yaserde(rename = "careflexId")]
    _careflex_id: String,
    #[yaserde(rename = "apitoken")]
    _api_token: String,
    #[yaserde(rename = "incidentList")]
    lists: Lists,
}

#[derive(YaDeserialize)]
#[yaserde(rename = "Body", prefix = "soapenv", namespaces = { "soapenv" = "http://schemas.xmlsoap.org/soap/envelope/", "ns" = "http://n4.de/careflex/2.0" })]
struct RequestBody {
    #[yaserde(rename = "NewIncidentRequest", prefix = "ns")]
    request: Request,
}

#[derive(YaDeserialize)]
#[yaserde(rename = "Envelope", prefix = "soapenv", namespaces = { "soapenv" = "http://schemas.xmlsoap.org/soap/envelope/" })]
struct RequestEnvelope {
    #[yaserde(rename = "Body", prefix = "soapenv")]
    body: RequestBody,
}

#[derive(YaDeserialize)]
#[yaserde(rename = "Body", prefix = "soapenv", namespaces = { "soapenv" = "http://schemas.xmlsoap.org/soap/envelope/", "cf" = "http://n4.de/careflex/2.0" })]
struct AnswerBody {
    #[yaserde(rename = "NewIncidentResponse", prefix = "cf")]
    response: NewIncidentResponse,
}

#[derive(YaDeserialize)]
#[yaserde(rename = "Envelope", prefix = "soapenv", namespaces = { "soapenv" = "http://schemas.xmlsoap.org/soap/envelope/" })]
struct AnswerEnvelope {
    #[yaserde(rename = "Body", prefix = "soapenv")]
    body: AnswerBody,
}

pub(crate) fn read_request(body: &[u8]) -> Lists {
    let envelope: RequestEnvelope = yaserde::de::from_reader(body).unwrap();
    envelope.body.request.lists
}

pub(crate) fn read_answer(body: &[u8]) -> NewIncidentResponse {
    let envelope: AnswerEnvelope = yaserde::de::from_reader(body).unwrap();
    envelope.body.response
}

impl Lists {
    pub(crate) fn len(&self) -> usize {
        self.plain.len() + self.new.len()
    }

    pub(crate) fn incidents(&self) -> Vec<careflex::Incident> {
        let rules = Rules::documented();
        let plain = self.plain.iter().map(|incident| incident.to_row(&rules));
        let new = self.new.iter().map(|incident| incident.to_row(&rules));
        plain.chain(new).map(|row| row.incident.unwrap()).collect()
    }
}
