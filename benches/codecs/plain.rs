//! The documented messages as a user would write them down with serde's derives: texts as `String`, days as
//! `NaiveDate`, no rules.

use careflex::NaiveDate;
use serde::{Deserialize, Serialize};

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
    #[serde(with = "day")]
    created_at: NaiveDate,
    #[serde(with = "day")]
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
    #[serde(with = "day")]
    pub(crate) valid_from: NaiveDate,
    #[serde(with = "day")]
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
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day::option")]
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
    #[serde(with = "day")]
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
    #[serde(with = "day")]
    valid_from: NaiveDate,
    #[serde(with = "day")]
    created_at: NaiveDate,
    title: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(with = "day::option")]
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
    #[serde(with = "day::option")]
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

mod from_model {
    //! From our model, before anything is measured.

    use careflex::{Incident, Report};

    use super::*;

    impl JsonRequest {
        pub(crate) fn of(report: &Report) -> Self {
            let incidents = report.incidents().iter();
            Self {
                careflex_id: report.careflex_id().to_string(),
                api_token: crate::common::token().expose().to_owned(),
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
                employee: incident.employee.as_ref().map(|it| Employee::of(it)),
            }
        }
    }

    impl XmlEnvelope {
        pub(crate) fn of(report: &Report) -> Self {
            let incidents = report.incidents().iter();
            let request = XmlRequest {
                careflex_id: report.careflex_id().to_string(),
                apitoken: crate::common::token().expose().to_owned(),
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
            let employee = incident.employee.as_ref().map(|it| Employee::of(it));
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
        fn of(employee: &careflex::Employee) -> Self {
            Self {
                title: optional(&employee.title),
                first_name: employee.first_name.to_string(),
                last_name: employee.last_name.to_string(),
                birthday: employee.birthday,
                sex: employee.sex.map(|sex| sex.code().to_owned()),
                address: employee.address.as_ref().map(|it| Address::of(it)),
                job: employee.job.as_ref().map(|it| Job::of(it)),
                contact: employee.contact.as_ref().map(|it| Contact::of(it)),
            }
        }
    }

    impl<H: From<String>> Address<H> {
        fn of(address: &careflex::Address) -> Self {
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
        fn of(job: &careflex::Job) -> Self {
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
        fn of(contact: &careflex::Contact) -> Self {
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
}

/// Written as a number where it looks like one, and read as either.
#[derive(PartialEq, Debug, Default)]
pub(crate) struct JsonHouseNumber(String);

impl From<String> for JsonHouseNumber {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for JsonHouseNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse() {
            Ok(number) if !self.0.starts_with(['0', '+']) => serializer.serialize_u32(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for JsonHouseNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;

        impl serde::de::Visitor<'_> for TextOrNumber {
            type Value = JsonHouseNumber;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<JsonHouseNumber, E> {
                Ok(JsonHouseNumber(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<JsonHouseNumber, E> {
                Ok(JsonHouseNumber(number.to_string()))
            }
        }

        deserializer.deserialize_any(TextOrNumber)
    }
}

/// Days by our own code: chrono's would cost the peers up to 40 % of their time.
mod day {
    use super::NaiveDate;
    use careflex::{date_text, parse_date};
    use serde::{Deserializer, Serializer, de, ser};

    pub(super) fn serialize<S: Serializer>(
        day: &NaiveDate,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = date_text(*day).ok_or_else(|| ser::Error::custom("four digits"))?;
        serializer.serialize_str(text.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<NaiveDate, D::Error> {
        deserializer.deserialize_str(Day)
    }

    struct Day;

    impl de::Visitor<'_> for Day {
        type Value = NaiveDate;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a day")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<NaiveDate, E> {
            parse_date(text).map_err(E::custom)
        }
    }

    pub(super) mod option {
        use super::{Day, NaiveDate};
        use serde::{Deserializer, Serializer, de};

        pub(crate) fn serialize<S: Serializer>(
            day: &Option<NaiveDate>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match day {
                Some(day) => super::serialize(day, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<NaiveDate>, D::Error> {
            struct OptionalDay;

            impl<'de> de::Visitor<'de> for OptionalDay {
                type Value = Option<NaiveDate>;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a day or nothing")
                }

                fn visit_none<E>(self) -> Result<Self::Value, E> {
                    Ok(None)
                }

                fn visit_unit<E>(self) -> Result<Self::Value, E> {
                    Ok(None)
                }

                fn visit_some<D: Deserializer<'de>>(
                    self,
                    deserializer: D,
                ) -> Result<Self::Value, D::Error> {
                    deserializer.deserialize_str(Day).map(Some)
                }
            }

            deserializer.deserialize_option(OptionalDay)
        }
    }
}
