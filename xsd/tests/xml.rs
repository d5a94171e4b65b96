//! What is generated for XML compiles, writes what the tables of the model say, and reads it again: for the changed
//! schema of `golden.rs`, whose goldens are compiled here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::codegen::{Child, Leaf, Leaves, day};
use careflex_xsd::{CAREFLEX_2_0, Schema, xml_reader, xml_writer};
use xml::changed::{
    Address, Contact, Draft, Employee, Field, Group, Incident, Job, Key, MODEL, Scan, Sex, Site,
    TAGS, put_incident, read_incident,
};

mod employee;

use employee::{employee, text};

mod xml {
    pub(crate) mod changed {
        #![allow(
            dead_code,
            unreachable_pub,
            unreachable_patterns,
            reason = "a whole model, of which the test uses a part, in one crate with what writes it"
        )]
        use careflex_core::codegen::*;

        include!("golden/changed-model.rs");

        mod writer {
            use super::{Incident, NaiveDate, Text};

            include!("golden/changed-xml-writer.rs");

            fn put(out: &mut Vec<u8>, literal: &[u8]) {
                out.extend_from_slice(literal);
            }

            fn put_text(out: &mut Vec<u8>, text: &Text) {
                put(out, text.as_bytes());
            }

            fn put_kind(out: &mut Vec<u8>, code: &str) {
                put(out, code.as_bytes());
            }

            fn put_code(out: &mut Vec<u8>, code: &str) {
                put(out, code.as_bytes());
            }

            fn put_date(out: &mut Vec<u8>, date: NaiveDate) {
                put(out, date.to_string().as_bytes());
            }

            fn put_boolean(out: &mut Vec<u8>, value: bool) {
                put(out, value.to_string().as_bytes());
            }
        }

        mod reader {
            use super::{Draft, Field, Group, Scan, Tags};

            include!("golden/changed-xml-reader.rs");
        }

        pub(crate) fn put_incident(out: &mut Vec<u8>, incident: &Incident, code: &str) {
            writer::put_incident(out, incident, code);
        }

        pub(crate) fn read_incident<'a>(scan: &mut Scan<'a>, draft: &mut Draft<'a>) -> Option<()> {
            reader::read_incident(scan, draft)
        }

        pub(crate) const TAGS: &[Tags] = reader::TAGS;

        /// As core writes it by hand, with the groups of the changed schema.
        pub(crate) struct Incident {
            pub(crate) external_id: Option<Key>,
            pub(crate) employee_id: Key,
            pub(crate) valid_from: NaiveDate,
            pub(crate) created_at: NaiveDate,
            pub(crate) employee: Option<Employee>,
        }

        pub(crate) struct Key(pub(crate) Text);

        impl AsRef<Text> for Key {
            fn as_ref(&self) -> &Text {
                &self.0
            }
        }

        pub(crate) struct Tags {
            pub(crate) start: &'static str,
            pub(crate) end: &'static str,
        }

        /// XML without white space and references.
        pub(crate) struct Scan<'a>(pub(crate) &'a str);

        impl<'a> Scan<'a> {
            fn takes(&mut self, tag: &str) -> bool {
                let behind = self.0.strip_prefix(tag);
                self.0 = behind.unwrap_or(self.0);
                behind.is_some()
            }

            fn enters(&mut self, tag: &str) -> bool {
                self.takes(tag)
            }

            fn expect(&mut self, tag: &str) -> Option<()> {
                self.takes(tag).then_some(())
            }

            fn leaves(&mut self, tag: &str) -> Option<()> {
                self.expect(tag)
            }

            fn field(&mut self, draft: &mut Draft<'a>, field: Field, end_tag: &str) -> Option<()> {
                let (text, rest) = self.0.split_once(end_tag)?;
                self.0 = rest;
                draft.values.push((field, text));
                Some(())
            }
        }

        /// What was read, in its order.
        #[derive(Default)]
        pub(crate) struct Draft<'a> {
            pub(crate) values: Vec<(Field, &'a str)>,
            pub(crate) groups: Vec<Group>,
        }

        impl Draft<'_> {
            fn open(&mut self, group: Group) {
                self.groups.push(group);
            }
        }
    }
}

#[test]
fn all_combinations_of_elements_are_written_as_the_tables_say_and_read_again() {
    for choice in 0..1 << 14 {
        let incident = incident(choice);
        let name = match incident.employee {
            Some(_) => "newIncident",
            None => "plainIncident",
        };
        let mut expected = format!("<{name}>");
        put_group(&mut expected, &incident, Group::Incident);
        expected = format!("{expected}</{name}>");
        let mut out = Vec::new();
        put_incident(&mut out, &incident, "SDB");
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{choice:b}");

        let tags = TAGS.iter().find(|tags| expected.starts_with(tags.start));
        assert!(expected.ends_with(tags.unwrap().end));
        let mut scan = Scan(&expected);
        let mut draft = Draft::default();
        read_incident(&mut scan, &mut draft).unwrap();
        assert_eq!(scan.0, "");
        let read = draft.values.iter();
        let read = read.map(|(field, value)| (*field, (*value).to_owned()));
        let fields = Field::ALL.iter();
        let there = fields.filter_map(|field| Some((*field, value(&incident, *field)?)));
        assert!(read.eq(there), "{choice:b}");
        let groups = Group::ALL.iter().skip(1);
        let groups = groups.filter(|group| incident.has(group.index()));
        assert!(draft.groups.iter().eq(groups), "{choice:b}");
    }
}

#[test]
fn incidents_of_other_forms_are_refused() {
    let form = r#"<xs:element name="newIncident""#;
    let third = r#"<xs:element name="oldIncident" type="cf:PlainIncident"><xs:annotation><xs:documentation>Old.</xs:documentation></xs:annotation></xs:element>"#;
    for (schema, line_of) in [
        (
            CAREFLEX_2_0.replace(form, &format!("{third}{form}")),
            r#"name="IncidentList""#,
        ),
        (
            CAREFLEX_2_0.replace(r#"type="cf:NewIncident">"#, r#"type="cf:PlainIncident">"#),
            form,
        ),
    ] {
        let line = schema.lines().position(|line| line.contains(line_of));
        let schema = Schema::parse(&schema).unwrap();
        for error in [
            xml_writer(&schema).unwrap_err(),
            xml_reader(&schema).unwrap_err(),
        ] {
            assert!(error.to_string().contains("two forms"), "{error}");
            assert_eq!(error.line() as usize, line.unwrap() + 1);
        }
    }
}

/// The children of a group in the order of the tables.
fn put_group(out: &mut String, incident: &Incident, group: Group) {
    for child in MODEL.groups.get(group.index()).unwrap().children {
        match *child {
            Child::Field(field) => {
                let name = MODEL.fields.get(field.index()).unwrap().name;
                if let Some(value) = value(incident, field) {
                    *out += &format!("<{name}>{value}</{name}>");
                }
            }
            Child::Group(inner) if incident.has(inner.index()) => {
                let name = MODEL.groups.get(inner.index()).unwrap().name;
                *out += &format!("<{name}>");
                put_group(out, incident, inner);
                *out += &format!("</{name}>");
            }
            Child::Group(_) => {}
        }
    }
}

fn value(incident: &Incident, field: Field) -> Option<String> {
    match incident.leaf(field.index()) {
        Leaf::Text(text) | Leaf::Code(text) => Some(text.to_owned()),
        Leaf::Date(date) => Some(date.to_string()),
        Leaf::Boolean(value) => Some(value.to_string()),
        Leaf::Absent | Leaf::Unreadable => None,
    }
}

impl Leaves for Incident {
    fn leaf(&self, field: usize) -> Leaf<'_> {
        match Field::ALL.get(field) {
            Some(Field::CareflexId) | None => Leaf::Absent,
            Some(Field::ExternalId) => Leaf::of_text(self.external_id.as_ref().map(|key| &key.0)),
            Some(Field::EmployeeId) => Leaf::Text(&self.employee_id.0),
            Some(Field::ValidFrom) => Leaf::Date(self.valid_from),
            Some(Field::CreatedAt) => Leaf::Date(self.created_at),
            Some(Field::Type) => Leaf::Text("SDB"),
            Some(_) => match &self.employee {
                Some(employee) => employee.leaf(field),
                None => Leaf::Absent,
            },
        }
    }

    fn has(&self, group: usize) -> bool {
        let employee = self.employee.as_ref();
        employee.is_some_and(|employee| employee.has(group))
    }
}

/// Each bit says whether an element is there.
fn incident(choice: usize) -> Incident {
    let has = |bit: usize| choice >> bit & 1 == 1;
    Incident {
        external_id: has(12).then(|| Key(text("2026-1"))),
        employee_id: Key(text("4711")),
        valid_from: day(2026, 12, 1),
        created_at: day(2026, 11, 20),
        employee: has(13).then(|| employee(choice)),
    }
}
