//! What is generated to write CSV records compiles, and writes the cells in the order of its columns: for the changed
//! schema of `golden.rs`, whose golden is compiled here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::codegen::{NaiveDate, Text, day};
use changed::{Address, Cells as _, Employee, Incident, Job, Row, STANDARD, Sex, Site};

mod changed {
    #![allow(
        dead_code,
        unreachable_pub,
        unreachable_patterns,
        reason = "a whole model, of which the test uses a part, in one crate with what writes it"
    )]
    use careflex_core::codegen::*;

    include!("golden/changed-model.rs");
    include!("golden/changed-records.rs");

    pub(crate) trait Cells {
        fn put(&self, row: &mut Row<'_>);
    }

    /// A record as a list of its cells.
    pub(crate) struct Row<'a>(pub(crate) &'a mut Vec<String>);

    impl Row<'_> {
        fn text(&mut self, text: &Text) {
            self.any(text);
        }

        fn nothing<const COUNT: usize>(&mut self) {
            self.0.extend([const { String::new() }; COUNT]);
        }

        fn day(&mut self, day: NaiveDate) {
            self.0.push(day.to_string());
        }

        fn truth(&mut self, value: bool) {
            self.0.push(value.to_string());
        }

        fn code_of_type(&mut self) {
            self.any("NEW");
        }

        fn bytes<const COUNT: usize>(&mut self, bytes: [u8; COUNT]) {
            self.0.push(bytes.map(char::from).iter().collect());
        }

        fn any(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }

    pub(crate) struct Key(pub(crate) Text);

    impl AsRef<Text> for Key {
        fn as_ref(&self) -> &Text {
            &self.0
        }
    }

    /// The incident itself is written by hand.
    pub(crate) struct Incident {
        pub(crate) external_id: Option<Key>,
        pub(crate) employee_id: Key,
        pub(crate) valid_from: NaiveDate,
        pub(crate) created_at: NaiveDate,
        pub(crate) employee: Option<Employee>,
    }
}

#[test]
fn cells_stand_in_the_order_of_the_columns() {
    let mut incident = Incident {
        external_id: None,
        employee_id: changed::Key(text("employeeId")),
        valid_from: DAY,
        created_at: DAY,
        employee: Some(employee()),
    };
    let expected = |has_employee: bool| -> Vec<String> {
        let fields = STANDARD.iter().skip(1);
        let names = fields.map(|field| &changed::MODEL.fields[field.index()]);
        names
            .map(|info| match info.name {
                "validFrom" | "createdAt" => DAY.to_string(),
                "employeeId" => "employeeId".to_owned(),
                "type" => "NEW".to_owned(),
                "externalId" | "title" | "addressSuffix" | "personnelNumber" => String::new(),
                "emailBusiness" | "mobileBusiness" | "landlineBusiness" => String::new(),
                _ if !has_employee => String::new(),
                "sex" => "d".to_owned(),
                "birthday" | "startOfEmployment" => DAY.to_string(),
                "management" => "true".to_owned(),
                name => name.to_owned(),
            })
            .collect()
    };
    assert_eq!(cells(&incident), expected(true));
    incident.employee = None;
    assert_eq!(cells(&incident), expected(false));
    assert_eq!(STANDARD.len(), changed::Field::ALL.len());
}

const DAY: NaiveDate = day(2026, 12, 1);

/// Each text is the name of its field.
fn employee() -> Employee {
    let mut address = Address::builder()
        .street(text("street"))
        .house_number(text("houseNumber"))
        .zip_code(text("zipCode"))
        .city(text("city"))
        .country(text("country"))
        .build();
    address.po_box = Some(text("poBox"));
    let mut job = Job::builder()
        .employment_site(text("employmentSite"))
        .employment_status(text("employmentStatus"))
        .start_of_employment(DAY)
        .management(true)
        .build();
    job.site = Some(Site::builder().site_name(text("siteName")).build());
    Employee::builder()
        .first_name(text("firstName"))
        .last_name(text("lastName"))
        .birthday(DAY)
        .sex(Sex::Diverse)
        .address(address)
        .job(job)
        .build()
}

fn cells(incident: &Incident) -> Vec<String> {
    let mut cells = Vec::new();
    incident.put(&mut Row(&mut cells));
    cells
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}
