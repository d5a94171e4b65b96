//! What the generator makes of the schema, compared with files that a person has read; and what it
//! makes of a changed schema, for then every output has to change with it.
//!
//! This file compiles none of the generated code (`models.rs` does), so that the goldens can be
//! rewritten even when the old ones no longer compile:
//!
//! ```text
//! CAREFLEX_BLESS=1 cargo test -p careflex-xsd --test golden
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use careflex_xsd::{
    CAREFLEX_2_0, Schema, csv_records, field_reference, json_reader, json_schema, json_writer,
    rust_model, xml_reader, xml_writer, yaserde_mirror,
};
use serde_json::{Value, json};

#[test]
fn the_rust_model_is_the_golden_one() {
    assert_golden("model.rs", &rust_model(&documented()).unwrap());
}

#[test]
fn the_field_reference_is_the_golden_one() {
    assert_golden("fields.md", &field_reference(&documented()).unwrap());
}

#[test]
fn the_json_schema_is_the_golden_one() {
    let text = json_schema(&documented()).unwrap();
    assert_golden("incident-new.schema.json", &text);
    assert_references_resolve(&serde_json::from_str(&text).unwrap());
}

#[test]
fn the_json_codec_is_the_golden_one() {
    assert_golden("json-writer.rs", &json_writer(&documented()).unwrap());
    assert_golden("json-reader.rs", &json_reader(&documented()).unwrap());
}

#[test]
fn the_yaserde_mirror_is_the_golden_one() {
    assert_golden("mirror.rs", &yaserde_mirror(&documented()).unwrap());
}

#[test]
fn the_xml_codec_is_the_golden_one() {
    assert_golden("xml-writer.rs", &xml_writer(&documented()).unwrap());
    assert_golden("xml-reader.rs", &xml_reader(&documented()).unwrap());
}

#[test]
fn the_csv_records_are_the_golden_ones() {
    assert_golden("records.rs", &csv_records(&documented()).unwrap());
}

#[test]
fn the_rust_model_follows_a_changed_schema() {
    assert_golden("changed-model.rs", &rust_model(&changed()).unwrap());
}

#[test]
fn the_json_codec_follows_a_changed_schema() {
    assert_golden("changed-json-writer.rs", &json_writer(&changed()).unwrap());
    assert_golden("changed-json-reader.rs", &json_reader(&changed()).unwrap());
}

#[test]
fn the_xml_codec_follows_a_changed_schema() {
    assert_golden("changed-xml-writer.rs", &xml_writer(&changed()).unwrap());
    assert_golden("changed-xml-reader.rs", &xml_reader(&changed()).unwrap());
}

#[test]
fn the_field_reference_follows_a_changed_schema() {
    let reference = field_reference(&changed()).unwrap();
    let lines: Vec<_> = reference.lines().collect();
    for row in [
        "| `poBox` | text | no | 1 to 10 characters; digits only, for example 1234 | Post-office box. |",
        "| `site` | group, see below | no |  | The plant. |",
        "## `employee.job.site`",
        "| `siteName` | text | yes | 1 to 255 characters | Name of the plant. |",
    ] {
        assert!(lines.contains(&row), "{row}\nis not in\n{reference}");
    }
    let status = lines
        .iter()
        .find(|line| line.starts_with("| `employmentStatus` |"))
        .unwrap();
    assert!(status.contains("| 1 to 3 characters |"), "{status}");
}

#[test]
fn the_json_schema_follows_a_changed_schema() {
    let schema: Value = serde_json::from_str(&json_schema(&changed()).unwrap()).unwrap();
    assert_references_resolve(&schema);
    let types = &schema["$defs"];
    assert_eq!(
        types["Address"]["properties"]["poBox"],
        json!({
            "type": "string",
            "minLength": 1,
            "maxLength": 10,
            "pattern": "^(?:[0-9]+)$",
            "description": "Post-office box.",
        })
    );
    // Optional, so it is not among the required ones, which are as before.
    assert_eq!(
        types["Address"]["required"],
        json!(["street", "houseNumber", "zipCode", "city", "country"])
    );
    assert_eq!(
        types["Job"]["properties"]["employmentStatus"]["maxLength"],
        3
    );
    assert_eq!(types["Job"]["properties"]["site"]["$ref"], "#/$defs/Site");
    assert_eq!(types["Site"]["required"], json!(["siteName"]));
    assert_eq!(types["Site"]["properties"]["siteName"]["maxLength"], 255);
}

#[test]
fn the_yaserde_mirror_follows_a_changed_schema() {
    let mirror = yaserde_mirror(&changed()).unwrap();
    for line in [
        "    pub po_box: Option<String>,",
        "    pub site: Option<Site>,",
        "            po_box: text(source, Field::PoBox),",
        "            site: source.has(Group::Site as usize).then(|| Site::of(source)),",
        "        if let Some(value) = &self.po_box {",
        "            draft.set(Field::PoBox, value.as_str());",
        "        if let Some(value) = &self.site {",
        "pub struct Site {",
        "    pub site_name: String,",
        "impl From<&careflex_core::Site> for Site {",
    ] {
        assert!(
            mirror.lines().any(|found| found == line),
            "{line}\nis not in\n{mirror}"
        );
    }
}

#[test]
fn the_csv_records_follow_a_changed_schema() {
    assert_golden("changed-records.rs", &csv_records(&changed()).unwrap());
}

fn documented() -> Schema {
    Schema::parse(CAREFLEX_2_0).unwrap()
}

/// The schema with a new field, a new group and a smaller limit. The new ones stand between old ones:
/// every index behind them moves.
fn changed() -> Schema {
    const PO_BOX: &str = r#"
      <xs:element name="poBox" type="cf:PoBox" minOccurs="0">
        <xs:annotation><xs:documentation>Post-office box.</xs:documentation></xs:annotation>
      </xs:element>"#;
    const SITE: &str = r#"
      <xs:element name="site" type="cf:Site" minOccurs="0">
        <xs:annotation><xs:documentation>The plant.</xs:documentation></xs:annotation>
      </xs:element>"#;
    const TYPES: &str = r#"
  <xs:complexType name="Site">
    <xs:annotation><xs:documentation>The plant where an employee works.</xs:documentation></xs:annotation>
    <xs:sequence>
      <xs:element name="siteName" type="cf:Text">
        <xs:annotation><xs:documentation>Name of the plant.</xs:documentation></xs:annotation>
      </xs:element>
    </xs:sequence>
  </xs:complexType>
  <xs:simpleType name="PoBox" note:hint="digits only, for example 1234">
    <xs:annotation><xs:documentation>Number of a post-office box.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:string">
      <xs:whiteSpace value="collapse"/>
      <xs:maxLength value="10"/>
      <xs:pattern value="[0-9]+"/>
    </xs:restriction>
  </xs:simpleType>
"#;
    let mut schema = CAREFLEX_2_0.to_owned();
    insert_behind(
        &mut schema,
        &["name=\"houseNumber\"", "</xs:element>"],
        PO_BOX,
    );
    insert_behind(
        &mut schema,
        &["name=\"startOfEmployment\"", "</xs:element>"],
        SITE,
    );
    insert_behind(&mut schema, &["<!-- Values -->"], TYPES);
    let limit = end_of(
        &schema,
        &["simpleType name=\"EmploymentStatus\"", "maxLength value=\""],
    );
    schema.replace_range(limit..limit + "10".len(), "3");
    Schema::parse(&schema).unwrap()
}

fn insert_behind(text: &mut String, anchors: &[&str], new: &str) {
    text.insert_str(end_of(text, anchors), new);
}

/// Where the last of the anchors ends, each looked for behind the one before.
fn end_of(text: &str, anchors: &[&str]) -> usize {
    anchors.iter().fold(0, |start, anchor| {
        let rest = text.get(start..).unwrap_or_default();
        match rest.find(anchor) {
            Some(at) => start + at + anchor.len(),
            None => panic!("the schema no longer has {anchor:?} in this place"),
        }
    })
}

/// Every `$ref` of a JSON schema points at a type that it defines.
fn assert_references_resolve(schema: &Value) {
    fn visit(node: &Value, root: &Value) {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            let pointer = reference.trim_start_matches('#');
            assert!(root.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        match node {
            Value::Object(members) => members.values().for_each(|member| visit(member, root)),
            Value::Array(items) => items.iter().for_each(|item| visit(item, root)),
            _ => {}
        }
    }
    visit(schema, schema);
}

/// Compares with a file of `tests/golden`, or rewrites it when `CAREFLEX_BLESS=1`.
fn assert_golden(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("CAREFLEX_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, generated).unwrap();
        return;
    }
    // Git may check the file out with the line ends of the system.
    let unix = |text: &str| text.replace("\r\n", "\n");
    let golden = unix(&fs::read_to_string(&path).unwrap_or_default());
    let generated = unix(generated);
    if golden == generated {
        return;
    }
    let same = golden
        .lines()
        .zip(generated.lines())
        .take_while(|(golden, generated)| golden == generated)
        .count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("<end of file>").to_owned();
    panic!(
        "tests/golden/{name} is not what the generator writes, from line {} on:\n  \
         golden:    {}\n  \
         generated: {}\n\
         If the change is meant, rewrite the goldens and read the diff:\n  \
         CAREFLEX_BLESS=1 cargo test -p careflex-xsd --test golden",
        same + 1,
        line(&golden),
        line(&generated),
    );
}
