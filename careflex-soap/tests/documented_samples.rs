//! The documented messages, in both directions, and all the ways in which XML can say the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod canonical;

use canonical::canonical;
use careflex_core::{
    Answer, ApiToken, EmptyReport, Fault, IncidentKind, NewCode, NewRequest, Report, Rules, Sex,
    parse_date,
};
use careflex_soap::xml::{self, Reply, Request};

const NEW_REQUEST: &str = include_str!("samples/soap-new-request.xml");
const NEW_RESPONSE: &str = include_str!("samples/soap-new-response.xml");
const NONE_REQUEST: &str = include_str!("samples/soap-none-request.xml");
const NONE_RESPONSE: &str = include_str!("samples/soap-none-response.xml");

fn new_request(body: &str) -> NewRequest {
    match xml::decode_request(body.as_bytes(), &Rules::documented()).unwrap() {
        Request::New(request) => request,
        other => panic!("{other:?}"),
    }
}

fn refused(body: &str) -> String {
    xml::decode_request(body.as_bytes(), &Rules::documented())
        .unwrap_err()
        .to_string()
}

fn answer(body: &str) -> Answer {
    match xml::decode_new_response(body.as_bytes()).unwrap() {
        Reply::Answer(answer) => answer,
        Reply::Fault(fault) => panic!("{fault:?}"),
    }
}

fn fault(body: &str) -> Fault {
    match xml::decode_new_response(body.as_bytes()).unwrap() {
        Reply::Fault(fault) => fault,
        Reply::Answer(answer) => panic!("{answer:?}"),
    }
}

fn unreadable(body: &str) -> String {
    xml::decode_new_response(body.as_bytes())
        .unwrap_err()
        .to_string()
}

fn encode(report: &Report, token: &ApiToken) -> String {
    let mut body = Vec::new();
    xml::encode_new_request(report, token, &mut body);
    String::from_utf8(body).unwrap()
}

#[test]
fn the_request_decodes_and_encodes_to_the_same_document() {
    let request = new_request(NEW_REQUEST);
    assert_eq!(request.careflex_id.as_str(), "09ce3580d84bf087");
    assert_eq!(
        request.api_token.expose(),
        "88ea9396-386f-4130-bd00-1dd34e5636bd"
    );
    let incidents: Vec<_> = request
        .rows
        .into_iter()
        .map(|row| row.incident.unwrap())
        .collect();
    // Plain and new incidents in the order of the request.
    let keys: Vec<_> = incidents
        .iter()
        .map(|incident| (incident.employee_id.as_str(), incident.kind.code()))
        .collect();
    assert_eq!(
        keys,
        [("4711", "RST"), ("4811", "NEW"), ("35801170498", "RST")]
    );
    assert_eq!(
        incidents[2].external_id.as_ref().unwrap().as_str(),
        "CustomerId-4711-2345"
    );
    let employee = incidents[1].employee.as_ref().unwrap();
    assert_eq!(employee.title.as_ref().unwrap(), "Prof. Dr.");
    assert_eq!(employee.birthday, Some(parse_date("1979-01-15").unwrap()));
    assert_eq!(employee.sex, Some(Sex::Male));
    let address = employee.address.as_ref().unwrap();
    assert_eq!(
        (&*address.street, &*address.house_number, &*address.zip_code),
        ("Musterstraße", "9", "01234")
    );
    assert!(employee.job.as_ref().unwrap().management);
    assert_eq!(
        employee
            .contact
            .as_ref()
            .unwrap()
            .email_business
            .as_ref()
            .unwrap(),
        "thomas.mustermann@musterfirma.de",
        "the line breaks around it are not part of it"
    );

    let report = Report::new(request.careflex_id, incidents, &Rules::documented()).unwrap();
    assert_eq!(
        canonical(&encode(&report, &request.api_token)),
        canonical(NEW_REQUEST)
    );
}

#[test]
fn new_is_written_as_the_rules_say() {
    let mut rules = Rules::documented();
    rules.new_code = NewCode::Neu;
    let request = new_request(NEW_REQUEST);
    let incidents = request.rows.into_iter().map(|row| row.incident.unwrap());
    let report = Report::new(request.careflex_id, incidents.collect(), &rules).unwrap();
    let body = encode(&report, &request.api_token);
    assert!(body.contains("<type>NEU</type>") && !body.contains("<type>NEW</type>"));
}

#[test]
fn the_answer_is_read_without_the_white_space_around_its_values() {
    let answer = answer(NEW_RESPONSE);
    assert_eq!(
        answer.import_id.as_ref().unwrap().as_str(),
        "550a80b5-de70-4078-860e-c03d75b1dc49"
    );
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|row| {
            assert!(!row.is_unclear);
            (
                row.row_number.unwrap(),
                row.incident_id.as_ref().unwrap().as_str(),
                row.external_id.as_deref(),
                row.employee_id.as_deref().unwrap(),
                row.kind.as_deref().unwrap(),
                row.error.as_ref().map(|(code, _)| code.as_str()),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (
                0,
                "3b2d4888-a25c-4c8b-9818-aa6b428bd2de",
                None,
                "4711",
                "RSTxxx",
                None
            ),
            (
                1,
                "3615b6af-e2f2-4dcf-a945-d9ad8546228b",
                None,
                "4811",
                "NEU",
                Some("422")
            ),
            (
                2,
                "3b2d4888-a25c-4c8b-9818-aa6b428bd2df",
                Some("CustomerId-4711-2345"),
                "35801170498",
                "RST",
                None
            ),
        ]
    );
    assert_eq!(
        answer.rows[1].error.as_ref().unwrap().1,
        "The validation failed: The content of the field 'type' is invalid with the reason: invalid value"
    );
    // The type is kept as it came; NEU means NEW.
    assert_eq!("NEU".parse::<IncidentKind>().unwrap(), IncidentKind::New);

    let mut body = Vec::new();
    xml::encode_new_response(&answer, &mut body);
    // Quotation marks are escaped too: that is the only difference.
    let written = String::from_utf8(body).unwrap().replace("&apos;", "'");
    assert_eq!(written.trim(), NEW_RESPONSE.trim());
}

#[test]
fn the_empty_report_and_its_answer() {
    let rules = Rules::documented();
    let Request::None(request) = xml::decode_request(NONE_REQUEST.as_bytes(), &rules).unwrap()
    else {
        panic!("another request");
    };
    assert_eq!(request.report.careflex_id().as_str(), "09ce3580d84bf090");
    assert_eq!(
        request.report.created_at(),
        parse_date("2020-08-24").unwrap()
    );
    let mut body = Vec::new();
    xml::encode_none_request(&request.report, &request.api_token, &mut body);
    assert_eq!(
        canonical(std::str::from_utf8(&body).unwrap()),
        canonical(NONE_REQUEST)
    );

    let reply = xml::decode_none_response(NONE_RESPONSE.as_bytes()).unwrap();
    assert_eq!(reply, Reply::Answer(()));
    let mut body = Vec::new();
    xml::encode_none_response(&mut body);
    assert_eq!(
        String::from_utf8(body).unwrap().trim(),
        NONE_RESPONSE.trim()
    );
}

#[test]
fn the_same_answer_in_other_words_is_the_same() {
    let expected = answer(NEW_RESPONSE);
    let rename = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    for (from, to) in [
        // Other prefixes, and none.
        ("ns3:", "x:"),
        ("SOAP-ENV", "s"),
        (
            "<importId>",
            "<importId a='&amp;' xmlns:unused='urn:unused'>",
        ),
        // Comments, sections, instructions and references in a value.
        (
            "<employeeId>4711<",
            "<employeeId>4<!-- - -->7<![CDATA[1]]>1<",
        ),
        (
            "<employeeId>4711<",
            "<employeeId><?some thing?>&#52;&#x37;11<",
        ),
        ("<employeeId>4711<", "<employeeId>\r\n\t4711 \n<"),
        // Absent in other ways.
        ("<type>RSTxxx", "<externalId/><type>RSTxxx"),
        (
            "<type>RSTxxx",
            "<externalId xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/><incidentError xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil=\"1\"></incidentError><type>RSTxxx",
        ),
        // More than is documented.
        (
            "<incidentResponseList>",
            "<feedbackUrl>x</feedbackUrl><incidentResponseList>",
        ),
        ("<type>RSTxxx", "<note><text>a</text></note><type>RSTxxx"),
        (
            "<SOAP-ENV:Header/>",
            "<SOAP-ENV:Header><a xmlns='urn:a'>b</a></SOAP-ENV:Header>",
        ),
        ("<SOAP-ENV:Header/>", ""),
        (
            "<SOAP-ENV:Header/>",
            "<SOAP-ENV:Header><a:To xmlns:a='http://x/?a=1&amp;b=2' SOAP-ENV:mustUnderstand='1'>c</a:To></SOAP-ENV:Header>",
        ),
        ("</SOAP-ENV:Body>", "</SOAP-ENV:Body><a xmlns='urn:a'/>"),
        (
            "<SOAP-ENV:Envelope",
            "<?xml version='1.0' encoding='UTF-8'?><!-- a --><SOAP-ENV:Envelope",
        ),
        ("<SOAP-ENV:Envelope", "\u{feff}<SOAP-ENV:Envelope"),
    ] {
        let text = rename(NEW_RESPONSE, from, to);
        let text = match from {
            "ns3:" => rename(&text, "xmlns:ns3", "xmlns:x"),
            _ => text,
        };
        assert_eq!(answer(&text), expected, "{to}");
    }
    // Without a prefix, the children say that they have no namespace.
    let text = rename(NEW_RESPONSE, "ns3:", "");
    let text = rename(&text, "xmlns:ns3", "xmlns");
    let text = rename(&text, "<importId>", "<importId xmlns=''>");
    let text = rename(
        &text,
        "<incidentResponseList>",
        "<incidentResponseList xmlns=\"\">",
    );
    assert_eq!(answer(&text), expected);
    // Members in another order.
    let text = rename(NEW_RESPONSE, "<rowNumber>0</rowNumber>\n", "");
    let text = rename(
        &text,
        "<type>RSTxxx</type>",
        "<type>RSTxxx</type><rowNumber>0</rowNumber>",
    );
    assert_eq!(answer(&text), expected);
}

#[test]
fn only_the_row_that_is_unclear_is_so() {
    for (from, to) in [
        ("<type>RSTxxx", "<rowNumber>0</rowNumber><type>RSTxxx"),
        ("<type>RSTxxx", "<error>422</error><type>RSTxxx"),
        ("<type>RSTxxx", "<fehler>422</fehler><type>RSTxxx"),
        (
            "<type>RSTxxx",
            "<a><b><incidentError>1</incidentError></b></a><type>RSTxxx",
        ),
        (
            "<type>RSTxxx",
            "<e:Fault xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>1</e:Fault><type>RSTxxx",
        ),
        (
            "<type>RSTxxx",
            "<incidentError xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'><why>no</why></incidentError><type>RSTxxx",
        ),
        (
            "<type>RSTxxx",
            "<error xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'>no</error><type>RSTxxx",
        ),
        (
            "<type>RSTxxx",
            "<n:incidentError xmlns:n='urn:n' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'><n:code>1</n:code></n:incidentError><type>RSTxxx",
        ),
        (
            "<type>RSTxxx",
            "<incidentError><code>1</code><code>2</code></incidentError><type>RSTxxx",
        ),
        (
            "<type>RSTxxx",
            "<x:incidentError xmlns:x='urn:x'>422</x:incidentError><type>RSTxxx",
        ),
        ("<type>RSTxxx", "<incidentError/><type>RSTxxx"),
        (
            "<type>RSTxxx",
            "<incidentError>422</incidentError><type>RSTxxx",
        ),
        ("<type>RSTxxx", "really <type>RSTxxx"),
        ("<type>RSTxxx", "<type><b>RSTxxx</b>"),
        (
            "<type>RSTxxx",
            "<type xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'>RSTxxx",
        ),
    ] {
        let answer = answer(&NEW_RESPONSE.replacen(from, to, 1));
        let unclear: Vec<_> = answer.rows.iter().map(|row| row.is_unclear).collect();
        assert_eq!(unclear, [true, false, false], "{to}");
    }
}

#[test]
fn beside_an_error_no_row_is_clear() {
    let unclear = |beside: &str, place: &str| {
        let text = NEW_RESPONSE.replacen(place, &format!("{beside}{place}"), 1);
        let rows = answer(&text).rows;
        assert!(rows.iter().all(|row| row.is_unclear == rows[0].is_unclear));
        // What is known of them is kept.
        assert!(rows.iter().all(|row| row.incident_id.is_some()));
        rows[0].is_unclear
    };
    let none_unclear = |beside: &str| {
        let text = format!(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><n:NoIncidentResponse xmlns:n='http://n4.de/careflex'>{beside}</n:NoIncidentResponse></e:Body></e:Envelope>"
        );
        xml::decode_none_response(text.as_bytes()).is_err()
    };
    for (beside, expected) in [
        ("<error>import failed</error>", true),
        ("<incidentError><code>1</code></incidentError>", true),
        ("<a><exception>b</exception></a>", true),
        ("<x:failure xmlns:x='urn:x'>b</x:failure>", true),
        ("<hasErrors>true</hasErrors>", true),
        ("<errors><error/></errors>", true),
        ("<errors/>", false),
        ("<hasErrors> false </hasErrors>", false),
        ("<errorCount>0</errorCount>", false),
        ("<defaultLanguage>de</defaultLanguage>", false),
    ] {
        for place in ["<incidentResponseList>", "<incident>"] {
            assert_eq!(unclear(beside, place), expected, "{beside}");
        }
        assert_eq!(none_unclear(beside), expected, "{beside}");
    }
}

#[test]
fn answers_that_are_none_are_refused_with_their_place() {
    for (from, to, expected) in [
        (
            "http://n4.de/careflex/2.0",
            "http://n4.de/careflex/3.0",
            "line 4, column 1: NewIncidentResponse is in the wrong namespace",
        ),
        (
            "http://schemas.xmlsoap.org/soap/envelope/",
            "http://www.w3.org/2003/05/soap-envelope",
            "line 1, column 1: this is a message of SOAP 1.2",
        ),
        (
            "http://schemas.xmlsoap.org/soap/envelope/",
            "urn:x",
            "not in the namespace of SOAP 1.1",
        ),
        (
            "<importId>",
            "<importId xmlns='urn:x'>",
            "line 5, column 1: importId is in the wrong namespace",
        ),
        (
            "<incidentResponseList>",
            "<incidentResponseList xmlns='urn:x'>",
            "wrong namespace",
        ),
        (
            "<incident>",
            "<x:incident xmlns:x='urn:x'>",
            "incident is in the wrong namespace",
        ),
        (
            "<importId>",
            "<importId>1</importId><importId>",
            "importId is there twice",
        ),
        (
            "</SOAP-ENV:Body>",
            "</SOAP-ENV:Body><SOAP-ENV:Body/>",
            "two bodies",
        ),
        (
            "</SOAP-ENV:Body>",
            "<ns3:NewIncidentResponse xmlns:ns3='http://n4.de/careflex/2.0'/></SOAP-ENV:Body>",
            "more than one message",
        ),
        (
            "<ns3:NewIncidentResponse",
            "text<ns3:NewIncidentResponse",
            "a text stands where only elements belong",
        ),
        ("</SOAP-ENV:Envelope>", "", "the XML ends too early"),
        (
            "</SOAP-ENV:Envelope>",
            "</SOAP-ENV:Envelope><a/>",
            "a second element follows",
        ),
        (
            "</SOAP-ENV:Envelope>",
            "</SOAP-ENV:Envelope>a",
            "a text stands behind",
        ),
        (
            "</SOAP-ENV:Envelope>",
            "</SOAP-ENV:Envelop>",
            "an end tag does not match",
        ),
        ("<importId>", "<importId>&nbsp;", "a reference is not known"),
        (
            "<importId>",
            "<importId>&#0;",
            "a character is there that XML cannot hold",
        ),
        ("<importId>", "<importId>a & b", "an & begins no reference"),
        (
            "<importId>",
            "<importId>\u{1}",
            "a character is there that XML cannot hold",
        ),
        (
            "<importId>",
            "<importId>]]>",
            "]]> must not stand in a text",
        ),
        ("<importId>", "<importId><!-- a -- b -->", "two hyphens"),
        (
            "<importId>",
            "<importId><y:a/>",
            "a namespace prefix is not declared",
        ),
        (
            "<importId>",
            "<importId y:a='1'>",
            "a namespace prefix is not declared",
        ),
        (
            "<importId>",
            "<importId a='1' a='2'>",
            "an attribute is there twice",
        ),
        (
            "<importId>",
            "<importId xmlns:b='urn:a' xmlns:c='urn:a' b:a='1' c:a='2'>",
            "an attribute is there twice",
        ),
        (
            "<importId>",
            "<importId><?xml version='1.0'?>",
            "must be the first thing",
        ),
        (
            "<SOAP-ENV:Envelope",
            "<?xml version='1.0' encoding='ISO-8859-1'?><SOAP-ENV:Envelope",
            "another encoding than UTF-8 is declared",
        ),
        (
            "<SOAP-ENV:Envelope",
            " <?xml version='1.0'?><SOAP-ENV:Envelope",
            "must be the first thing",
        ),
        (
            "<SOAP-ENV:Envelope",
            "<!DOCTYPE a><SOAP-ENV:Envelope",
            "a document type definition (DOCTYPE) is there",
        ),
        (
            "<importId>",
            "<importId xmlns:a=''>",
            "a namespace prefix is declared as nothing",
        ),
        (
            "<importId>",
            "<importId xmlns='http://www.w3.org/XML/1998/namespace'>",
            "reserved namespace",
        ),
        (
            "<importId>",
            "<importId xmlns='http://www.w3.org/2000/xmlns/'>",
            "reserved namespace",
        ),
        (
            "<importId>",
            "<xmlns:a/><importId>",
            "a namespace prefix is not declared",
        ),
        (
            "<importId>",
            "<importId xmlns:a='urn:&#97;'>",
            "a character reference in its address",
        ),
        (
            "<SOAP-ENV:Header/>",
            "<x:a xmlns:x='urn:x'/><SOAP-ENV:Header/>",
            "neither Header nor Body",
        ),
        (
            "<SOAP-ENV:Header/>",
            "<SOAP-ENV:Header/><SOAP-ENV:Header/>",
            "once only",
        ),
    ] {
        let text = NEW_RESPONSE.replacen(from, to, 1);
        assert_ne!(text, NEW_RESPONSE);
        let error = unreadable(&text);
        assert!(error.contains(expected), "{error} (expected {expected})");
    }
    let begin = NEW_RESPONSE.find("<incident>").unwrap();
    let end = NEW_RESPONSE.find("</incident>").unwrap() + "</incident>".len();
    let row = &NEW_RESPONSE[begin..end];
    let many = NEW_RESPONSE.replacen(row, &row.repeat(10_001), 1);
    assert!(unreadable(&many).contains("too many rows"));
    assert!(unreadable("").contains("it is empty"));
    assert!(unreadable("<html><body/></html>").contains("this is a web page"));
    assert!(unreadable("{}").contains("this is no XML: it does not begin with <"));
    assert!(unreadable(NONE_RESPONSE).contains("holds no NewIncidentResponse"));
    let latin_1 = NEW_RESPONSE
        .replace("field 'type'", "field \u{1}")
        .into_bytes();
    let latin_1: Vec<_> = latin_1
        .into_iter()
        .map(|byte| if byte == 1 { 0xFC } else { byte })
        .collect();
    let error = xml::decode_new_response(&latin_1).unwrap_err().to_string();
    assert!(
        error.contains("line 24, column 10: is not UTF-8"),
        "{error}"
    );
}

fn fault_envelope(content: &str) -> String {
    format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><e:Fault>{content}</e:Fault></e:Body></e:Envelope>"
    )
}

#[test]
fn a_fault_is_read_with_its_raw_detail() {
    let fault = fault(&fault_envelope(
        "<faultcode>\n e:Client\n</faultcode><faultstring xml:lang='de'>Ung&#252;ltig</faultstring><faultactor/><detail>\n<a b='c'>d &amp; e</a> </detail>",
    ));
    assert_eq!(fault.code, "e:Client");
    assert_eq!(fault.text, "Ungültig");
    assert_eq!(fault.detail.as_deref(), Some("<a b='c'>d &amp; e</a>"));
    assert!(fault.is_refusal);
    assert!(!format!("{fault:?}").contains("Ung"));

    assert_eq!(fault.detail_text.as_deref(), Some("d & e"));

    let mut written = fault.clone();
    written.code = "SOAP-ENV:Client".to_owned();
    let mut body = Vec::new();
    xml::encode_fault(&written, &mut body);
    let Reply::Fault(again) = xml::decode_none_response(&body).unwrap() else {
        panic!("no fault");
    };
    assert_eq!(again, written);
}

#[test]
fn only_the_sender_s_faults_say_that_nothing_was_taken() {
    for (code, is_refusal) in [
        ("e:Client", true),
        ("Client", true),
        ("e:Client.Authentication", true),
        ("e:MustUnderstand", true),
        ("e:VersionMismatch", true),
        ("e:Server", false),
        ("e:Server.Client", false),
        ("x:Client", false),
        ("e:client", false),
        ("e:ClientError", false),
        ("Sender", false),
        ("", false),
    ] {
        let fault = fault(&fault_envelope(&format!("<faultcode>{code}</faultcode>")));
        assert_eq!(fault.is_refusal, is_refusal, "{code}");
    }
    assert!(!fault(&fault_envelope("")).is_refusal);
    // Elements of others say nothing of the portal.
    for foreign in [
        "<x:faultcode xmlns:x='urn:x'>Client</x:faultcode>",
        "<faultcode xmlns='urn:x'>Client</faultcode>",
    ] {
        let fault = fault(&fault_envelope(foreign));
        assert!(!fault.is_refusal && fault.code.is_empty(), "{foreign}");
    }
    let qualified = fault(&fault_envelope("<e:faultcode>e:Client</e:faultcode>"));
    assert!(qualified.is_refusal);
    let foreign = fault_envelope("<faultcode>Client</faultcode>").replace("e:Fault>", "Fault>");
    assert!(unreadable(&foreign).contains("holds no NewIncidentResponse"));
    let controls = fault(&fault_envelope("<faultstring>a&#x85;b</faultstring>"));
    assert_eq!(controls.text, "a b");
    assert!(
        unreadable(&fault_envelope(
            "<faultcode>e:Client</faultcode><faultcode>e:Server</faultcode>"
        ))
        .contains("faultcode is there twice")
    );
}

#[test]
fn requests_are_read_strictly() {
    for (from, to, expected) in [
        (
            "xmlns:ns=",
            "xmlns='http://n4.de/careflex/2.0' xmlns:ns=",
            "careflexId must have no namespace",
        ),
        (
            "<careflexId>09ce3580d84bf087</careflexId>",
            "",
            "careflexId is missing",
        ),
        (
            "<apitoken>88ea9396-386f-4130-bd00-1dd34e5636bd</apitoken>",
            "",
            "apitoken is missing",
        ),
        ("apitoken>", "apiToken>", "did you mean apitoken?"),
        (
            "<careflexId>",
            "<careflexId/><careflexId>",
            "careflexId is there twice",
        ),
        (
            "</incidentList>",
            "</incidentList><careflexId/>",
            "nothing may stand behind incidentList",
        ),
        (
            "</incidentList>",
            "</incidentList><incidentList/>",
            "incidentList is there twice",
        ),
        (
            "<incidentList>",
            "a<incidentList>",
            "a text stands where only elements belong",
        ),
        (
            "<plainIncident>",
            "a<plainIncident>",
            "a text stands where only elements belong",
        ),
        (
            "careflex/2.0",
            "careflex",
            "wrong namespace: it is http://n4.de/careflex/2.0",
        ),
        ("NewIncidentRequest", "NewRequest", "this is neither"),
    ] {
        let text = NEW_REQUEST.replace(from, to);
        assert_ne!(text, NEW_REQUEST);
        let error = refused(&text);
        assert!(error.contains(expected), "{error} (expected {expected})");
        assert!(!error.contains("88ea9396"), "{error}");
    }
    let swapped = NONE_REQUEST
        .replace("createdAt>", "x>")
        .replace("careflexId>", "createdAt>");
    assert!(refused(&swapped.replace("x>", "careflexId>")).contains("is in the wrong place"));
    assert!(
        refused(&NONE_REQUEST.replace("2020-08-24", "24.08.2020"))
            .contains("createdAt must be a day")
    );
    assert!(
        refused(&NONE_REQUEST.replace("careflex\"", "careflex/2.0\""))
            .contains("it is http://n4.de/careflex")
    );
}

#[test]
fn what_is_wrong_with_an_incident_is_in_its_row() {
    for (from, to, row, expected) in [
        (
            "<sex>m",
            "<sex>f",
            1,
            "employee.sex: must be one of m, w, d: female is w (weiblich), not f",
        ),
        (
            "<birthday>1979-01-15",
            "<birthday>15.01.1979",
            1,
            "employee.birthday: must be a day in the form YYYY-MM-DD, for example 2020-04-24",
        ),
        (
            "<firstName>Thomas</firstName>\n<lastName>Mustermann</lastName>",
            "<lastName>M</lastName><firstName>T</firstName>",
            1,
            "employee.firstName: must stand in front of lastName: the order of the elements is fixed",
        ),
        (
            "<city>Musterstadt</city>",
            "<city>a</city><city>b</city>",
            1,
            "employee.address.city: is there twice",
        ),
        (
            "<city>Musterstadt</city>",
            "<town>a</town>",
            1,
            "employee.address.town: is not known",
        ),
        (
            "<city>Musterstadt</city>",
            "<city><b>a</b></city>",
            1,
            "employee.address.city: must be a text without elements",
        ),
        (
            "<street>",
            "<street xmlns='urn:x'>",
            1,
            "employee.address.street: must have no namespace",
        ),
        (
            "<address>",
            "<address>Musterweg",
            1,
            "employee.address: holds a text where only elements belong",
        ),
        (
            "<employeeId>4711</employeeId>",
            "<employeeId>  </employeeId>",
            0,
            "employeeId: is missing",
        ),
        (
            "<type>RST</type>",
            "<type>RST</type><employee/>",
            0,
            "employee: is not known in a plainIncident",
        ),
        (
            "<contact>",
            "<contact xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'>",
            1,
            "employee.contact: is nil, but not empty",
        ),
        (
            "<plainIncident>",
            "<plainIncident status='deleted'>",
            0,
            "has an attribute: the elements of an incident have none",
        ),
        (
            "<type>RST",
            "<type kind='a'>RST",
            0,
            "type: has an attribute",
        ),
        (
            "<type>RST",
            "<type xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='a' xml:lang='de'>RST",
            0,
            "",
        ),
        (
            "plainIncident>",
            "newIncident>",
            0,
            "employee: is missing: an incident without master data is a plainIncident",
        ),
        ("plainIncident>", "incident>", 0, "must be a plainIncident"),
        (
            "<title>Prof. Dr.",
            "<title>&#x202e;\u{85}&#xD;x&#x9;",
            1,
            "",
        ),
    ] {
        let text = NEW_REQUEST.replacen(from, to, if from == "plainIncident>" { 2 } else { 1 });
        assert_ne!(text, NEW_REQUEST);
        let request = new_request(&text);
        assert_eq!(request.rows.len(), 3, "{to}");
        let found = match &request.rows[row].incident {
            Ok(_) => String::new(),
            Err(violations) => violations.iter().next().unwrap().to_string(),
        };
        assert!(
            found.starts_with(expected) && found.is_empty() == expected.is_empty(),
            "{found} (expected {expected})"
        );
        assert!(request.rows[2].incident.is_ok());
    }
}

#[test]
fn a_list_that_is_too_long_is_cut_after_the_first_one_too_many() {
    let begin = NEW_REQUEST.find("<plainIncident>").unwrap();
    let end = NEW_REQUEST.find("</plainIncident>").unwrap() + "</plainIncident>".len();
    let one = &NEW_REQUEST[begin..end];
    let text = NEW_REQUEST.replacen(one, &one.repeat(150), 1);
    assert_eq!(new_request(&text).rows.len(), 101);
}

#[test]
fn an_empty_report_needs_no_incidents_and_a_report_is_no_empty_report() {
    let rules = Rules::documented();
    let report = EmptyReport::new(
        "09ce3580d84bf087".parse().unwrap(),
        parse_date("2026-11-30").unwrap(),
        &rules,
    )
    .unwrap();
    let mut body = Vec::new();
    xml::encode_none_request(&report, &ApiToken::new("a<b&c>'\"").unwrap(), &mut body);
    let Request::None(request) = xml::decode_request(&body, &rules).unwrap() else {
        panic!("another request");
    };
    assert_eq!(request.report, report);
    assert_eq!(request.api_token.expose(), "a<b&c>'\"");
}
