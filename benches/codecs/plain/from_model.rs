//! From our model, before anything is measured. A part of it may be boxed or not.

use std::borrow::Borrow;

use careflex::{Incident, Report};

use crate::common::token;

use super::{
    Address, Answer, AnswerRow, AnswerRows, Contact, CsvRecord, Employee, Job, JsonIncident,
    JsonRequest, Refusal, XmlBody, XmlEnvelope, XmlIncident, XmlIncidents, XmlListed, XmlRequest,
};

impl JsonRequest {
    pub(crate) fn of(report: &Report) -> Self {
        let incidents = report.incidents().iter();
        Self {
            careflex_id: report.careflex_id().to_string(),
            api_token: token().expose().to_owned(),
            incident_list: incidents.map(JsonIncident::of).collect(),
        }
    }
}

impl JsonIncident {
    fn of(incident: &Incident) -> Self {
        Self {
            external_id: optional(&incident.external_id),
            kind: incident.kind.to_string(),
            employee_id: incident.employee_id.to_string(),
            created_at: incident.created_at,
            valid_from: incident.valid_from,
            employee: incident.employee.as_ref().map(Employee::of),
        }
    }
}

impl XmlEnvelope {
    pub(crate) fn of(report: &Report) -> Self {
        let incidents = report.incidents().iter();
        let request = XmlRequest {
            careflex_id: report.careflex_id().to_string(),
            apitoken: token().expose().to_owned(),
            incident_list: XmlIncidents {
                incidents: incidents.map(XmlListed::of).collect(),
            },
        };
        Self {
            soapenv: "http://schemas.xmlsoap.org/soap/envelope/".to_owned(),
            ns: "http://n4.de/careflex/2.0".to_owned(),
            header: (),
            body: XmlBody { request },
        }
    }
}

impl XmlListed {
    fn of(incident: &Incident) -> Self {
        let employee = incident.employee.as_ref().map(Employee::of);
        let variant = match employee {
            Some(_) => Self::NewIncident,
            None => Self::PlainIncident,
        };
        variant(XmlIncident {
            external_id: optional(&incident.external_id),
            employee_id: incident.employee_id.to_string(),
            valid_from: incident.valid_from,
            created_at: incident.created_at,
            kind: incident.kind.to_string(),
            employee,
        })
    }
}

impl<H: From<String>> Employee<H> {
    fn of(employee: &impl Borrow<careflex::Employee>) -> Self {
        let employee = employee.borrow();
        Self {
            title: optional(&employee.title),
            first_name: employee.first_name.to_string(),
            last_name: employee.last_name.to_string(),
            birthday: employee.birthday,
            sex: employee.sex.map(|sex| sex.code().to_owned()),
            address: employee.address.as_ref().map(Address::of),
            job: employee.job.as_ref().map(Job::of),
            contact: employee.contact.as_ref().map(Contact::of),
        }
    }
}

impl<H: From<String>> Address<H> {
    fn of(address: &impl Borrow<careflex::Address>) -> Self {
        let address = address.borrow();
        Self {
            street: address.street.to_string(),
            house_number: address.house_number.to_string().into(),
            address_suffix: optional(&address.address_suffix),
            zip_code: address.zip_code.to_string(),
            city: address.city.to_string(),
            country: address.country.to_string(),
        }
    }
}

impl Job {
    fn of(job: &impl Borrow<careflex::Job>) -> Self {
        let job = job.borrow();
        Self {
            employment_site: job.employment_site.to_string(),
            employment_status: job.employment_status.to_string(),
            start_of_employment: job.start_of_employment,
            personnel_number: optional(&job.personnel_number),
            management: job.management,
        }
    }
}

impl Contact {
    fn of(contact: &impl Borrow<careflex::Contact>) -> Self {
        let contact = contact.borrow();
        Self {
            email_business: optional(&contact.email_business),
            mobile_business: optional(&contact.mobile_business),
            landline_business: optional(&contact.landline_business),
        }
    }
}

impl CsvRecord {
    pub(crate) fn of(report: &Report, incident: &Incident) -> Self {
        let employee = incident.employee.as_ref();
        let address = employee.and_then(|employee| employee.address.as_ref());
        let job = employee.and_then(|employee| employee.job.as_ref());
        let contact = employee.and_then(|employee| employee.contact.as_ref());
        Self {
            careflex_id: report.careflex_id().to_string(),
            external_id: optional(&incident.external_id),
            employee_id: incident.employee_id.to_string(),
            kind: incident.kind.to_string(),
            valid_from: incident.valid_from,
            created_at: incident.created_at,
            title: employee.and_then(|it| optional(&it.title)),
            first_name: employee.map(|it| it.first_name.to_string()),
            last_name: employee.map(|it| it.last_name.to_string()),
            birthday: employee.and_then(|it| it.birthday),
            sex: employee
                .and_then(|it| it.sex)
                .map(|sex| sex.code().to_owned()),
            street: address.map(|it| it.street.to_string()),
            house_number: address.map(|it| it.house_number.to_string()),
            address_suffix: address.and_then(|it| optional(&it.address_suffix)),
            zip_code: address.map(|it| it.zip_code.to_string()),
            city: address.map(|it| it.city.to_string()),
            country: address.map(|it| it.country.to_string()),
            employment_site: job.map(|it| it.employment_site.to_string()),
            employment_status: job.map(|it| it.employment_status.to_string()),
            start_of_employment: job.map(|it| it.start_of_employment),
            personnel_number: job.and_then(|it| optional(&it.personnel_number)),
            management: job.map(|it| it.management),
            email_business: contact.and_then(|it| optional(&it.email_business)),
            mobile_business: contact.and_then(|it| optional(&it.mobile_business)),
            landline_business: contact.and_then(|it| optional(&it.landline_business)),
        }
    }
}

impl Answer {
    pub(crate) fn of(answer: &careflex::Answer) -> Self {
        let rows = answer.rows.iter().map(|row| AnswerRow {
            row_number: row.row_number.unwrap(),
            incident_id: row.incident_id.as_ref().unwrap().to_string(),
            external_id: row.external_id.as_ref().map(ToString::to_string),
            employee_id: row.employee_id.as_ref().unwrap().to_string(),
            kind: row.kind.as_ref().unwrap().to_string(),
            incident_error: row
                .error
                .clone()
                .map(|(code, message)| Refusal { code, message }),
        });
        Self {
            import_id: answer.import_id.as_ref().unwrap().to_string(),
            incident_response_list: AnswerRows {
                rows: rows.collect(),
            },
        }
    }

    /// Without the line breaks that the portal puts around some values.
    pub(crate) fn trimmed(mut self) -> Self {
        for row in &mut self.incident_response_list.rows {
            row.incident_id = row.incident_id.trim().to_owned();
        }
        self
    }
}

fn optional(text: &Option<impl ToString>) -> Option<String> {
    text.as_ref().map(ToString::to_string)
}
