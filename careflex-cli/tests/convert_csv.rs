//! `careflex convert --to csv`: one file a company, and back again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::{
    COMPANY, CSV_RST, NEW, RST, convert, convert_command, csv, folder_with,
    interrupt_while_it_writes, many_in_csv, names, records, run_with_input,
};
use tempfile::TempDir;

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn every_format_becomes_csv_and_the_same_again() {
    let special = NEW
        .replace("4712", "4713")
        .replace("Erika", "A & B; <c>, \\\"d\\\" 'e' ä € 😀\\tf")
        .replace("Musterstadt", "two\\nlines\\r\\nor three\\n\\nfour")
        .replace("Musterstra\u{df}e", "+1 'Nord'")
        .replace("\"houseNumber\":9", "\"houseNumber\":\"9a\"")
        .replace("\"type\"", "\"externalId\":\"007\",\"type\"");
    let file = format!("{{\"careflexId\":\"a\",\"incidentList\":[{NEW},{special},{RST}]}}");
    let folder = folder_with(&[("first.json", &file)]);
    for (from, to, out) in [
        ("first.json", "json", "1.json"),
        ("1.json", "csv", "2.csv"),
        ("2.csv", "xml", "3.xml"),
        ("3.xml", "csv", "4.csv"),
        ("4.csv", "json", "5.json"),
        ("5.json", "xml", "6.xml"),
    ] {
        let ran = convert(&folder, &[from, "--to", to, "-o", out]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        let into = if to == "csv" { "file" } else { "report" };
        assert_eq!(ran.err, format!("3 incidents of 1 company in 1 {into}\n"));
    }
    assert_eq!(read(&folder, "1.json"), read(&folder, "5.json"));
    assert_eq!(read(&folder, "2.csv"), read(&folder, "4.csv"));
    assert_eq!(read(&folder, "3.xml"), read(&folder, "6.xml"));
    let table = read(&folder, "2.csv");
    assert!(!table.contains("TOKEN"), "{table}");
    #[cfg(unix)]
    assert_eq!(common::mode(&folder.path().join("2.csv")), 0o600);
}

#[test]
fn one_company_goes_to_standard_output_a_file_or_a_folder() {
    let folder = folder_with(&[(
        "staff.json",
        &format!("{RST}\n{}", RST.replace("4711", "4712")),
    )]);
    let printed = convert(&folder, &["staff.json", "--to", "csv"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(printed.err, "2 incidents of 1 company in 1 file\n");
    let rows = records(&printed.out);
    assert_eq!((rows.len(), rows[1]["employeeId"].as_str()), (2, "4712"));
    assert!(printed.out.starts_with("careflexId;"), "{}", printed.out);
    assert_eq!(rows[0]["careflexId"], COMPANY);

    let ran = convert(
        &folder,
        &["staff.json", "--to", "csv", "-o", "out.csv", "--json"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let converted = &ran.events("converted")[0];
    assert_eq!(
        (
            &converted["incidents"],
            &converted["companies"],
            &converted["files"]
        ),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!(converted["reports"], serde_json::Value::Null);
    assert_eq!(read(&folder, "out.csv"), printed.out);

    fs::create_dir(folder.path().join("there")).unwrap();
    for out in ["there", "new/"] {
        let ran = convert(&folder, &["staff.json", "--to", "csv", "-o", out]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let out = folder.path().join(out);
        let name = format!("careflex-{COMPANY}.csv");
        assert_eq!(names(&out), [name.as_str()]);
        assert_eq!(fs::read_to_string(out.join(name)).unwrap(), printed.out);
    }
    let ran = convert(
        &folder,
        &["staff.json", "--to", "csv", "--separator", "tab"],
    );
    assert!(ran.out.starts_with("careflexId\t"), "{}", ran.out);
}

#[test]
fn several_companies_need_a_folder() {
    let table = many_in_csv(7, &["a", "b", "c"]);
    let folder = folder_with(&[("staff.csv", &table), ("out.csv", "before")]);
    for more in [
        &[][..],
        &["-o", "-"],
        &["-o", "out.csv"],
        &["-o", "new.csv"],
    ] {
        let ran = convert(&folder, &[&["staff.csv", "--to", "csv"][..], more].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains("nothing was written"), "{}", ran.err);
        assert!(ran.err.contains("-o DIR/"), "{}", ran.err);
        assert_eq!(names(folder.path()), ["out.csv", "staff.csv"]);
    }
    assert_eq!(read(&folder, "out.csv"), "before");

    let ran = convert(&folder, &["staff.csv", "--to", "csv", "-o", "out/"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.err, "7 incidents of 3 companies in 3 files\n");
    let out = folder.path().join("out");
    assert_eq!(
        names(&out),
        ["careflex-a.csv", "careflex-b.csv", "careflex-c.csv"]
    );
    for (company, expected) in [("a", &["E0", "E3", "E6"][..]), ("b", &["E1", "E4"])] {
        let path = out.join(format!("careflex-{company}.csv"));
        let rows = records(&fs::read_to_string(&path).unwrap());
        let employees: Vec<_> = rows.iter().map(|row| row["employeeId"].as_str()).collect();
        assert_eq!(employees, expected);
        assert!(rows.iter().all(|row| row["careflexId"] == company));
        #[cfg(unix)]
        assert_eq!(common::mode(&path), 0o600);
    }
    // What was there is replaced.
    fs::write(folder.path().join("staff.csv"), many_in_csv(2, &["a", "b"])).unwrap();
    let ran = convert(&folder, &["staff.csv", "--to", "csv", "-o", "out"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        records(&fs::read_to_string(out.join("careflex-a.csv")).unwrap()).len(),
        1
    );
    assert_eq!(names(&out).len(), 3);
}

#[test]
fn companies_that_differ_in_case_only_have_files_of_their_own() {
    let folder = folder_with(&[("staff.csv", &many_in_csv(6, &["ab", "AB", "ab-2", "../x"]))]);
    let ran = convert(&folder, &["staff.csv", "--to", "csv", "-o", "out/"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let out = folder.path().join("out");
    let lower: std::collections::HashSet<_> =
        names(&out).iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), 4, "{lower:?}");
    let rows: Vec<_> = names(&out)
        .iter()
        .flat_map(|name| {
            let rows = records(&fs::read_to_string(out.join(name)).unwrap());
            assert!(
                rows.iter()
                    .all(|row| row["careflexId"] == rows[0]["careflexId"])
            );
            rows
        })
        .collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(names(folder.path()), ["out", "staff.csv"]);
}

#[test]
fn thousands_of_companies_in_turns_keep_their_order() {
    const ROWS: usize = 12_345;
    let companies: Vec<_> = (0..2_000).map(|number| format!("c{number}")).collect();
    let companies: Vec<_> = companies.iter().map(String::as_str).collect();
    let folder = folder_with(&[("staff.csv", &many_in_csv(ROWS, &companies))]);
    let ran = convert(&folder, &["staff.csv", "--to", "csv", "-o", "out/"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.err, "12345 incidents of 2000 companies in 2000 files\n");
    let out = folder.path().join("out");
    for (number, company) in companies.iter().enumerate().step_by(97) {
        let path = out.join(format!("careflex-{company}.csv"));
        let rows = records(&fs::read_to_string(path).unwrap());
        let expected = (number..ROWS)
            .step_by(2_000)
            .map(|number| format!("E{number}"));
        assert!(expected.eq(rows.iter().map(|row| row["employeeId"].clone())));
    }
    assert_eq!(names(&out).len(), 2_000);
}

#[test]
fn nothing_is_written_if_one_row_is_invalid_or_a_place_is_taken() {
    let wrong = CSV_RST.replace("2026-12-01", "1.12.2026");
    let good = many_in_csv(2, &["a", "b"]);
    let folder = folder_with(&[("wrong.csv", &csv(&[CSV_RST, &wrong])), ("good.csv", &good)]);
    let ran = convert(&folder, &["wrong.csv", "--to", "csv", "-o", "out/"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(
        ran.err.contains("nothing was written: 1 of 2"),
        "{}",
        ran.err
    );
    assert_eq!(names(folder.path()), ["good.csv", "wrong.csv"]);

    // One of the places cannot be replaced: none of them is.
    let out = folder.path().join("out");
    fs::create_dir_all(out.join("careflex-b.csv")).unwrap();
    fs::write(out.join("careflex-a.csv"), "before").unwrap();
    let ran = convert(&folder, &["good.csv", "--to", "csv", "-o", "out/"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is a folder"), "{}", ran.err);
    assert_eq!(names(&out), ["careflex-a.csv", "careflex-b.csv"]);
    assert_eq!(
        fs::read_to_string(out.join("careflex-a.csv")).unwrap(),
        "before"
    );

    // Nor is one that is read.
    fs::rename(folder.path().join("good.csv"), out.join("careflex-a.csv")).unwrap();
    fs::remove_dir(out.join("careflex-b.csv")).unwrap();
    let ran = convert(
        &folder,
        &["out/careflex-a.csv", "--to", "csv", "-o", "out/"],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("is one of the files that are read"),
        "{}",
        ran.err
    );
    assert_eq!(
        fs::read_to_string(out.join("careflex-a.csv")).unwrap(),
        good
    );
    assert_eq!(names(&out), ["careflex-a.csv"]);

    for (out, reason) in [("nowhere/out/", "nowhere"), ("wrong.csv/", "wrong.csv")] {
        let ran = convert(&folder, &["out/careflex-a.csv", "--to", "csv", "-o", out]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(reason), "{}", ran.err);
    }
    // A folder is for CSV only.
    let ran = convert(
        &folder,
        &["out/careflex-a.csv", "--to", "json", "-o", "out"],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is a folder: name a file"), "{}", ran.err);
}

#[test]
fn pipes_become_files_too() {
    let folder = folder_with(&[]);
    let command = convert_command(folder.path(), &["-", "--to", "csv", "-o", "out/"]);
    let ran = run_with_input(command, many_in_csv(4, &["a", "b"]).as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(names(&folder.path().join("out")).len(), 2);
}

#[cfg(unix)]
#[test]
fn an_interrupted_conversion_leaves_nothing_behind() {
    // Warnings: the employees' keys are tax IDs.
    let table = many_in_csv(20_000, &["a", "b"]);
    let table: Vec<_> = table
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => line.to_owned(),
            _ => line.replacen(&format!("E{}", number - 1), "49239697103", 1),
        })
        .collect();
    let folder = folder_with(&[("staff.csv", &table.join("\n"))]);
    let command = convert_command(
        folder.path(),
        &[
            "staff.csv",
            "--to",
            "csv",
            "-o",
            "out/",
            "--max-errors",
            "0",
        ],
    );
    interrupt_while_it_writes(command, || {
        assert_eq!(names(folder.path()), ["out", "staff.csv"]);
    });
    assert_eq!(names(folder.path()), ["staff.csv"]);
}

#[test]
fn another_layout_and_separator_are_written_and_read_again() {
    const GERMAN: &str = r#"
        dates = "DD.MM.YYYY"
        columns = [
          { name = "Personalnummer", field = "employeeId" },
          { name = "Vorgang", field = "type", values = { Ruhend = "RST" } },
          { name = "Gültig ab", field = "validFrom" },
          { name = "Geändert am", field = "createdAt" },
          { field = "careflexId", ignore = true },
        ]"#;
    let folder = folder_with(&[("staff.json", RST), ("german.toml", GERMAN)]);
    let ran = convert(
        &folder,
        &[
            "staff.json",
            "--to",
            "csv",
            "-o",
            "german.csv",
            "--out-layout",
            "german.toml",
            "--out-separator",
            "|",
        ],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        read(&folder, "german.csv"),
        "Personalnummer|Vorgang|Gültig ab|Geändert am\r\n4711|Ruhend|01.12.2026|20.11.2026\r\n"
    );
    let arguments = [
        "german.csv",
        "--layout",
        "german.toml",
        "--to",
        "csv",
        "--out-separator",
        ",",
    ];
    let ran = convert(&folder, &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let start = format!("\r\n{COMPANY},,4711,RST,2026-12-01,2026-11-20,");
    assert!(ran.out.contains(&start), "{ran:?}");
    // What is said of the portal in a profile is not meant for other files.
    let profile = "[default]\nout_separator = \"|\"\nout_layout = \"german.toml\"\n";
    fs::write(folder.path().join("careflex.toml"), profile).unwrap();
    assert_eq!(convert(&folder, &arguments).out, ran.out);
}

#[test]
fn what_has_no_place_in_another_layout_is_told_before_anything_is_written() {
    const SHORT: &str = r#"columns = [
          { field = "employeeId" }, { field = "type" }, { field = "validFrom" }, { field = "createdAt" },
          { field = "careflexId" },
        ]"#;
    let staff = format!("[{RST},{NEW}]");
    let folder = folder_with(&[("staff.json", &staff), ("short.toml", SHORT)]);
    let ran = convert(
        &folder,
        &[
            "staff.json",
            "--to",
            "csv",
            "-o",
            "out.csv",
            "--out-layout",
            "short.toml",
        ],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("employee.lastName: "), "{ran:?}");
    assert!(
        ran.err
            .contains("nothing was written: 1 of 2 incidents is not valid"),
        "{ran:?}"
    );
    assert_eq!(names(folder.path()), ["short.toml", "staff.json"]);
    for to in ["json", "xml"] {
        let ran = convert(&folder, &["staff.json", "--to", to, "--out-separator", "|"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(
            ran.err.contains("--out-separator is for --to csv"),
            "{ran:?}"
        );
    }
    // A layout is no place for what is written.
    let ran = convert(
        &folder,
        &[
            "staff.json",
            "--to",
            "csv",
            "-o",
            "short.toml",
            "--out-layout",
            "short.toml",
        ],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(read(&folder, "short.toml"), SHORT);
}
