//! What is written is what was meant: for any incidents, with any separator, read by a reader that is not ours.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use careflex_core::{
    Address, Contact, Employee, Field, Incident, IncidentKind, Job, NaiveDate, NewCode, Report,
    Rules, Sex, ViolationCode, Violations, parse_date,
};
use careflex_csv::{Column, Encoder, FieldColumn, Layout, Separator};
use proptest::prelude::*;

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

const COMPANY: &str = "09ce3580d84bf087";
const SEPARATORS: [char; 6] = [';', '|', ',', '\t', '§', '~'];
/// Stands in every name and key here.
const MARK: &str = "Zwiebelfisch";

#[test]
fn a_file_is_a_header_line_and_a_record_for_each_incident() {
    let report = report(vec![full(), plain()]);
    let text = written(&Encoder::default(), &report).unwrap();
    assert_eq!(
        text,
        "careflexId;externalId;employeeId;type;validFrom;createdAt;title;firstName;lastName;birthday;sex;street;\
         houseNumber;addressSuffix;zipCode;city;country;employmentSite;employmentStatus;startOfEmployment;\
         personnelNumber;management;emailBusiness;mobileBusiness;landlineBusiness\r\n\
         09ce3580d84bf087;;Zwiebelfisch;NEW;2026-12-01;2026-11-20;;\"Zwiebelfisch \"\"Z\"\"\";\"Zwiebel;fisch\";\
         1979-01-15;m;Zwiebelfisch;9a;;01234;Zwiebelfisch;DE;\"Zwiebel\nfisch\";T;2026-12-01;;false;;;\r\n\
         09ce3580d84bf087;Zwiebelfisch;Zwiebelfisch;RST;2026-12-01;2026-11-20;;;;;;;;;;;;;;;;;;;\r\n"
    );
}

#[test]
fn the_type_is_written_as_the_rules_say() {
    let mut rules = Rules::documented();
    rules.new_code = NewCode::Neu;
    let report = Report::new(COMPANY.parse().unwrap(), vec![full()], &rules).unwrap();
    let text = written(&Encoder::default(), &report).unwrap();
    assert!(text.contains(";NEU;2026-12-01;"), "{text}");
}

#[test]
fn columns_stand_as_the_layout_says() {
    let mut columns = vec![
        text_column("mandant", "1;2"),
        column(Field::Type),
        Column::Ignored {
            name: "notes".to_owned(),
        },
        constant(Field::CareflexId, COMPANY),
        column(Field::EmployeeId),
        Column::LeftOut {
            field: Field::ExternalId,
        },
        column(Field::CreatedAt),
        column(Field::ValidFrom),
    ];
    columns.push(text_column("end", ""));
    let encoder = encoder('|', columns);
    let text = written(&encoder, &report(vec![plain()])).unwrap();
    assert_eq!(
        text,
        "mandant|type|employeeId|createdAt|validFrom|end\r\n\
         1;2|RST|Zwiebelfisch|2026-11-20|2026-12-01|\r\n"
    );
}

#[test]
fn what_has_no_column_is_told_and_nothing_is_written() {
    let encoder = without(&[Field::ExternalId, Field::HouseNumber]);
    let report = report(vec![plain(), full(), plain()]);
    let mut out = b"before".to_vec();
    let violations = encoder.file(&report, &mut out).unwrap_err();
    assert_eq!(out, b"before");
    assert_eq!(encoder.records(&report, &mut out).unwrap_err(), violations);
    assert_eq!(out, b"before");
    assert_eq!(
        texts(&violations),
        [
            "incidents[0].externalId: the layout has no column for it: name one, or leave it out on purpose with \
             `{ field = \"externalId\", ignore = true }`",
            "incidents[1].employee.address.houseNumber: the layout has no column for it: name one, or leave it out on \
             purpose with `{ field = \"houseNumber\", ignore = true }`",
            "incidents[2].externalId: the layout has no column for it: name one, or leave it out on purpose with \
             `{ field = \"externalId\", ignore = true }`",
        ]
    );
    assert!(!format!("{violations:?}").contains(MARK));
    // What an incident does not have needs no column.
    let encoder = without(&[Field::Title, Field::ExternalId]);
    assert!(encoder.file(&self::report(vec![full()]), &mut out).is_ok());
}

#[test]
fn one_incident_is_checked_as_it_would_be_written() {
    let careflex_id = COMPANY.parse().unwrap();
    let check = |encoder: &Encoder, incident: &Incident| {
        let violations = encoder.check(&careflex_id, incident);
        let codes = violations.iter().map(|violation| violation.code());
        let codes: Vec<_> = codes.collect();
        (codes, texts(&violations))
    };
    let standard = Encoder::default();
    assert_eq!(check(&standard, &full()), (vec![], vec![]));
    let encoder = without(&[Field::ExternalId]);
    assert_eq!(check(&encoder, &full()).0, []);
    let (codes, told) = check(&encoder, &plain());
    assert_eq!(codes, [ViolationCode::NoPlace]);
    assert!(told[0].starts_with("externalId: the layout has no column"));
    // No report has such a day, but an incident may.
    let mut incident = plain();
    incident.valid_from = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    let (codes, told) = check(&standard, &incident);
    assert_eq!(codes, [ViolationCode::DateRange]);
    assert_eq!(
        told,
        ["validFrom: must be a day of a year with four digits"]
    );
}

#[test]
fn a_company_that_the_layout_does_not_name_is_told() {
    let told = written(&without(&[Field::CareflexId]), &report(vec![plain()])).unwrap_err();
    assert!(texts(&told)[0].starts_with("incidents[0].careflexId: the layout has no column"));
    let other = encoder_with_constant(Field::CareflexId, "17af");
    let told = written(&other, &report(vec![plain()])).unwrap_err();
    assert!(texts(&told)[0].contains("this one has another"));
}

#[test]
fn a_constant_is_true_or_told() {
    let another = "the layout has the same value for all incidents, and this one has another: give it a column";
    let none =
        "the layout has the same value for all incidents, and this one has none: give it a column";
    for (field, value, incident, told) in [
        (Field::Country, "DE", full(), None),
        (Field::Country, "AT", full(), Some(another)),
        // It is read where there is an address, and only there.
        (Field::Country, "AT", plain(), None),
        (Field::AddressSuffix, "c/o", full(), Some(none)),
        (Field::AddressSuffix, "c/o", plain(), None),
        (Field::Title, "Dr.", full(), Some(none)),
        (Field::EmailBusiness, "x@example.com", full(), None),
        (Field::ExternalId, "x", full(), Some(none)),
        (Field::ExternalId, MARK, plain(), None),
        (Field::Management, "false", full(), None),
        (Field::Management, "true", full(), Some(another)),
        (Field::Management, "true", plain(), None),
        (Field::Type, "NEW", full(), None),
        (Field::Type, "NEU", full(), None),
        (Field::Type, "NEW", plain(), Some(another)),
        (Field::Sex, "m", full(), None),
        (Field::ValidFrom, "2026-12-01", full(), None),
        (Field::ValidFrom, "2026-12-02", full(), Some(another)),
    ] {
        let encoder = encoder_with_constant(field, value);
        let outcome = written(&encoder, &report(vec![incident]));
        let path = field.path();
        match told {
            Some(told) => {
                let violations = outcome.unwrap_err();
                assert_eq!(texts(&violations), [format!("incidents[0].{path}: {told}")]);
            }
            None => {
                let text = outcome.unwrap_or_else(|told| panic!("{path}: {told}"));
                assert!(!text.contains(field.name()), "{text}");
            }
        }
    }
}

#[test]
fn what_only_counts_beside_others_is_not_lost() {
    let lost =
        "the layout has no cell for it, and none is filled that belongs to it: it would be lost";
    let mut reachable = full();
    let mut contact = Contact::builder().build();
    contact.landline_business = Some("0351".parse().unwrap());
    reachable.employee.as_mut().unwrap().contact = Some(contact);
    let encoder = encoder_with_constant(Field::LandlineBusiness, "0351");
    let told = written(&encoder, &report(vec![reachable.clone()])).unwrap_err();
    let path = Field::LandlineBusiness.path();
    assert_eq!(texts(&told), [format!("incidents[0].{path}: {lost}")]);
    let contact = reachable.employee.as_mut().unwrap().contact.as_mut();
    contact.unwrap().mobile_business = Some("0151".parse().unwrap());
    assert!(written(&encoder, &report(vec![reachable.clone()])).is_ok());

    let column = FieldColumn::of(Field::LandlineBusiness).values([("", "0351"), ("-", "")]);
    let encoder = encoder_with(&column.into());
    assert!(written(&encoder, &report(vec![reachable.clone(), full(), plain()])).is_ok());
    let contact = reachable.employee.as_mut().unwrap().contact.as_mut();
    contact.unwrap().mobile_business = None;
    let told = written(&encoder, &report(vec![reachable])).unwrap_err();
    assert_eq!(texts(&told), [format!("incidents[0].{path}: {lost}")]);
}

#[test]
fn an_empty_cell_means_something_only_where_its_group_is() {
    let column = FieldColumn::of(Field::Management).values([("X", "true"), ("", "false")]);
    let encoder = encoder_with(&column.into());
    let text = written(&encoder, &report(vec![full(), plain()])).unwrap();
    assert!(text.contains(";2026-12-01;;;;;\r\n"), "{text}");
}

#[test]
fn a_spelling_of_the_type_that_means_something_else_is_not_written() {
    let mut rules = Rules::documented();
    rules.new_code = NewCode::Neu;
    let report = Report::new(COMPANY.parse().unwrap(), vec![full()], &rules).unwrap();
    let column = |values: &[(&str, &str)]| FieldColumn::of(Field::Type).values(values.to_vec());
    let told = written(&encoder_with(&column(&[("NEU", "RST")]).into()), &report).unwrap_err();
    let other = "incidents[0].type: cannot be written: the layout gives this text another meaning in this column";
    assert_eq!(texts(&told), [other]);
    let text = written(&encoder_with(&column(&[("NEW", "NEW")]).into()), &report).unwrap();
    assert!(text.contains(";NEW;;"), "{text}");
}

proptest! {
    #[test]
    fn what_is_written_is_read_by_others(
        incidents in proptest::collection::vec(arbitrary::incident(), 1..8),
        separator in proptest::sample::select(SEPARATORS.as_slice()),
        is_neu in any::<bool>(),
    ) {
        let mut rules = Rules::documented();
        rules.new_code = if is_neu { NewCode::Neu } else { NewCode::New };
        let report = Report::new(COMPANY.parse().unwrap(), incidents, &rules).unwrap();
        let mut file = Vec::new();
        let separator_set = Separator::new(separator).unwrap();
        let encoder = Encoder::new(separator_set, Layout::standard()).unwrap();
        encoder.file(&report, &mut file).unwrap();

        // Header and records are the same one by one, into a buffer that is used again.
        let mut parts = Vec::with_capacity(file.len());
        encoder.header(&mut parts);
        encoder.records(&report, &mut parts).unwrap();
        prop_assert_eq!(&parts, &file);
        prop_assert!(encoder.check(report.careflex_id(), &report.incidents()[0]).is_empty());

        let (header, records) = read(&file, separator);
        let columns = Layout::standard();
        let names: Vec<_> = columns.columns().iter().filter_map(Column::name).collect();
        prop_assert_eq!(header, names);
        prop_assert_eq!(records.len(), report.incidents().len());
        for (record, incident) in records.iter().zip(report.incidents()) {
            for (cell, column) in record.iter().zip(columns.columns()) {
                let field = column.field().unwrap();
                let value = match field {
                    Field::CareflexId => COMPANY.into(),
                    Field::Type => report.code(&incident.kind).into(),
                    _ => incident.value(field).unwrap_or_default(),
                };
                prop_assert_eq!(cell, &value, "{}", field.name());
            }
        }
    }
}

/// The header line and the records of a file, by the `csv` crate. It takes single bytes only as separators, so one
/// that no UTF-8 text has stands in.
fn read(file: &[u8], separator: char) -> (Vec<String>, Vec<Vec<String>>) {
    const STAND_IN: u8 = 0xFF;

    let mut bytes = Vec::new();
    for (number, part) in str::from_utf8(file).unwrap().split(separator).enumerate() {
        if number > 0 {
            bytes.push(STAND_IN);
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    let texts = |record: &csv::ByteRecord| -> Vec<String> {
        let text = |cell: &[u8]| {
            let parts = cell.split(|byte| *byte == STAND_IN);
            let parts: Vec<_> = parts.map(|part| str::from_utf8(part).unwrap()).collect();
            parts.join(&separator.to_string())
        };
        record.iter().map(text).collect()
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(STAND_IN)
        .from_reader(bytes.as_slice());
    let header = texts(reader.byte_headers().unwrap());
    let records = reader.byte_records();
    (
        header,
        records.map(|record| texts(&record.unwrap())).collect(),
    )
}

fn written(encoder: &Encoder, report: &Report) -> Result<String, Violations> {
    let mut file = Vec::new();
    encoder.file(report, &mut file)?;
    Ok(String::from_utf8(file).unwrap())
}

fn texts(violations: &Violations) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

fn encoder(separator: char, columns: Vec<Column>) -> Encoder {
    let layout = Layout::new(columns).unwrap();
    Encoder::new(Separator::new(separator).unwrap(), layout).unwrap()
}

/// The standard columns without some.
fn without(fields: &[Field]) -> Encoder {
    let rest = Field::ALL.iter().filter(|field| !fields.contains(field));
    encoder(';', rest.map(|field| column(*field)).collect())
}

/// The standard columns, one of them replaced.
fn encoder_with_constant(field: Field, value: &str) -> Encoder {
    encoder_with(&constant(field, value))
}

fn encoder_with(column_of_its_own: &Column) -> Encoder {
    let columns = Field::ALL.iter().map(|other| {
        if Some(*other) == column_of_its_own.field() {
            column_of_its_own.clone()
        } else {
            column(*other)
        }
    });
    encoder(';', columns.collect())
}

fn column(field: Field) -> Column {
    Column::Field(FieldColumn::of(field))
}

fn constant(field: Field, value: &str) -> Column {
    Column::Constant {
        field,
        value: value.to_owned(),
    }
}

fn text_column(name: &str, value: &str) -> Column {
    Column::Text {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn report(incidents: Vec<Incident>) -> Report {
    Report::new(COMPANY.parse().unwrap(), incidents, &Rules::documented()).unwrap()
}

/// Without master data.
fn plain() -> Incident {
    Incident::builder()
        .external_id(MARK.parse().unwrap())
        .employee_id(MARK.parse().unwrap())
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01").unwrap())
        .created_at(parse_date("2026-11-20").unwrap())
        .build()
}

/// With master data, but without a key of its own, a title, and how to reach the employee.
fn full() -> Incident {
    let address = Address::builder()
        .street(MARK.parse().unwrap())
        .house_number("9a".parse().unwrap())
        .zip_code("01234".parse().unwrap())
        .city(MARK.parse().unwrap())
        .country("DE".parse().unwrap())
        .build();
    let job = Job::builder()
        .employment_site("Zwiebel\nfisch".parse().unwrap())
        .employment_status("T".parse().unwrap())
        .start_of_employment(parse_date("2026-12-01").unwrap())
        .management(false)
        .build();
    let employee = Employee::builder()
        .first_name("Zwiebelfisch \"Z\"".parse().unwrap())
        .last_name("Zwiebel;fisch".parse().unwrap())
        .birthday(parse_date("1979-01-15").unwrap())
        .sex(Sex::Male)
        .address(address)
        .job(job)
        .build();
    Incident::builder()
        .employee_id(MARK.parse().unwrap())
        .kind(IncidentKind::New)
        .valid_from(parse_date("2026-12-01").unwrap())
        .created_at(parse_date("2026-11-20").unwrap())
        .employee(employee)
        .build()
}
