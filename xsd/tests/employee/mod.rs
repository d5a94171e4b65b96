//! Employees of the changed schema of `golden.rs`, with all choices of what is there.

use careflex_core::codegen::{Text, day};

use crate::{Address, Contact, Employee, Job, Sex, Site};

/// Each of twelve bits says whether something is there.
pub(crate) fn employee(choice: usize) -> Employee {
    let has = |bit: usize| choice >> bit & 1 == 1;
    let optional = |bit, value: &str| has(bit).then(|| text(value));
    let mut employee = Employee::builder()
        .first_name(text("Thomas"))
        .last_name(text("Müller"))
        .build();
    employee.title = optional(0, "Dr.");
    employee.birthday = has(1).then(|| day(1979, 1, 15));
    employee.sex = has(2).then_some(Sex::Female);
    employee.address = has(3).then(|| {
        let mut address = Address::builder()
            .street(text("Musterstraße"))
            .house_number(text(if has(4) { "9" } else { "09" }))
            .zip_code(text("01234"))
            .city(text("Musterstadt"))
            .country(text("DE"))
            .build();
        address.po_box = optional(5, "1234");
        address.address_suffix = optional(6, "Hinterhaus");
        address
    });
    employee.job = has(7).then(|| {
        let mut job = Job::builder()
            .employment_site(text("Werk 1"))
            .employment_status(text("T"))
            .start_of_employment(day(2026, 12, 1))
            .management(has(5))
            .build();
        job.site = has(8).then(|| Site::builder().site_name(text("Süd")).build());
        job.personnel_number = optional(6, "4711");
        job
    });
    employee.contact = has(9).then(|| {
        let mut contact = Contact::builder().build();
        contact.email_business = optional(10, "t@example.org");
        contact.mobile_business = optional(11, "0123");
        contact.landline_business = optional(6, "030");
        contact
    });
    employee
}

pub(crate) fn text(text: &str) -> Text {
    text.parse().unwrap()
}
