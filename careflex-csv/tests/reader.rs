//! Files of incidents: how they may differ, what a layout makes of them, and what must never be shown.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::{BufReader, Read};

use careflex_core::{Field, InputRow, ReadError, Rules, Violation, ViolationCode};
use careflex_csv::{Column, ErrorReport, FieldColumn, Header, IncidentReader, Layout, Separator};

const PLAIN: &str = "employeeId;type;validFrom;createdAt\n";
const ROW: &str = "4711;RST;2026-12-01;2026-11-20\n";

type Items = Vec<Result<InputRow, ReadError>>;

fn read(file: &str) -> Items {
    IncidentReader::new(file.as_bytes(), Rules::documented()).collect()
}

fn read_with(layout: Layout, file: &str) -> Items {
    IncidentReader::new(file.as_bytes(), Rules::documented())
        .layout(layout)
        .collect()
}

/// All that is said of rows and the file.
fn said(items: &Items) -> Vec<String> {
    let mut said = Vec::new();
    for item in items {
        match item {
            Ok(row) => {
                let errors = row.incident.as_ref().err().into_iter().flatten();
                said.extend(errors.chain(&row.warnings).map(ToString::to_string));
            }
            Err(error) => said.push(error.to_string()),
        }
    }
    said
}

fn right(items: Items) -> Vec<InputRow> {
    items
        .into_iter()
        .map(|item| {
            let row = item.unwrap();
            assert!(row.incident.is_ok(), "{row:?}");
            row
        })
        .collect()
}

/// An HR system's own names; the day of the change is also the one of the record.
fn own_layout() -> Layout {
    let column = |field, name: &str| Column::from(FieldColumn::of(field).named(name));
    Layout::new(vec![
        column(Field::EmployeeId, "Pers.-Nr."),
        FieldColumn::of(Field::Type)
            .named("Vorgang")
            .values([("Ruht", "RST"), ("Änderung", "SDB")])
            .into(),
        column(Field::ValidFrom, "Datum"),
        column(Field::CreatedAt, "Datum"),
        column(Field::FirstName, "Vorname"),
        column(Field::LastName, "Nachname"),
        column(Field::Street, "Straße"),
        column(Field::HouseNumber, "Nr."),
        column(Field::ZipCode, "PLZ"),
        column(Field::City, "Ort"),
        FieldColumn::of(Field::EmploymentSite)
            .named("Werk")
            .values([("", "Zentrale"), ("-", "")])
            .into(),
        column(Field::EmploymentStatus, "Tarif"),
        column(Field::StartOfEmployment, "Eintritt"),
        column(Field::Management, "Leitung"),
        Column::Constant {
            field: Field::Country,
            value: "DE".to_owned(),
        },
        Column::Constant {
            field: Field::CareflexId,
            value: "09ce3580d84bf087".to_owned(),
        },
        Column::Ignored {
            name: "Abteilung".to_owned(),
        },
        Column::Text {
            name: "Version".to_owned(),
            value: "2.0".to_owned(),
        },
    ])
    .unwrap()
}

#[test]
fn an_error_report_is_read_again_when_it_was_corrected() {
    let header = "employeeId;type;validFrom;createdAt;externalId;lastName;management\n";
    let file = format!(
        "{header}0042;RST;01.12.2026;2026-11-20;3-5;'t Hooft;FALSCH\n4711;RST;2026-12-01;x;=1+1;+Muster;TRUE\n"
    );
    let mut report = ErrorReport::new(Vec::new()).unwrap();
    for row in read_with(Layout::standard(), &file) {
        let row = row.unwrap();
        report
            .push("may.csv", &row, "invalid", "form", "-is; \"wrong\"")
            .unwrap();
    }
    let written = String::from_utf8(report.finish().unwrap()).unwrap();
    for kept in [";'0042;", ";'3-5;", ";'=1+1;", ";'+Muster;", ";'t Hooft;"] {
        assert!(written.contains(kept), "{written}");
    }

    // What was wrong with days is how spreadsheets save them. Of the rest nothing is taken for right.
    let rows: Vec<_> = read_with(Layout::standard(), &written)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let value = |row: usize, field| rows[row].value(field).unwrap_or_default().into_owned();
    assert_eq!(value(0, Field::EmployeeId), "0042");
    assert_eq!(value(0, Field::ExternalId), "3-5");
    assert_eq!(value(0, Field::LastName), "'t Hooft");
    assert_eq!(value(0, Field::ValidFrom), "2026-12-01");
    assert_eq!(value(1, Field::LastName), "+Muster");
    assert_eq!(value(0, Field::Management), "false");
    assert_eq!(value(1, Field::Management), "true");
    let wrong = rows[1].incident.as_ref().unwrap_err().to_string();
    for part in [
        "column createdAt: must be",
        "column externalId: is a formula",
    ] {
        assert!(wrong.contains(part), "{wrong}");
    }

    // Only all five columns make an error report.
    let other = written.replacen("reason;", "why;", 1);
    let wrong = read_with(Layout::standard(), &other).remove(0).unwrap_err();
    assert!(wrong.message().contains("status is not known"), "{wrong}");
    let file = "employeeId;type;validFrom;createdAt\n'0042;RST;01.12.2026;2026-11-20\n";
    let row = read_with(Layout::standard(), file).remove(0).unwrap();
    assert!(row.incident.is_err());
    assert_eq!(row.value(Field::EmployeeId).unwrap(), "'0042");

    let wrong = read_with(own_layout(), &written).remove(0).unwrap_err();
    assert!(
        wrong.message().ends_with("leave the layout away"),
        "{wrong}"
    );
}

/// Else its apostrophes would be taken for parts of the values.
#[test]
fn an_error_report_is_read_with_no_layout_that_has_forms_of_its_own() {
    let names = "employeeId;type;validFrom;createdAt";
    let file = format!(
        "status;reason;code;file;line;{names}\ninvalid;;;;;'0042;RST;2026-12-01;2026-11-20\n"
    );
    let fields = |more: &str| {
        format!(
            "columns = [{{ field = \"employeeId\" }}, {{ field = \"type\" }}, {{ field = \"validFrom\" }}, {{ field = \"createdAt\" }}, {more}]"
        )
    };
    let mut forms = Layout::standard().columns().to_vec();
    for column in &mut forms {
        if let Column::Field(field) = column
            && field.field() == Field::Management
        {
            *field = field.clone().values([("ja", "true")]);
        }
    }
    for layout in [
        Layout::new(forms).unwrap(),
        format!("other_columns = \"ignore\"\n{}", fields(""))
            .parse()
            .unwrap(),
    ] {
        let wrong = read_with(layout, &file).remove(0).unwrap_err();
        assert!(
            wrong.message().ends_with("leave the layout away"),
            "{wrong}"
        );
    }
    let standard = read_with(Layout::standard().ignoring_others(), &file);
    assert_eq!(right(standard)[0].value(Field::EmployeeId).unwrap(), "0042");
    // Who names these columns means a file of one's own.
    let ignored = ["status", "reason", "code", "file", "line"]
        .map(|name| format!("{{ name = \"{name}\", ignore = true }}"))
        .join(", ");
    let own = read_with(fields(&ignored).parse().unwrap(), &file);
    assert_eq!(right(own)[0].value(Field::EmployeeId).unwrap(), "'0042");
}

#[test]
fn a_layout_of_ones_own_is_told_of_as_the_place_to_correct() {
    let layout = Layout::new(vec![
        FieldColumn::of(Field::EmployeeId).named("Pers.-Nr.").into(),
        FieldColumn::of(Field::Type).named("Vorgang").into(),
        FieldColumn::of(Field::ValidFrom).named("Ab").into(),
        FieldColumn::of(Field::CreatedAt).named("Am").into(),
        FieldColumn::of(Field::FirstName).named("Vorname").into(),
        FieldColumn::of(Field::Management).named("Leitung").into(),
        FieldColumn::of(Field::Street).named("Straße").into(),
    ])
    .unwrap();
    let file = "Pers.-Nr.;Vorgang;Ab;Am;Vorname;Leitung;Straße\n4711;SDB;01.12.2026;2026-11-20;Erika;nein;Hauptweg\n";
    let row = read_with(layout, file).remove(0).unwrap();
    let wrong = row.incident.unwrap_err().to_string();
    for part in [
        "column Ab: must be a day in the form YYYY-MM-DD, for example 2020-04-24 (the layout can name another form: dates)",
        "column Leitung: must be true or false (the layout can translate other values: values)",
        "employee.lastName: is missing: the file has no column for it\n",
        "employee.address.country: is missing: the file has no column for it, and the layout no constant",
    ] {
        assert!(wrong.contains(part), "{wrong}");
    }
}

const OWN: &str = "Abteilung;Pers.-Nr.;Vorgang;Datum;Vorname;Nachname;Straße;Nr.;PLZ;Ort;Werk;Tarif;Eintritt;Leitung\n";

#[test]
fn a_layout_says_what_the_columns_mean() {
    let file = format!(
        "{OWN};4711;Ruht;2026-12-01;;;;;;;;;;
IT;4712;Änderung;2026-12-01;Erika;Muster;Hauptweg;1;01234;Dresden;;;;
IT;4713;Änderung;2026-12-01;Erika;Muster;;;;;;T;2020-01-01;true
IT;4714;Änderung;2026-12-01;Erika;Muster;;;;;Nord;T;2020-01-01;true\n"
    );
    let rows = right(read_with(own_layout(), &file));
    let value = |row: usize, field| rows[row].value(field).map(|value| value.into_owned());
    let text = |text: &str| Some(text.to_owned());
    for row in 0..4 {
        assert_eq!(value(row, Field::CareflexId), text("09ce3580d84bf087"));
        assert_eq!(value(row, Field::ValidFrom), value(row, Field::CreatedAt));
    }
    // Neither a constant nor the meaning of an empty cell makes an employee, an address or a job.
    let employees: Vec<_> = rows
        .iter()
        .map(|row| row.incident.as_ref().unwrap().employee.as_ref())
        .collect();
    assert!(employees[0].is_none());
    assert!(employees[1].unwrap().address.is_some() && employees[1].unwrap().job.is_none());
    assert!(employees[2].unwrap().address.is_none() && employees[2].unwrap().job.is_some());
    // Where there is one they count.
    assert_eq!(value(1, Field::Country), text("DE"));
    assert_eq!(value(2, Field::EmploymentSite), text("Zentrale"));
    assert_eq!(value(3, Field::EmploymentSite), text("Nord"));
}

#[test]
fn columns_are_called_by_their_own_names() {
    let file = format!(
        "{OWN};4711;Ruht;01.12.2026;;;;;;;;;;
;4712;Änderung;2026-12-01;Erika;;Hauptweg;;;;-;T;2020-01-01;ja
;4713;NEW;2026-12-01;Erika;Muster;;;;;;;;\n"
    );
    let items = read_with(own_layout(), &file);
    let day = "column Datum: must be a day in the form YYYY-MM-DD, for example 2020-04-24 (the layout can name another form: dates)";
    assert_eq!(
        said(&items),
        [
            day,
            day,
            "column Leitung: must be true or false (the layout can translate other values: values)",
            "column Nachname: is missing",
            "column Nr.: is missing",
            "column PLZ: is missing",
            "column Ort: is missing",
            "column Werk: is missing",
            "employee.address: is missing: an incident of type NEW needs it: fill in Straße, Nr., PLZ, Ort",
            "employee.job: is missing: an incident of type NEW needs it: fill in Werk, Tarif, Eintritt, Leitung",
            "employee.birthday: is missing: an incident of type NEW needs it, and the file has no column for it",
            "employee.sex: is missing: an incident of type NEW needs it, and the file has no column for it",
            "employee.contact.emailBusiness: is missing, so the portal cannot invite the employee: your company has to",
        ]
    );
    // The path is still there, for programs.
    let violations = items[1].as_ref().unwrap().incident.as_ref().unwrap_err();
    let first = violations.iter().next().unwrap();
    assert_eq!(
        (first.field(), first.column()),
        ("employee.job.management", Some("Leitung"))
    );
}

#[test]
fn of_a_layout_all_columns_that_are_read_must_be_there() {
    let shorter = OWN.replace("Abteilung;", "").replace("PLZ;Ort;", "");
    assert_eq!(
        said(&read_with(own_layout(), &format!("{shorter}\n"))),
        ["line 1: the columns PLZ, Ort are missing"]
    );
    let other = OWN
        .replace("Ort", "Orte")
        .replace("Abteilung", "Abteilung;Kostenstelle");
    assert_eq!(
        said(&read_with(own_layout(), &other)),
        [
            "line 1: the column Ort is missing; Kostenstelle is not known; Orte is not known: did you mean Ort?"
        ]
    );
    let with_others = OWN.replace("Abteilung", "Kostenstelle;Kostenstelle;Abteilung;Abteilung");
    let file = format!("{with_others};;;;4711;Ruht;2026-12-01;;;;;;;;;;\n");
    right(read_with(own_layout().ignoring_others(), &file));
    assert_eq!(
        said(&read_with(own_layout(), "4711;Zwiebelfisch\n")),
        [
            "line 1: holds no column names that are known: the first line must name the columns of the layout, for example Pers.-Nr.;Vorgang;Datum;Vorname"
        ]
    );
    // A layout may have but one column.
    let constant = |field, value: &str| Column::Constant {
        field,
        value: value.to_owned(),
    };
    let small = Layout::new(vec![
        FieldColumn::of(Field::EmployeeId).named("Nr.").into(),
        constant(Field::Type, "RST"),
        constant(Field::ValidFrom, "2026-12-01"),
        constant(Field::CreatedAt, "2026-12-01"),
    ])
    .unwrap();
    let rows = right(read_with(small, "Nr.\n4711\n4712\n"));
    assert_eq!(rows[1].value(Field::EmployeeId).unwrap(), "4712");
}

#[test]
fn of_the_standard_layout_most_columns_may_be_absent() {
    assert_eq!(right(read(&format!("{PLAIN}{ROW}"))).len(), 1);
    let header = "Kostenstelle;createdAt;type;validFrom;employeeId\n";
    let row = ";2026-11-20;RST;2026-12-01;4711\n";
    let ignoring = Layout::standard().ignoring_others();
    assert_eq!(
        right(read_with(ignoring, &format!("{header}{row}"))).len(),
        1
    );
}

#[test]
fn the_separator_is_found_out_from_the_names() {
    for separator in [
        ';', ',', '\t', '|', ':', '^', ' ', '~', '§', '¦', '\u{1}', '-',
    ] {
        let own = separator.to_string();
        let header = PLAIN.replace(';', &own);
        for header in [
            header.clone(),
            format!(
                "\"{}\"\n",
                header.trim().replace(&own, &format!("\"{own}\""))
            ),
        ] {
            let file =
                format!("\u{FEFF}\n{header}4711{own}RST{own}\"2026-12-01\"{own}\"2026-11-20\"\n");
            assert_eq!(right(read(&file))[0].line, 3);
            let given = Separator::new(separator).unwrap();
            let reader = IncidentReader::new(file.as_bytes(), Rules::documented());
            assert_eq!(right(reader.separator(given).collect()).len(), 1);
            let header = Header::read(file.as_bytes(), None).unwrap();
            assert_eq!((header.line, header.separator), (2, given));
            assert_eq!(
                header.names,
                ["employeeId", "type", "validFrom", "createdAt"]
            );
        }
    }
    // What is in quotation marks separates nothing.
    let rows = right(read_with(
        own_layout().ignoring_others(),
        &format!("\"a,b,c\nd,e,\"\"f\";{OWN}\n;;4711;Ruht;2026-12-01;;;;;;;;;;\n"),
    ));
    assert_eq!(rows[0].line, 4);
}

#[test]
fn of_a_header_with_other_names_the_usual_separators_are_tried() {
    let names = |file: &str| {
        let header = Header::read(file.as_bytes(), None).unwrap();
        (header.separator.as_char(), header.names)
    };
    for (file, separator, expected) in [
        (
            "Name, Vorname;Straße, Nr.;PLZ, Ort\n",
            ';',
            &["Name, Vorname", "Straße, Nr.", "PLZ, Ort"][..],
        ),
        ("Name, Vorname\tOrt", '\t', &["Name, Vorname", "Ort"]),
        ("Name|Ort, Land\n", '|', &["Name", "Ort, Land"]),
        (" Name , Ort \n", ',', &["Name", "Ort"]),
        ("Name-Ort.Land\n", ';', &["Name-Ort.Land"]),
        ("Name\n4711;4712\n", ';', &["Name"]),
        ("Name;Ort;;\n", ';', &["Name", "Ort"]),
        ("\"Name;\nVorname\";Ort\n", ';', &["Name;\nVorname", "Ort"]),
        ("[id],[name]\n", ',', &["[id]", "[name]"]),
        // Two standard names say more than what is usual.
        (
            "firstName^last;Name^city",
            '^',
            &["firstName", "last;Name", "city"],
        ),
        ("title^name;city", ';', &["title^name", "city"]),
    ] {
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(names(file), (separator, expected), "{file:?}");
    }
    let given = Header::read(&b"Name-Ort;Land\n"[..], Some(Separator::new('-').unwrap())).unwrap();
    assert_eq!(given.names, ["Name", "Ort;Land"]);
    for (file, separator, expected) in [
        ("", None, "is empty: the first line must name the columns"),
        (
            "\n Name;;Ort",
            None,
            "line 2: column 2 has no name: give it one, or delete it",
        ),
        ("{\"a\": 1}", None, "line 1: is JSON, not CSV"),
        ("N\"a\n\"b", None, ""),
        (
            "employeeId;type",
            Separator::new(',').ok(),
            "line 1: the columns are separated by `;`, not by `,`: give the right separator",
        ),
    ] {
        let said = Header::read(file.as_bytes(), separator).map_err(|error| error.to_string());
        match expected {
            "" => assert_eq!(said.unwrap().names, ["N\"a"]),
            _ => assert_eq!(said.unwrap_err(), expected),
        }
    }
}

#[test]
fn rows_without_any_value_are_no_incidents() {
    let file = format!("\n{PLAIN};;;\n\n{ROW};;;\n;\n  ; \n\"\"\n{ROW};;;\n;;;\n\n");
    let lines: Vec<_> = right(read(&file)).iter().map(|row| row.line).collect();
    assert_eq!(lines, [5, 10]);
    let ignored = format!("{OWN};;;;;;;;;;;;;\n;4711;Ruht;2026-12-01;;;;;;;;;;\n;;;;;;;;;;;;;\n");
    assert_eq!(right(read_with(own_layout(), &ignored)).len(), 1);
}

#[test]
fn lines_are_those_on_which_incidents_begin() {
    let header = PLAIN.replace('\n', ";firstName;\"last\r\nName\";lastName\r\n");
    let row = "4711;SDB;2026-12-01;2026-11-20;\"a\nb\rc\";;\"d\n\"\r\n";
    let layout = Layout::standard().ignoring_others();
    let rows = right(read_with(layout, &format!("{header}{row}\r\n{row}")));
    assert_eq!(rows[0].line, 3);
    assert_eq!(rows[1].line, 8);
    // What stands in quotation marks is taken as it is, and trimmed like any other value.
    assert_eq!(rows[0].value(Field::FirstName).unwrap(), "a\nb\rc");
    assert_eq!(rows[0].value(Field::LastName).unwrap(), "d");
}

#[test]
fn what_was_read_of_a_wrong_row_can_be_shown_to_who_corrects_it() {
    let header = PLAIN.replace('\n', ";careflexId;firstName\n");
    let file = format!("{header} =A1 ;RST;24.04.2020;;=B1;\n{ROW}");
    let items = read(&file);
    let row = items[0].as_ref().unwrap();
    for (field, value) in [
        (Field::EmployeeId, Some("=A1")),
        (Field::ValidFrom, Some("24.04.2020")),
        (Field::CareflexId, Some("=B1")),
        (Field::CreatedAt, None),
        (Field::FirstName, None),
    ] {
        assert_eq!(row.value(field).as_deref(), value, "{field:?}");
    }
    assert_eq!(row.careflex_id, None);
    assert_eq!(row.key.kind.as_deref(), Some("RST"));
    let violations = row.incident.as_ref().unwrap_err().iter();
    let found: Vec<_> = violations
        .map(|one| (one.column().unwrap(), one.code()))
        .collect();
    assert_eq!(
        found,
        [
            ("employeeId", ViolationCode::Spreadsheet),
            ("careflexId", ViolationCode::Spreadsheet),
            ("validFrom", ViolationCode::DateFormat),
            ("createdAt", ViolationCode::Missing),
        ]
    );
    // Of a row whose values cannot be told apart nothing is known.
    let row = items[1].as_ref().unwrap();
    assert!(Field::ALL.iter().all(|field| row.value(*field).is_none()));
    assert_eq!(row.key, careflex_core::RowKey::default());
}

#[test]
fn columns_that_are_not_read_name_no_company() {
    let rows = "4711;RST;2026-12-01;2026-11-20;17af\n";
    let read = |layout: &Layout, name: &str| {
        let file = format!("employeeId;type;validFrom;createdAt;{name}\n{rows}");
        said(&read_with(layout.clone(), &file))
    };
    let standard = Layout::standard().ignoring_others();
    assert_eq!(
        read(&standard, "CareFlexID"),
        ["line 1: CareFlexID is not known: did you mean careflexId?"]
    );
    assert_eq!(
        read(&standard, "ExternalId"),
        ["line 1: ExternalId is not known: did you mean externalId?"]
    );
    assert_eq!(
        right(read_with(
            standard.clone(),
            &format!("employeeId;type;validFrom;createdAt;Mandant\n{rows}")
        ))
        .len(),
        1
    );
    let own = |more: &str| {
        let text = format!(
            "other_columns = \"ignore\"\ncolumns = [{{ field = \"employeeId\" }}, {{ field = \"type\" }}, \
             {{ field = \"validFrom\" }}, {{ field = \"createdAt\" }}, {more}]"
        );
        text.parse::<Layout>().unwrap()
    };
    for layout in [
        own(""),
        own("{ field = \"careflexId\", constant = \"09ce\" }"),
    ] {
        assert_eq!(
            read(&layout, "careflexid"),
            [
                "line 1: careflexid says whose incidents these are, but the layout does not name it: name it, or \
              ignore it on purpose"
            ]
        );
    }
    let on_purpose = own("{ name = \"careflexId\", ignore = true }");
    assert_eq!(read(&on_purpose, "careflexId"), [""; 0]);
}

#[test]
fn in_files_of_few_columns_no_line_is_lost_either() {
    let layout: Layout = r#"columns = [
      { field = "employeeId" }, { field = "validFrom" }, { field = "externalId" },
      { field = "type", constant = "RST" }, { field = "createdAt", constant = "2026-11-20" },
    ]"#
    .parse()
    .unwrap();
    let read = |rows: &str| {
        let file = format!("employeeId;validFrom;externalId\n{rows}");
        read_with(layout.clone(), &file)
    };
    for rows in [
        "4711;2026-12-01;\"x\n4712;2026-12-01;y\n4713;2026-12-01;5\"\n",
        "\"4711;2026-12-01;x\n4712\";2026-12-01;y\n",
    ] {
        let said = said(&read(rows));
        assert!(
            said[0].contains("holds whole lines of the file"),
            "{said:?}"
        );
    }
    // A sentence has a blank behind its separators.
    let rows = right(read("4711;2026-12-01;\"x\na; b; c\"\n"));
    assert_eq!(rows[0].value(Field::ExternalId).unwrap(), "x\na; b; c");
}

#[test]
fn a_constant_that_is_wrong_is_not_blamed_on_the_file() {
    let mut columns = own_layout().columns().to_vec();
    for column in &mut columns {
        if let Column::Constant { field, value } = column
            && *field == Field::Country
        {
            "de".clone_into(value);
        }
    }
    // A layout of one's own making may refuse this at once.
    let Ok(layout) = Layout::new(columns) else {
        return;
    };
    let row = ";4712;Änderung;2026-12-01;Erika;Muster;Hauptweg;1;01234;Dresden;;;;\n";
    let said = said(&read_with(layout, &format!("{OWN}{row}")));
    assert_eq!(
        said,
        [
            "employee.address.country: must be two capital letters (ISO 3166-1 alpha-2), for example DE (the layout sets this value)"
        ]
    );
}

#[test]
fn warnings_name_the_column_too() {
    let header = PLAIN.replace('\n', ";firstName;lastName;emailBusiness\n");
    let file = format!("{header}4711;XYZ;2026-12-01;2026-11-20;Erika;Muster;none\n");
    assert_eq!(
        said(&read(&file)),
        [
            "column type: is not one of the documented types NEW, RST, WIK and SDB: is it spelt right?",
            "column emailBusiness: is no e-mail address, so the portal cannot invite the employee: your company has to",
        ]
    );
}

#[test]
fn the_names_of_columns_are_cut_and_printable() {
    let name = format!("Personal\u{1b}nummer{}", "r".repeat(50));
    let mut columns = own_layout().columns().to_vec();
    columns[0] = FieldColumn::of(Field::EmployeeId).named(&name).into();
    let file = OWN.replace("Pers.-Nr.", &name);
    let row = ";;Ruht;2026-12-01;;;;;;;;;;\n";
    let Ok(layout) = Layout::new(columns) else {
        return;
    };
    let said = said(&read_with(layout, &format!("{file}{row}")));
    let shown = format!(
        "column Personal\\u{{1b}}nummer{}: is missing",
        "r".repeat(25)
    );
    assert_eq!(said, [shown]);
}

#[test]
fn an_error_is_the_last_item() {
    let file = format!("{PLAIN}{ROW}\"\n{ROW}");
    let mut reader = IncidentReader::new(file.as_bytes(), Rules::documented());
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
    let mut reader = IncidentReader::new(&b""[..], Rules::documented());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

/// A beginning, and then the same without end.
struct Endless<'a> {
    begin: &'a [u8],
    filling: &'a [u8],
    read: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut length = self.begin.read(out)?;
        while length == 0 || length + self.filling.len() <= out.len() {
            length += self.filling.take(u64::MAX).read(&mut out[length..])?;
        }
        self.read += length;
        Ok(length)
    }
}

#[test]
fn of_a_file_without_end_no_more_is_read_than_one_record_may_have() {
    const MEBIBYTE: usize = 1 << 20;
    for (begin, filling) in [
        ("", "a"),
        ("", ";"),
        ("", " "),
        ("", "\"a;\n\""),
        ("\"", "a"),
        ("employeeId;type;", "a;"),
        (PLAIN, "a"),
        (PLAIN, ";"),
        (PLAIN, "\"\""),
        ("employeeId;type;validFrom;createdAt\n4711;\"", "\n"),
        ("employeeId;type;validFrom;createdAt\n4711;\"", ROW),
    ] {
        let mut endless = Endless {
            begin: begin.as_bytes(),
            filling: filling.as_bytes(),
            read: 0,
        };
        let input = BufReader::with_capacity(4096, &mut endless);
        let items: Items = IncidentReader::new(input, Rules::documented()).collect();
        assert_eq!(items.len(), 1, "{begin:?} {filling:?}");
        let error = items[0].as_ref().unwrap_err().to_string();
        assert!(
            error.contains("is longer than 1 MiB") || error.contains("never closed"),
            "{begin:?} {filling:?}: {error}"
        );
        assert!(endless.read < 2 * MEBIBYTE + 100_000, "{}", endless.read);
    }
}

#[test]
fn no_value_is_ever_shown() {
    const PLANTED: &str = "Zwiebelfisch";
    // Rows that are wrong in all ways, and files that end before their time.
    let header = format!(
        "{};firstName;lastName;sex;zipCode;country;management\n",
        PLAIN.trim()
    );
    let count = header.matches(';').count() + 1;
    let row = |value: &str| format!("{}\n", vec![value; count].join(";"));
    let mut files = vec![
        format!("{header}{}", row(PLANTED)),
        format!("{header}{}", row(&format!("{PLANTED} {PLANTED}"))),
        format!("{header}{}", row(&format!("{PLANTED}\u{1}"))),
        format!("{header}{}", row(&format!("={PLANTED}"))),
        format!("{header}{}", row(&PLANTED.repeat(100))),
        format!("{header}{}", row(&format!("\"{PLANTED}\" {PLANTED}"))),
        format!("{header}{}", row(&format!(" \"{PLANTED}\""))),
        format!("{header}{PLANTED}\n{PLANTED}{}", row(PLANTED)),
        format!("{header}\"{PLANTED}\n{}", row(PLANTED)),
        format!("{header}{}{}", ROW.trim(), ";".repeat(count - 4) + PLANTED),
    ];
    // First lines that are no header lines.
    for separator in [';', ',', '\t', ' ', '§'] {
        let line = [PLANTED; 4].join(&separator.to_string());
        files.push(format!("{line}\n{line}\n"));
        files.push(format!("type{separator}{line}\n"));
        files.push(format!("\"{line}\"{separator}\"{line}\"{line}\n"));
        files.push(format!("{{{line}"));
        files.push(format!("\"{line}"));
        files.push(format!("sep={separator}{line}\n"));
    }
    for file in files {
        let mut bytes = file.clone().into_bytes();
        for bytes in [bytes.clone(), {
            bytes.extend(b"\xFC\n");
            bytes
        }] {
            let items: Items = IncidentReader::new(bytes.as_slice(), Rules::documented()).collect();
            assert!(items.iter().any(|item| match item {
                Ok(row) => row.incident.is_err(),
                Err(_) => true,
            }));
            let debug = format!("{items:?}");
            let said = said(&items).join("\n");
            for text in [debug, said] {
                assert!(!text.contains(&PLANTED[..6]), "{file:?}: {text}");
            }
            let violations = items
                .iter()
                .flatten()
                .filter_map(|row| row.incident.as_ref().err());
            let messages = violations.flatten().map(Violation::message);
            assert!(!messages.collect::<String>().contains(&PLANTED[..6]));
        }
    }
}
