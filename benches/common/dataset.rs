//! Incidents from a seed: about 60 % NEW with full master data, 20 % SDB with names only, 20 % without any.

use careflex::{
    Address, Answer, AnswerRow, ApiToken, Contact, Employee, Incident, IncidentKind, Job,
    NaiveDate, Report, Rules, Sex, Text,
};
use fastrand::Rng;

use super::words::{
    ALLEYS, CITIES, FEMALE_NAMES, LAST_NAMES, MALE_NAMES, SITES, STREETS, SUFFIXES, TITLES,
    in_ascii,
};

/// All of a run.
pub(crate) const INCIDENTS: usize = 100_000;
/// As many as one request may hold.
pub(crate) const PER_REPORT: usize = 100;
/// What all keys of incidents begin with; their numbers, from 1, come behind it.
pub(crate) const EXTERNAL_ID: &str = "CustomerId-4711-";
const SEED: u64 = 0x00CA_4EF1;

/// All incidents, in full reports of one company.
pub(crate) fn reports() -> Vec<Report> {
    let mut rng = Rng::with_seed(SEED);
    let rules = Rules::documented();
    (0..INCIDENTS / PER_REPORT)
        .map(|report| {
            let numbers = report * PER_REPORT..(report + 1) * PER_REPORT;
            let incidents = numbers.map(|number| incident(number, &mut rng)).collect();
            let company = "09ce3580d84bf087".parse().unwrap();
            let report = Report::new(company, incidents, &rules).unwrap();
            assert!(report.warnings().is_empty(), "{}", report.warnings());
            report
        })
        .collect()
}

/// The API token that requests hold.
pub(crate) fn token() -> ApiToken {
    ApiToken::new("maL0HMDszA2b9PKiqCAZRGh0ZDpVjmvc").unwrap()
}

/// What a portal answers that takes all incidents of a report.
pub(crate) fn answer(report: &Report) -> Answer {
    let incidents = report.incidents();
    let first = incidents.first().map(|first| first.employee_id.to_string());
    let mut rng = Rng::with_seed(
        first
            .iter()
            .flat_map(|key| key.bytes())
            .fold(0, |seed, byte| seed * 31 + u64::from(byte)),
    );
    Answer {
        import_id: Some(uuid(&mut rng).parse().unwrap()),
        rows: incidents
            .iter()
            .zip(0..)
            .map(|(incident, number)| AnswerRow {
                row_number: Some(number),
                incident_id: Some(uuid(&mut rng).parse().unwrap()),
                external_id: incident.external_id.clone().map(Into::into),
                employee_id: Some(incident.employee_id.clone().into()),
                kind: Some(incident.kind.clone().into()),
                ..AnswerRow::default()
            })
            .collect(),
    }
}

fn uuid(rng: &mut Rng) -> String {
    let [a, b, c] = [rng.u32(..), rng.u32(..), rng.u32(..)];
    let tail = rng.u32(..);
    format!(
        "{a:08x}-{:04x}-4{:03x}-a{:03x}-{tail:08x}{:04x}",
        b >> 16,
        b & 0xFFF,
        c >> 20,
        c & 0xFFFF
    )
}

fn incident(number: usize, rng: &mut Rng) -> Incident {
    let created_at = day(rng, 2026..2027);
    let incident = Incident::builder()
        .external_id(text(format!("{EXTERNAL_ID}{:06}", number + 1)))
        .employee_id(text(format!("P{:08}", 10_000_000 + number)))
        .kind(IncidentKind::New)
        .valid_from(month_after(created_at))
        .created_at(created_at);
    match rng.u8(..10) {
        0..6 => incident.employee(joined(number, rng)).build(),
        6..8 => {
            let mut incident = incident.employee(renamed(rng)).build();
            incident.kind = IncidentKind::Sdb;
            incident
        }
        kind => {
            let mut incident = incident.build();
            incident.kind = if kind == 8 {
                IncidentKind::Rst
            } else {
                IncidentKind::Wik
            };
            incident
        }
    }
}

/// Whose name has changed.
fn renamed(rng: &mut Rng) -> Employee {
    let first_names = if rng.bool() { FEMALE_NAMES } else { MALE_NAMES };
    Employee::builder()
        .first_name(text(pick(rng, first_names)))
        .last_name(text(last_name(rng)))
        .build()
}

/// Who is new, with full master data.
fn joined(number: usize, rng: &mut Rng) -> Employee {
    let (sex, first_names) = match rng.u8(..100) {
        0..48 => (Sex::Female, FEMALE_NAMES),
        48..99 => (Sex::Male, MALE_NAMES),
        _ => (Sex::Diverse, FEMALE_NAMES),
    };
    let first_name = pick(rng, first_names);
    let last_name = last_name(rng);
    let contact = contact(first_name, &last_name, rng);
    let mut employee = Employee::builder()
        .first_name(text(first_name))
        .last_name(text(last_name))
        .birthday(day(rng, 1960..2008))
        .sex(sex)
        .address(address(rng))
        .job(job(number, rng))
        .contact(contact)
        .build();
    employee.title = one_in(rng, 12).then(|| text(pick(rng, TITLES)));
    employee
}

fn last_name(rng: &mut Rng) -> String {
    let name = pick(rng, LAST_NAMES);
    if one_in(rng, 12) {
        format!("{name}-{}", pick(rng, LAST_NAMES))
    } else {
        name.to_owned()
    }
}

fn address(rng: &mut Rng) -> Address {
    let street = if one_in(rng, 3) {
        format!("{} {}", pick(rng, ALLEYS), pick(rng, STREETS))
    } else {
        pick(rng, STREETS).to_owned()
    };
    let house_number = match rng.u16(1..180) {
        number if one_in(rng, 6) => format!("{number}{}", pick(rng, &["a", "b", "c", " - 2"])),
        number => number.to_string(),
    };
    let (zip_code, city) = *rng.choice(CITIES).unwrap();
    let mut address = Address::builder()
        .street(text(street))
        .house_number(text(house_number))
        .zip_code(text(format!("{zip_code:03}{:02}", rng.u8(..100))))
        .city(text(city))
        .country(text("DE"))
        .build();
    address.address_suffix = one_in(rng, 10).then(|| text(pick(rng, SUFFIXES)));
    address
}

fn job(number: usize, rng: &mut Rng) -> Job {
    let mut job = Job::builder()
        .employment_site(text(pick(rng, SITES)))
        .employment_status(text(pick(rng, &["T", "T", "T", "AT", "AZUBI"])))
        .start_of_employment(day(rng, 1995..2026))
        .management(one_in(rng, 20))
        .build();
    job.personnel_number = (!one_in(rng, 10)).then(|| text(format!("{}", 100_000 + number)));
    job
}

fn contact(first_name: &str, last_name: &str, rng: &mut Rng) -> Contact {
    let email = format!(
        "{}.{}@werke.musterchemie-gruppe.example",
        in_ascii(first_name),
        in_ascii(last_name)
    );
    let mut contact = Contact::builder().email_business(text(email)).build();
    let phone =
        |rng: &mut Rng, code: &str| text(format!("{code} {}", rng.u32(1_000_000..9_999_999)));
    contact.mobile_business = (!one_in(rng, 3)).then(|| phone(rng, "+49 171"));
    contact.landline_business = (!one_in(rng, 6)).then(|| phone(rng, "069 305"));
    contact
}

fn day(rng: &mut Rng, years: std::ops::Range<i32>) -> NaiveDate {
    NaiveDate::from_ymd_opt(rng.i32(years), rng.u32(1..=12), rng.u32(1..=28)).unwrap()
}

fn month_after(date: NaiveDate) -> NaiveDate {
    careflex::entitlement_start(date).unwrap()
}

fn one_in(rng: &mut Rng, many: u8) -> bool {
    rng.u8(..many) == 0
}

fn pick<'a>(rng: &mut Rng, choices: &[&'a str]) -> &'a str {
    rng.choice(choices).unwrap()
}

fn text<T: From<Text>>(text: impl AsRef<str>) -> T {
    Text::new(text.as_ref()).unwrap().into()
}
