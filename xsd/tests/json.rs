//! What is generated for JSON compiles, writes what serde's derives write, and reads it again: for the changed
//! schema of `golden.rs`, whose goldens are compiled here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::codegen::{Leaf, Leaves as _};
use careflex_xsd::{CAREFLEX_2_0, Schema, json_reader, json_writer};
use changed::{Address, Contact, Employee, Field, Group, Job, Sex, Site};

mod employee;

use employee::employee;

mod changed {
    #![allow(
        dead_code,
        unreachable_pub,
        unreachable_patterns,
        reason = "a whole model, of which the test uses a part, in one crate with what writes it"
    )]
    use careflex_core::codegen::*;

    include!("golden/changed-model.rs");
    include!("golden/changed-json-writer.rs");
    include!("golden/changed-json-reader.rs");

    pub(crate) trait PutJson {
        fn put_json(&self, out: &mut Vec<u8>) -> Option<()>;
    }

    fn put<const LENGTH: usize>(out: &mut Vec<u8>, literal: &[u8; LENGTH]) {
        out.extend_from_slice(literal);
    }

    fn put_text(out: &mut Vec<u8>, text: &Text) {
        out.extend_from_slice(text.as_bytes());
    }

    fn put_str(out: &mut Vec<u8>, text: &str) {
        out.extend_from_slice(text.as_bytes());
    }

    fn put_day(out: &mut Vec<u8>, day: NaiveDate) -> Option<()> {
        put_str(out, &day.to_string());
        Some(())
    }

    fn is_number(text: &Text) -> bool {
        json_number::as_number(text).is_some()
    }

    /// A JSON text without escapes.
    pub(crate) struct Input<'a>(pub(crate) &'a str);

    impl<'a> Input<'a> {
        fn length(&self) -> usize {
            self.0.len()
        }

        pub(crate) fn take(&mut self, literal: &'static str) -> bool {
            let behind = self.0.strip_prefix(literal);
            self.0 = behind.unwrap_or(self.0);
            behind.is_some()
        }

        fn take_object(&mut self, name: &'static str) -> bool {
            self.take(name) && self.take("{")
        }

        fn take_comma(&mut self) -> bool {
            self.take(",")
        }

        fn skip_white_space(&mut self) {}
    }

    /// What was read, in its order.
    #[derive(Default)]
    pub(crate) struct Draft<'a> {
        pub(crate) values: Vec<(Field, &'a str)>,
        pub(crate) groups: Vec<Group>,
    }

    impl<'a> Draft<'a> {
        fn open(&mut self, group: Group) {
            self.groups.push(group);
        }

        fn set(&mut self, field: Field, value: &'a str) {
            self.values.push((field, value));
        }
    }

    fn set_text<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
        let (text, rest) = input.0.strip_prefix('"')?.split_once('"')?;
        input.0 = rest;
        draft.set(field, text);
        Some(())
    }

    fn set_bare<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
        let (text, rest) = input.0.split_at(input.0.find([',', '}'])?);
        input.0 = rest;
        draft.set(field, text);
        Some(())
    }

    fn set_truth<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>, field: Field) -> Option<()> {
        set_bare(input, draft, field)
    }

    fn set_text_or_number<'a>(
        input: &mut Input<'a>,
        draft: &mut Draft<'a>,
        field: Field,
    ) -> Option<()> {
        set_text(input, draft, field).or_else(|| set_bare(input, draft, field))
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Place {
        Name,
        Value,
    }

    impl Place {
        fn name(_: &Input<'_>, _: usize) -> Self {
            Self::Name
        }
    }

    /// Only what is written as it should be: nothing is left but the end.
    fn read_rest<'a>(
        input: &mut Input<'a>,
        _: &mut Draft<'a>,
        _: Group,
        place: Place,
    ) -> Option<()> {
        (place == Place::Value && input.take("}")).then_some(())
    }

    pub(crate) fn read<'a>(input: &mut Input<'a>, draft: &mut Draft<'a>) -> Option<()> {
        read_group(Group::Employee, input, draft)
    }
}

#[test]
fn all_combinations_of_members_are_written_as_serde_does_and_read_again() {
    for choice in 0..1 << 12 {
        let employee = employee(choice);
        let expected = serde_json::to_string(&employee).unwrap();
        let mut out = Vec::new();
        changed::PutJson::put_json(&employee, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{choice:b}");

        let mut input = changed::Input(&expected);
        assert!(input.take("{"));
        let mut draft = changed::Draft::default();
        let contact = employee.contact.as_ref();
        if contact.is_some_and(|contact| contact == &Contact::builder().build()) {
            // `{}` is one of the forms that are left to `read_rest`.
            assert_eq!(changed::read(&mut input, &mut draft), None);
            continue;
        }
        changed::read(&mut input, &mut draft).unwrap();
        assert_eq!(input.0, "");
        let there = Field::ALL.iter().filter_map(|field| {
            let value = match employee.leaf(field.index()) {
                Leaf::Text(text) | Leaf::Code(text) => text.to_owned(),
                Leaf::Date(date) => date.to_string(),
                Leaf::Boolean(value) => value.to_string(),
                Leaf::Absent | Leaf::Unreadable => return None,
            };
            Some((*field, value))
        });
        let read = draft
            .values
            .iter()
            .map(|(field, value)| (*field, (*value).to_owned()));
        assert!(read.eq(there), "{choice:b}");
        let groups = Group::ALL
            .iter()
            .filter(|group| employee.has(group.index()));
        assert!(draft.groups.iter().eq(groups), "{choice:b}");
    }
}

#[test]
fn what_json_would_have_to_escape_is_refused() {
    let schema = CAREFLEX_2_0.replace(r#"value="w""#, r#"value="w&quot;""#);
    let schema = Schema::parse(&schema).unwrap();
    let line = CAREFLEX_2_0
        .lines()
        .position(|line| line.contains(r#"name="sex""#));
    for error in [
        json_writer(&schema).unwrap_err(),
        json_reader(&schema).unwrap_err(),
    ] {
        assert_eq!(error.line() as usize, line.unwrap() + 1);
        assert!(error.to_string().contains("escape"), "{error}");
    }
}
