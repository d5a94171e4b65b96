//! The names of the messages. The elements of an incident come from the tables of the schema.

/// SOAP 1.1.
pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2, which the portal does not speak.
pub(super) const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// `NewIncident`.
pub(super) const CAREFLEX_2_0: &str = "http://n4.de/careflex/2.0";
/// `NoIncident`.
pub(super) const CAREFLEX_1_0: &str = "http://n4.de/careflex";
/// `xml:lang` and the like.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Of the declarations themselves.
pub(super) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// `xsi:nil`.
pub(super) const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

pub(crate) const ENVELOPE: &str = "Envelope";
pub(super) const HEADER: &str = "Header";
pub(super) const BODY: &str = "Body";
pub(super) const FAULT: &str = "Fault";

pub(super) const NEW_REQUEST: &str = "NewIncidentRequest";
pub(crate) const NEW_RESPONSE: &str = "NewIncidentResponse";
pub(super) const NONE_REQUEST: &str = "NoIncidentRequest";
pub(crate) const NONE_RESPONSE: &str = "NoIncidentResponse";
pub(super) const CAREFLEX_ID: &str = "careflexId";
pub(super) const API_TOKEN: &str = "apitoken";
pub(super) const CREATED_AT: &str = "createdAt";
pub(super) const INCIDENT_LIST: &str = "incidentList";
pub(super) const PLAIN_INCIDENT: &str = "plainIncident";
pub(super) const NEW_INCIDENT: &str = "newIncident";
