//! SOAP by hand, as one would write it on quick-xml's reader and writer: no namespaces, no rules.

use careflex::{NaiveDate, date_text, parse_date};
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use super::plain::{
    Address, Answer, AnswerRow, Contact, Employee, Job, Refusal, XmlIncident, XmlListed, XmlRequest,
};

/// Appends a request in its envelope.
pub(crate) fn write(request: &XmlRequest, out: &mut Vec<u8>) {
    let writer = &mut Writer::new(out);
    let envelope = BytesStart::new("soapenv:Envelope").with_attributes([
        ("xmlns:soapenv", "http://schemas.xmlsoap.org/soap/envelope/"),
        ("xmlns:ns", "http://n4.de/careflex/2.0"),
    ]);
    put(writer, Event::Start(envelope));
    put(writer, Event::Empty(BytesStart::new("soapenv:Header")));
    element(writer, "soapenv:Body", |writer| {
        element(writer, "ns:NewIncidentRequest", |writer| {
            leaf(writer, "careflexId", &request.careflex_id);
            leaf(writer, "apitoken", &request.apitoken);
            element(writer, "incidentList", |writer| {
                for listed in &request.incident_list.incidents {
                    let (name, incident) = match listed {
                        XmlListed::PlainIncident(incident) => ("plainIncident", incident),
                        XmlListed::NewIncident(incident) => ("newIncident", incident),
                    };
                    element(writer, name, |writer| write_incident(incident, writer));
                }
            });
        });
    });
    put(writer, Event::End(BytesEnd::new("soapenv:Envelope")));
}

type Out<'a> = Writer<&'a mut Vec<u8>>;

fn write_incident(incident: &XmlIncident, writer: &mut Out<'_>) {
    optional(writer, "externalId", &incident.external_id);
    leaf(writer, "employeeId", &incident.employee_id);
    day(writer, "validFrom", incident.valid_from);
    day(writer, "createdAt", incident.created_at);
    leaf(writer, "type", &incident.kind);
    if let Some(employee) = &incident.employee {
        element(writer, "employee", |writer| {
            write_employee(employee, writer);
        });
    }
}

fn write_employee(employee: &Employee<String>, writer: &mut Out<'_>) {
    optional(writer, "title", &employee.title);
    leaf(writer, "firstName", &employee.first_name);
    leaf(writer, "lastName", &employee.last_name);
    if let Some(birthday) = employee.birthday {
        day(writer, "birthday", birthday);
    }
    optional(writer, "sex", &employee.sex);
    if let Some(address) = &employee.address {
        element(writer, "address", |writer| {
            leaf(writer, "street", &address.street);
            leaf(writer, "houseNumber", &address.house_number);
            optional(writer, "addressSuffix", &address.address_suffix);
            leaf(writer, "zipCode", &address.zip_code);
            leaf(writer, "city", &address.city);
            leaf(writer, "country", &address.country);
        });
    }
    if let Some(job) = &employee.job {
        element(writer, "job", |writer| {
            leaf(writer, "employmentSite", &job.employment_site);
            leaf(writer, "employmentStatus", &job.employment_status);
            day(writer, "startOfEmployment", job.start_of_employment);
            optional(writer, "personnelNumber", &job.personnel_number);
            let management = if job.management { "true" } else { "false" };
            leaf(writer, "management", management);
        });
    }
    if let Some(contact) = &employee.contact {
        element(writer, "contact", |writer| {
            optional(writer, "emailBusiness", &contact.email_business);
            optional(writer, "mobileBusiness", &contact.mobile_business);
            optional(writer, "landlineBusiness", &contact.landline_business);
        });
    }
}

fn element<'a>(writer: &mut Out<'a>, name: &str, content: impl FnOnce(&mut Out<'a>)) {
    put(writer, Event::Start(BytesStart::new(name)));
    content(writer);
    put(writer, Event::End(BytesEnd::new(name)));
}

fn leaf(writer: &mut Out<'_>, name: &str, text: &str) {
    element(writer, name, |writer| {
        put(writer, Event::Text(BytesText::new(text)));
    });
}

fn optional(writer: &mut Out<'_>, name: &str, text: &Option<String>) {
    if let Some(text) = text {
        leaf(writer, name, text);
    }
}

fn day(writer: &mut Out<'_>, name: &str, day: NaiveDate) {
    leaf(writer, name, date_text(day).unwrap().as_str());
}

fn put(writer: &mut Out<'_>, event: Event<'_>) {
    writer.write_event(event).unwrap();
}

type In<'a> = Reader<&'a [u8]>;

/// Reads a request out of its envelope.
pub(crate) fn read_request(body: &[u8]) -> XmlRequest {
    let reader = &mut Reader::from_str(std::str::from_utf8(body).unwrap());
    let mut request = XmlRequest::default();
    document(reader, |reader, name| match name {
        "careflexId" => request.careflex_id = text(reader),
        "apitoken" => request.apitoken = text(reader),
        "plainIncident" => {
            let incident = XmlListed::PlainIncident(read_incident(reader));
            request.incident_list.incidents.push(incident);
        }
        "newIncident" => {
            let incident = XmlListed::NewIncident(read_incident(reader));
            request.incident_list.incidents.push(incident);
        }
        // The envelope, its parts, and the list: what is in them comes next.
        _ => {}
    });
    request
}

fn read_incident(reader: &mut In<'_>) -> XmlIncident {
    let mut incident = XmlIncident::default();
    children(reader, |reader, name| match name {
        "externalId" => incident.external_id = Some(text(reader)),
        "employeeId" => incident.employee_id = text(reader),
        "validFrom" => incident.valid_from = read_day(reader),
        "createdAt" => incident.created_at = read_day(reader),
        "type" => incident.kind = text(reader),
        "employee" => incident.employee = Some(read_employee(reader)),
        _ => skip(reader),
    });
    incident
}

fn read_employee(reader: &mut In<'_>) -> Employee<String> {
    let mut employee = Employee::default();
    children(reader, |reader, name| match name {
        "title" => employee.title = Some(text(reader)),
        "firstName" => employee.first_name = text(reader),
        "lastName" => employee.last_name = text(reader),
        "birthday" => employee.birthday = Some(read_day(reader)),
        "sex" => employee.sex = Some(text(reader)),
        "address" => employee.address = Some(read_address(reader)),
        "job" => employee.job = Some(read_job(reader)),
        "contact" => employee.contact = Some(read_contact(reader)),
        _ => skip(reader),
    });
    employee
}

fn read_address(reader: &mut In<'_>) -> Address<String> {
    let mut address = Address::default();
    children(reader, |reader, name| match name {
        "street" => address.street = text(reader),
        "houseNumber" => address.house_number = text(reader),
        "addressSuffix" => address.address_suffix = Some(text(reader)),
        "zipCode" => address.zip_code = text(reader),
        "city" => address.city = text(reader),
        "country" => address.country = text(reader),
        _ => skip(reader),
    });
    address
}

fn read_job(reader: &mut In<'_>) -> Job {
    let mut job = Job::default();
    children(reader, |reader, name| match name {
        "employmentSite" => job.employment_site = text(reader),
        "employmentStatus" => job.employment_status = text(reader),
        "startOfEmployment" => job.start_of_employment = read_day(reader),
        "personnelNumber" => job.personnel_number = Some(text(reader)),
        "management" => job.management = text(reader) == "true",
        _ => skip(reader),
    });
    job
}

fn read_contact(reader: &mut In<'_>) -> Contact {
    let mut contact = Contact::default();
    children(reader, |reader, name| match name {
        "emailBusiness" => contact.email_business = Some(text(reader)),
        "mobileBusiness" => contact.mobile_business = Some(text(reader)),
        "landlineBusiness" => contact.landline_business = Some(text(reader)),
        _ => skip(reader),
    });
    contact
}

/// Reads an answer out of its envelope.
pub(crate) fn read_answer(body: &[u8]) -> Answer {
    let reader = &mut Reader::from_str(std::str::from_utf8(body).unwrap());
    let mut answer = Answer::default();
    document(reader, |reader, name| match name {
        "importId" => answer.import_id = text(reader),
        "incident" => answer.incident_response_list.rows.push(read_row(reader)),
        _ => {}
    });
    answer
}

fn read_row(reader: &mut In<'_>) -> AnswerRow {
    let mut row = AnswerRow::default();
    children(reader, |reader, name| match name {
        "rowNumber" => row.row_number = text(reader).parse().unwrap(),
        // The portal puts line breaks around it.
        "incidentId" => row.incident_id = text(reader).trim().to_owned(),
        "externalId" => row.external_id = Some(text(reader)),
        "employeeId" => row.employee_id = text(reader),
        "type" => row.kind = text(reader),
        "incidentError" => row.incident_error = Some(read_refusal(reader)),
        _ => skip(reader),
    });
    row
}

fn read_refusal(reader: &mut In<'_>) -> Refusal {
    let mut refusal = Refusal::default();
    children(reader, |reader, name| match name {
        "code" => refusal.code = text(reader),
        "message" => refusal.message = text(reader),
        _ => skip(reader),
    });
    refusal
}

/// All elements of a document that nobody reads as a part of another one.
fn document(reader: &mut In<'_>, mut element: impl FnMut(&mut In<'_>, &str)) {
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => element(reader, start.local_name().into_inner()),
            Event::Eof => return,
            _ => {}
        }
    }
}

/// The elements up to the end tag of the one that is open. Whoever gets one reads it to its end tag.
fn children(reader: &mut In<'_>, mut child: impl FnMut(&mut In<'_>, &str)) {
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => child(reader, start.local_name().into_inner()),
            Event::End(_) => return,
            Event::Eof => panic!("the document ends too early"),
            _ => {}
        }
    }
}

fn text(reader: &mut In<'_>) -> String {
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(character) => text.push(character),
                None => text.push_str(resolve_xml_entity(&reference).unwrap()),
            },
            Event::End(_) => return text,
            event => panic!("no text, but {event:?}"),
        }
    }
}

fn read_day(reader: &mut In<'_>) -> NaiveDate {
    let Event::Text(day) = reader.read_event().unwrap() else {
        panic!("no day");
    };
    let Event::End(_) = reader.read_event().unwrap() else {
        panic!("more than a day");
    };
    parse_date(&day).unwrap()
}

fn skip(reader: &mut In<'_>) {
    children(reader, |reader, _| skip(reader));
}
