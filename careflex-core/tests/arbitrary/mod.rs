//! Valid incidents of every shape, for the property tests of all codecs.

use careflex_core::{
    Address, Contact, Employee, Incident, IncidentKind, Job, NaiveDate, Sex, Text,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// An incident that the documented rules accept.
pub(crate) fn incident() -> impl Strategy<Value = Incident> {
    let kind = "(NEW|RST|WIK|SDB|[A-Z]{3})";
    (
        option::of(text()),
        text(),
        kind,
        day(),
        day(),
        option::of(employee()),
    )
        .prop_map(
            |(external_id, employee_id, kind, valid_from, created_at, employee)| {
                let kind: IncidentKind = kind.parse().unwrap();
                let needs_employee = matches!(kind, IncidentKind::New | IncidentKind::Sdb);
                let mut incident = Incident::builder()
                    .employee_id(employee_id.into())
                    .kind(if needs_employee && employee.is_none() {
                        IncidentKind::Rst
                    } else {
                        kind
                    })
                    .valid_from(valid_from)
                    .created_at(created_at)
                    .build();
                incident.external_id = external_id.map(Into::into);
                incident.employee = employee;
                incident
            },
        )
}

/// Texts with every awkward character that a text may hold, and none that it may not.
fn text() -> impl Strategy<Value = Text> {
    let awkward = prop_oneof![
        Just('"'),
        Just('\\'),
        Just('/'),
        Just('\t'),
        Just('\n'),
        Just('\r'),
        Just('\u{7f}'),
        Just('\u{2028}'),
        Just('\u{feff}'),
        Just('ß'),
        Just('💶'),
        Just('\u{FFFD}'),
        Just('<'),
    ];
    let character = prop_oneof![
        3 => awkward,
        5 => any::<char>(),
        8 => proptest::char::range('a', 'z'),
        2 => proptest::char::range('0', '9'),
    ];
    vec(character, 1..40).prop_filter_map("not a text", |characters| {
        Text::new(&characters.into_iter().collect::<String>()).ok()
    })
}

fn day() -> impl Strategy<Value = NaiveDate> {
    // 1900-01-01 to 2199-12-31.
    (693_596_i32..803_169).prop_filter_map("not a day", NaiveDate::from_num_days_from_ce_opt)
}

fn house_number() -> impl Strategy<Value = Text> {
    prop_oneof![
        "[0-9]{1,12}".prop_map(|digits| digits.parse().unwrap()),
        "[1-9][0-9]{0,2}[a-z]?".prop_map(|number| number.parse().unwrap()),
        text(),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    (
        text(),
        house_number(),
        option::of(text()),
        "[0-9]{5}",
        text(),
        "[A-Z]{2}",
    )
        .prop_map(|(street, house_number, suffix, zip_code, city, country)| {
            let mut address = Address::builder()
                .street(street)
                .house_number(house_number)
                .zip_code(zip_code.parse().unwrap())
                .city(city)
                .country(country.parse().unwrap())
                .build();
            address.address_suffix = suffix;
            address
        })
}

fn job() -> impl Strategy<Value = Job> {
    (
        text(),
        "[A-Z]{1,10}",
        day(),
        option::of(text()),
        any::<bool>(),
    )
        .prop_map(|(site, status, start, number, management)| {
            let mut job = Job::builder()
                .employment_site(site)
                .employment_status(status.parse().unwrap())
                .start_of_employment(start)
                .management(management)
                .build();
            job.personnel_number = number;
            job
        })
}

fn contact() -> impl Strategy<Value = Contact> {
    (option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(email, mobile, landline)| {
            let mut contact = Contact::builder().build();
            contact.email_business = email;
            contact.mobile_business = mobile;
            contact.landline_business = landline;
            contact
        },
    )
}

fn employee() -> impl Strategy<Value = Employee> {
    let sex = prop_oneof![Just(Sex::Male), Just(Sex::Female), Just(Sex::Diverse)];
    (
        option::of(text()),
        text(),
        text(),
        day(),
        sex,
        address(),
        job(),
        option::of(contact()),
    )
        .prop_map(
            |(title, first, last, birthday, sex, address, job, contact)| {
                let mut employee = Employee::builder()
                    .first_name(first)
                    .last_name(last)
                    .birthday(birthday)
                    .sex(sex)
                    .address(address)
                    .job(job)
                    .build();
                employee.title = title;
                employee.contact = contact;
                employee
            },
        )
}
