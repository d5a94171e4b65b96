//! Speed of the codecs, side by side with what a user would take instead, in one run:
//! `cargo bench -p careflex --bench codecs`.
//!
//! Figures of one machine drift; the ratios are what counts. Each figure is the best of several
//! rounds.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use careflex::csv;
use careflex::rest::json;
use careflex::soap::xml;
use careflex::{
    Address, Answer, AnswerRow, ApiToken, Contact, Employee, Incident, IncidentKind, Job, Report,
    Rules, Sex, parse_date,
};

const REPORTS: usize = 100;
const PER_REPORT: usize = 100;
const ROUNDS: usize = 7;

fn main() {
    println!(
        "{} incidents in {REPORTS} reports; MB/s of wire bytes, best of {ROUNDS} rounds",
        REPORTS * PER_REPORT
    );
    let reports = reports();
    bench_json(&reports);
    bench_xml(&reports);
    bench_csv(&reports);
}

fn bench_json(reports: &[Report]) {
    println!("\nJSON");
    let written = |write: &dyn Fn(&Report, &mut Vec<u8>)| bodies(reports, write);
    let bodies = written(&|report, out| json::encode_new_request(report, &token(), out));
    let answers = written(&|report, out| json::encode_new_response(&answer(report), out));

    let mut buffer = Vec::new();
    let ours = best(&bodies, |index, _| {
        buffer.clear();
        json::encode_new_request(&reports[index], &token(), &mut buffer);
        buffer.len()
    });
    let mut buffer = Vec::new();
    let memcpy = best(&bodies, |_, body| {
        buffer.clear();
        buffer.extend_from_slice(body);
        buffer.len()
    });
    print("encode requests", ours, "memcpy", memcpy);

    let rules = Rules::documented();
    let ours = best(&bodies, |_, body| {
        json::decode_new_request(body, &rules).unwrap().rows.len()
    });
    let derived = best(&bodies, |_, body| {
        serde_json::from_slice::<Derived>(body)
            .unwrap()
            .incident_list
            .len()
    });
    let value = best(&bodies, |_, body| {
        usize::from(
            serde_json::from_slice::<serde_json::Value>(body)
                .unwrap()
                .is_object(),
        )
    });
    print(
        "decode requests, checked",
        ours,
        "serde_json derived, unchecked",
        derived,
    );
    print("decode requests, checked", ours, "serde_json::Value", value);

    let ours = best(&bodies, |_, body| {
        json::IncidentReader::new(body, rules.clone()).count()
    });
    print("read files, checked", ours, "serde_json::Value", value);

    let ours = best(&answers, |_, body| {
        json::decode_new_response(body).unwrap().rows.len()
    });
    let value = best(&answers, |_, body| {
        usize::from(
            serde_json::from_slice::<serde_json::Value>(body)
                .unwrap()
                .is_object(),
        )
    });
    print("decode answers", ours, "serde_json::Value", value);
}

fn bench_xml(reports: &[Report]) {
    println!("\nXML");
    let written = |write: &dyn Fn(&Report, &mut Vec<u8>)| bodies(reports, write);
    let bodies = written(&|report, out| xml::encode_new_request(report, &token(), out));
    let answers = written(&|report, out| xml::encode_new_response(&answer(report), out));

    let mut buffer = Vec::new();
    let ours = best(&bodies, |index, _| {
        buffer.clear();
        xml::encode_new_request(&reports[index], &token(), &mut buffer);
        buffer.len()
    });
    let mut buffer = Vec::new();
    let memcpy = best(&bodies, |_, body| {
        buffer.clear();
        buffer.extend_from_slice(body);
        buffer.len()
    });
    print("encode requests", ours, "memcpy", memcpy);

    let rules = Rules::documented();
    let tree = |body: &[u8]| {
        let document = roxmltree::Document::parse(std::str::from_utf8(body).unwrap()).unwrap();
        document.descendants().count()
    };
    let ours = best(&bodies, |_, body| {
        usize::from(xml::decode_request(body, &rules).is_ok())
    });
    let peer = best(&bodies, |_, body| tree(body));
    print(
        "decode requests, checked",
        ours,
        "roxmltree, tree only",
        peer,
    );

    let ours = best(&bodies, |_, body| {
        xml::IncidentReader::new(body, rules.clone()).count()
    });
    print("read files, checked", ours, "roxmltree, tree only", peer);

    let ours = best(&answers, |_, body| {
        usize::from(xml::decode_new_response(body).is_ok())
    });
    let peer = best(&answers, |_, body| tree(body));
    print("decode answers", ours, "roxmltree, tree only", peer);
}

fn bench_csv(reports: &[Report]) {
    println!("\nCSV");
    let encoder = csv::Encoder::default();
    let files = bodies(reports, &|report, out| encoder.file(report, out).unwrap());
    let records: Vec<Vec<::csv::ByteRecord>> =
        files.iter().map(|file| byte_records(file)).collect();

    let mut buffer = Vec::new();
    let ours = best(&files, |index, _| {
        buffer.clear();
        encoder.file(&reports[index], &mut buffer).unwrap();
        buffer.len()
    });
    let peer = best(&files, |index, file| {
        let mut writer = ::csv::WriterBuilder::new()
            .delimiter(b';')
            .from_writer(Vec::with_capacity(file.len()));
        for record in &records[index] {
            writer.write_byte_record(record).unwrap();
        }
        writer.into_inner().unwrap().len()
    });
    print("encode", ours, "csv, records ready made", peer);

    let rules = Rules::documented();
    let ours = best(&files, |_, file| {
        csv::IncidentReader::new(file, rules.clone()).count()
    });
    let peer = best(&files, |_, file| byte_records(file).len());
    print("read files, checked", ours, "csv, records only", peer);
}

fn byte_records(file: &[u8]) -> Vec<::csv::ByteRecord> {
    ::csv::ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .from_reader(file)
        .into_byte_records()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// What serde's derives make of a request, without a check of our rules.
#[derive(serde::Deserialize)]
struct Derived {
    #[serde(rename = "incidentList")]
    incident_list: Vec<Incident>,
}

/// MB/s over all messages.
fn best(messages: &[Vec<u8>], mut work: impl FnMut(usize, &[u8]) -> usize) -> f64 {
    let bytes: usize = messages.iter().map(Vec::len).sum();
    let fastest = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            for (index, message) in messages.iter().enumerate() {
                black_box(work(index, black_box(message)));
            }
            begin.elapsed()
        })
        .min()
        .unwrap_or(Duration::MAX);
    bytes as f64 / fastest.as_secs_f64() / 1e6
}

fn print(task: &str, ours: f64, peer_name: &str, peer: f64) {
    let ratio = ours / peer;
    println!("{task:<26} {ours:>8.0}   {peer_name:<30} {peer:>8.0}   ratio {ratio:>5.2}");
}

fn token() -> ApiToken {
    ApiToken::new("maL0HMDszA2b9PKiqCAZRGh0ZDpVjmvc").unwrap()
}

fn bodies(reports: &[Report], write: &dyn Fn(&Report, &mut Vec<u8>)) -> Vec<Vec<u8>> {
    let body = |report| {
        let mut body = Vec::new();
        write(report, &mut body);
        body
    };
    reports.iter().map(body).collect()
}

fn answer(report: &Report) -> Answer {
    let rows = report.incidents().iter().zip(0..);
    Answer {
        import_id: Some("8d2adbc0-4d63-4cec-a8f4-445b08a3e33e".parse().unwrap()),
        rows: rows
            .map(|(incident, number)| AnswerRow {
                row_number: Some(number),
                incident_id: Some("8ba8977c-a75b-4ec0-9798-7a7f14209720".parse().unwrap()),
                external_id: incident.external_id.clone().map(Into::into),
                employee_id: Some(incident.employee_id.clone().into()),
                kind: Some(incident.kind.clone().into()),
                ..AnswerRow::default()
            })
            .collect(),
    }
}

/// About 60 % NEW with full master data, 20 % SDB with names only, 20 % without master data.
fn reports() -> Vec<Report> {
    (0..REPORTS)
        .map(|report| {
            let incidents = (0..PER_REPORT)
                .map(|number| incident(report * PER_REPORT + number))
                .collect();
            Report::new(
                "09ce3580d84bf087".parse().unwrap(),
                incidents,
                &Rules::documented(),
            )
            .unwrap()
        })
        .collect()
}

fn incident(number: usize) -> Incident {
    let day = |text: &str| parse_date(text).unwrap();
    let mut incident = Incident::builder()
        .external_id(format!("2026-{number}").parse().unwrap())
        .employee_id(format!("P{number:08}").parse().unwrap())
        .kind(match number % 10 {
            0..6 => IncidentKind::New,
            6..8 => IncidentKind::Sdb,
            8 => IncidentKind::Rst,
            _ => IncidentKind::Wik,
        })
        .valid_from(day("2026-12-01"))
        .created_at(day("2026-11-20"))
        .build();
    if number % 10 >= 8 {
        return incident;
    }
    let mut employee = Employee::builder()
        .first_name(
            ["Jürgen", "Zoë", "Anne-Marie", "Bärbel"][number % 4]
                .parse()
                .unwrap(),
        )
        .last_name(
            ["Müller & Söhne", "O'Neill", "Groß \"Gr.\"", "Schmidt"][number % 4]
                .parse()
                .unwrap(),
        )
        .build();
    if number % 10 < 6 {
        employee.birthday = Some(day("1979-01-15"));
        employee.sex = Some(Sex::Female);
        employee.address = Some(
            Address::builder()
                .street("Äußere Nürnberger Straße".parse().unwrap())
                .house_number((number % 200 + 1).to_string().parse().unwrap())
                .zip_code(format!("{:05}", number % 100_000).parse().unwrap())
                .city("Frankfurt am Main".parse().unwrap())
                .country("DE".parse().unwrap())
                .build(),
        );
        employee.job = Some(
            Job::builder()
                .employment_site("Werk Höchst, Gebäude C 770".parse().unwrap())
                .employment_status("T".parse().unwrap())
                .start_of_employment(day("2020-04-24"))
                .personnel_number(format!("{number}").parse().unwrap())
                .management(number.is_multiple_of(20))
                .build(),
        );
        employee.contact = Some(
            Contact::builder()
                .email_business(format!("p{number}@musterfirma.example").parse().unwrap())
                .landline_business("069 305 12345".parse().unwrap())
                .build(),
        );
    }
    incident.employee = Some(employee);
    incident
}
