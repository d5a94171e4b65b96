//! The documented messages as a user would write them down with serde's derives: texts as `String`, days as
//! chrono writes and reads them, no rules.

use careflex::NaiveDate;
use serde::{Deserialize, Serialize};

use house_number::JsonHouseNumber;

mod from_model;
mod house_number;

/// The body of a REST request.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsonRequest {
    pub(crate) careflex_id: String,
    pub(crate) api_token: String,
    pub(crate) incident_list: Vec<JsonIncident>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsonIncident {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    employee_id: String,
    created_at: NaiveDate,
    valid_from: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee: Option<Employee<JsonHouseNumber>>,
}

/// A SOAP message. Its declarations are attributes for serde.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename(serialize = "soapenv:Envelope"))]
pub(crate) struct XmlEnvelope {
    #[serde(rename = "@xmlns:soapenv")]
    pub(crate) soapenv: String,
    #[serde(rename = "@xmlns:ns")]
    pub(crate) ns: String,
    #[serde(rename(serialize = "soapenv:Header", deserialize = "Header"))]
    pub(crate) header: (),
    #[serde(rename(serialize = "soapenv:Body", deserialize = "Body"))]
    pub(crate) body: XmlBody,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
pub(crate) struct XmlBody {
    #[serde(rename(
        serialize = "ns:NewIncidentRequest",
        deserialize = "NewIncidentRequest"
    ))]
    pub(crate) request: XmlRequest,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct XmlRequest {
    pub(crate) careflex_id: String,
    pub(crate) apitoken: String,
    pub(crate) incident_list: XmlIncidents,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
pub(crate) struct XmlIncidents {
    #[serde(rename = "$value")]
    pub(crate) incidents: Vec<XmlListed>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) enum XmlListed {
    PlainIncident(XmlIncident),
    NewIncident(XmlIncident),
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct XmlIncident {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    pub(crate) employee_id: String,
    pub(crate) valid_from: NaiveDate,
    pub(crate) created_at: NaiveDate,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) employee: Option<Employee<String>>,
}

/// `H` is the house number: a number in JSON, a text in XML.
#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Employee<H> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) birthday: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<Address<H>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job: Option<Job>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contact: Option<Contact>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address<H> {
    pub(crate) street: String,
    pub(crate) house_number: H,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_suffix: Option<String>,
    pub(crate) zip_code: String,
    pub(crate) city: String,
    pub(crate) country: String,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    pub(crate) employment_site: String,
    pub(crate) employment_status: String,
    pub(crate) start_of_employment: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) personnel_number: Option<String>,
    pub(crate) management: bool,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email_business: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mobile_business: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) landline_business: Option<String>,
}

/// A record of a CSV file: csv with serde cannot take nested structs apart.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CsvRecord {
    careflex_id: String,
    external_id: Option<String>,
    employee_id: String,
    #[serde(rename = "type")]
    kind: String,
    valid_from: NaiveDate,
    created_at: NaiveDate,
    title: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    birthday: Option<NaiveDate>,
    sex: Option<String>,
    street: Option<String>,
    house_number: Option<String>,
    address_suffix: Option<String>,
    zip_code: Option<String>,
    city: Option<String>,
    country: Option<String>,
    employment_site: Option<String>,
    employment_status: Option<String>,
    start_of_employment: Option<NaiveDate>,
    personnel_number: Option<String>,
    management: Option<bool>,
    email_business: Option<String>,
    mobile_business: Option<String>,
    landline_business: Option<String>,
}

/// A portal's answer, as a SOAP message.
#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AnswerEnvelope {
    pub(crate) body: AnswerBody,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AnswerBody {
    pub(crate) new_incident_response: Answer,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) import_id: String,
    pub(crate) incident_response_list: AnswerRows,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
pub(crate) struct AnswerRows {
    #[serde(rename = "incident", default)]
    pub(crate) rows: Vec<AnswerRow>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnswerRow {
    pub(crate) row_number: u64,
    pub(crate) incident_id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) employee_id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) incident_error: Option<Refusal>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
}
