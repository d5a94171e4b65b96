//! The time for a message grows with its size, and not faster. Nothing is measured here: each of these messages
//! would take hours if its cost grew with the square of its size.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_soap::xml;

const ENVELOPE: &str = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>";

#[test]
fn the_time_for_a_message_grows_with_its_size() {
    const SIZE: usize = 4 << 20;
    let fill = |piece: &str| piece.repeat(SIZE / piece.len());
    let rows = |row: &str| {
        format!(
            "{ENVELOPE}<n:NewIncidentResponse xmlns:n='http://n4.de/careflex/2.0'><incidentResponseList><incident>{row}</incident></incidentResponseList></n:NewIncidentResponse></e:Body></e:Envelope>"
        )
    };
    let address = "u".repeat(512);
    let attributes: String = (0..60).map(|number| format!(" x:a{number}=''")).collect();
    let declarations: String = (0..60)
        .map(|number| format!(" xmlns:x{number}='{address}{number}'").replace("uu", "u"))
        .collect();
    let prefixed: String = (0..60).map(|number| format!(" x{number}:a=''")).collect();
    for (name, body) in [
        (
            "members",
            format!("{}{}", fill("<type/>"), fill("<employeeId/>")),
        ),
        ("unknown members", fill("<a/>")),
        (
            "attributes of one namespace",
            format!(
                "<b xmlns:x='{address}'>{}</b>",
                fill(&format!("<b{attributes}/>"))
            ),
        ),
        (
            "attributes of many namespaces",
            format!("<b{declarations}>{}</b>", fill(&format!("<b{prefixed}/>"))),
        ),
        (
            "references",
            format!("<type>{}</type>", "&amp;".repeat(100_000)),
        ),
        ("comments", fill("<!---->")),
        ("instructions", fill("<?a?>")),
    ] {
        let answer = xml::decode_new_response(rows(&body).as_bytes());
        assert!(answer.is_ok(), "{name}: {answer:?}");
    }
}
