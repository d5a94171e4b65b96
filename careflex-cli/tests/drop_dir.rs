//! `careflex report --via csv`: files for the operator's SyncTool.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{
    COMPANY, CSV_NEW, CSV_RST, NEW, RST, Ran, World, csv, many, many_in_csv, names, records, run,
    run_with_input,
};

/// `careflex report FILE --via csv --json`, without secrets, addresses and a company.
fn command(world: &World, file: &Path, more: &[&str]) -> Command {
    let mut command = world.bare_command();
    command
        .arg("report")
        .arg(file)
        .args(["--via", "csv", "--json"])
        .args(more);
    command
}

fn report(world: &World, file: &Path, more: &[&str]) -> Ran {
    run(command(world, file, more))
}

/// All records of all files in a folder, in the order of their names.
fn handed_over(folder: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let names = names(folder);
    let files = names
        .iter()
        .map(|name| fs::read_to_string(folder.join(name)).unwrap());
    files.flat_map(|file| records(&file)).collect()
}

fn nothing_was_handed_over(world: &World, ran: &Ran, folders: &[&Path]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        !ran.statuses().contains(&"handed-over".to_owned()),
        "{ran:?}"
    );
    for folder in folders {
        assert_eq!(names(folder), Vec::<String>::new());
    }
    assert_eq!(world.sandbox.ledger().token_requests, 0);
}

#[test]
fn reports_of_every_format_become_files_of_up_to_a_hundred() {
    let world = World::new();
    let folder = world.drop_folder("acme");
    let id_and_folder = format!("{COMPANY}=acme");
    for file in [
        world.write("staff.json", many(250)),
        world.write("staff.csv", many_in_csv(250, &[COMPANY])),
    ] {
        let mut command = command(&world, &file, &["--drop-dir", &id_and_folder]);
        // One at a time, so that the files are in the order of the rows.
        command.args(["--concurrency", "1"]);
        command.env("CAREFLEX_ID", COMPANY);
        let ran = run(command);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        assert_eq!(ran.statuses(), vec!["handed-over"; 250]);
        let summary = ran.summary();
        assert_eq!(
            (
                &summary["handedOver"],
                &summary["requests"],
                &summary["accepted"]
            ),
            (&250.into(), &3.into(), &0.into())
        );
        assert_eq!(names(&folder).len(), 3);
        assert!(names(&folder).iter().all(|name| name.ends_with(".csv")));
        let records = handed_over(&folder);
        for (number, record) in records.iter().enumerate() {
            assert_eq!(record["employeeId"], format!("E{number}"));
            assert_eq!(record["careflexId"], COMPANY);
        }
        assert_eq!(records.len(), 250);
        fs::remove_dir_all(&folder).unwrap();
        world.drop_folder("acme");
    }
    assert_eq!(world.sandbox.ledger().token_requests, 0);
}

#[test]
fn what_was_handed_over_is_what_was_read() {
    let world = World::new();
    let folder = world.drop_folder("acme");
    let file = world.write("staff.json", format!("[{NEW},{RST}]"));
    let mut command = command(&world, &file, &["--drop-dir", "acme"]);
    command.env("CAREFLEX_ID", COMPANY);
    assert_eq!(run(command).code, 0);
    let [name] = &names(&folder)[..] else {
        panic!("{:?}", names(&folder));
    };
    let file = folder.join(name);
    #[cfg(unix)]
    assert_eq!(common::mode(&file), 0o600, "it holds personal data");
    // It is taken as it is, and is the same over another interface.
    let ran = world.report(&file, &[]);
    assert_eq!((ran.code, ran.statuses().len()), (0, 2), "{ran:?}");
    let ran = world.report(&world.folder.path().join("staff.json"), &[]);
    assert_eq!(ran.code, 0);
    let ledger = world.sandbox.ledger();
    let incidents: Vec<_> = ledger.bookings.iter().map(|one| &one.incident).collect();
    assert_eq!(incidents[..2], incidents[2..]);
}

#[test]
fn people_read_files_instead_of_requests() {
    let world = World::new();
    world.drop_folder("acme");
    let file = world.write("staff.csv", many_in_csv(2, &["a"]));
    let mut command = world.bare_command();
    command.arg("report").arg(file);
    command.args(["--via", "csv", "--drop-dir", "acme"]);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("2 handed over in 1 file, "), "{}", ran.out);
}

#[test]
fn each_company_has_its_folder() {
    let world = World::new();
    let folders = ["a", "b", "c"].map(|company| world.drop_folder(company));
    let file = world.write("staff.csv", many_in_csv(600, &["a", "b", "c"]));
    let all = [
        "--drop-dir",
        "a=a",
        "--drop-dir",
        "b=b",
        "--drop-dir",
        "c=c",
    ];
    let ran = report(&world, &file, &[&all[..], &["--concurrency", "8"]].concat());
    assert_eq!(
        (ran.code, ran.summary()["requests"].clone()),
        (0, 6.into()),
        "{ran:?}"
    );
    for (company, folder) in ["a", "b", "c"].iter().zip(&folders) {
        let records = handed_over(folder);
        assert_eq!(records.len(), 200);
        assert!(
            records
                .iter()
                .all(|record| record["careflexId"] == *company)
        );
    }
    let rows = ran.events("row");
    assert!((0..600).eq(rows.iter().map(|row| row["index"].as_u64().unwrap())));
}

#[test]
fn a_company_without_a_folder_is_never_skipped() {
    let world = World::new();
    let (a, b) = (world.drop_folder("a"), world.drop_folder("b"));
    let file = world.write("staff.csv", many_in_csv(3, &["a", "b", "c"]));
    for on_invalid in ["abort", "skip"] {
        let arguments = [
            "--drop-dir",
            "a=a",
            "--drop-dir",
            "b=b",
            "--on-invalid",
            on_invalid,
        ];
        let ran = report(&world, &file, &arguments);
        nothing_was_handed_over(&world, &ran, &[&a, &b]);
        let violations = ran.events("violation");
        let violation = violations
            .iter()
            .find(|one| one["severity"] == "error")
            .unwrap();
        assert_eq!(violation["code"], "other-company");
        let message = violation["message"].as_str().unwrap();
        assert!(
            message.contains("has no folder: give --drop-dir ID=DIR"),
            "{message}"
        );
        assert_eq!(violation["line"], 4);
    }
}

#[test]
fn one_folder_is_for_one_company() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    let mixed = world.write("mixed.csv", many_in_csv(3, &["a", "a", "b"]));
    // The first row's company is it.
    let ran = report(
        &world,
        &mixed,
        &["--drop-dir", "drop", "--on-invalid", "skip"],
    );
    nothing_was_handed_over(&world, &ran, &[&folder]);
    assert_eq!(ran.statuses(), ["not-sent", "not-sent", "invalid"]);
    // Else that of the settings.
    let pure = world.write("pure.csv", many_in_csv(3, &["a"]));
    for how in ["variable", "profile", "flag"] {
        let mut command = command(&world, &pure, &["--drop-dir", "drop"]);
        match how {
            "variable" => {
                command.env("CAREFLEX_ID", "b");
            }
            "profile" => {
                world.write("careflex.toml", "[default]\ncareflex_id = \"b\"\n");
            }
            _ => {
                command.args(["--careflex-id", "b"]);
            }
        }
        let ran = run(command);
        nothing_was_handed_over(&world, &ran, &[&folder]);
        assert_eq!(ran.summary()["invalid"], 3, "{how}: {ran:?}");
        assert!(ran.out.contains("names another company than"), "{ran:?}");
    }
    fs::remove_file(world.folder.path().join("careflex.toml")).unwrap();
    let ran = report(&world, &pure, &["--drop-dir", "drop"]);
    assert_eq!((ran.code, handed_over(&folder).len()), (0, 3), "{ran:?}");
    // In a pipe, too, nothing is handed over for the wrong one.
    let mut piped = command(&world, Path::new("-"), &["--drop-dir", "drop"]);
    piped.args(["--on-invalid", "skip"]);
    let ran = run_with_input(
        piped,
        many_in_csv(101, &["b"])
            .replace("b;E100", "c;E100")
            .as_bytes(),
    );
    assert_ne!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.statuses()[100], "invalid");
    let companies: Vec<_> = handed_over(&folder)
        .iter()
        .map(|record| record["careflexId"].clone())
        .collect();
    assert!(!companies.contains(&"c".to_owned()), "{companies:?}");
    // Rows without any company belong to nobody.
    let nobody = world.write("nobody.csv", csv(&[CSV_RST]));
    let ran = report(&world, &nobody, &["--drop-dir", "drop"]);
    assert_eq!(
        (ran.code, &ran.events("violation")[0]["code"]),
        (2, &"no-company".into())
    );
}

#[test]
fn folders_come_from_flags_then_the_variable_then_the_profile() {
    let world = World::new();
    let file = world.write("staff.csv", many_in_csv(1, &["a"]));
    let settings = world.folder.path().join("settings");
    for folder in [
        "flag",
        "variable",
        "settings",
        "settings/profile",
        "settings/table",
    ] {
        world.drop_folder(folder);
    }
    let config = ["--config", "settings/careflex.toml"];
    let took = |command: Command, folder: &str| {
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        let folder = world.folder.path().join(folder);
        assert_eq!(handed_over(&folder).len(), 1, "{}", folder.display());
        for name in names(&folder) {
            fs::remove_file(folder.join(name)).unwrap();
        }
    };
    fs::write(
        settings.join("careflex.toml"),
        "[default]\ndrop_dir = \"profile\"\n",
    )
    .unwrap();
    let with_variable = |more: &[&str]| {
        let mut command = command(&world, &file, &[&config[..], more].concat());
        command.env("CAREFLEX_DROP_DIR", "variable");
        command
    };
    took(with_variable(&["--drop-dir", "flag"]), "flag");
    took(with_variable(&[]), "variable");
    took(command(&world, &file, &config), "settings/profile");
    let table = "[default]\nout_separator = \",\"\n[default.drop_dirs]\n\"a\" = \"table\"\n";
    fs::write(settings.join("careflex.toml"), table).unwrap();
    let mut command = command(&world, &file, &config);
    // A variable that is set to nothing is not set.
    command.env("CAREFLEX_DROP_DIR", "");
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    let folder = settings.join("table");
    let file = fs::read_to_string(folder.join(&names(&folder)[0])).unwrap();
    assert!(file.starts_with("careflexId,"), "{file}");
}

#[test]
fn wrong_settings_hand_nothing_over() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    world.drop_folder("other");
    let file = world.write("staff.csv", many_in_csv(1, &["a"]));
    world.write("plain.txt", "");
    world.write(
        "half.toml",
        "columns = [{ field = \"employeeId\" }, { field = \"type\" }]\n",
    );
    world.write(
        "readable.toml",
        "columns = [{ field = \"employeeId\" }, { field = \"type\" }, { name = \"day\", field = \"validFrom\" }, { name = \"day\", field = \"createdAt\" }]\n",
    );
    world.write(
        "both.toml",
        "[default]\ndrop_dir = \"drop\"\n[default.drop_dirs]\n\"a\" = \"drop\"\n",
    );
    world.write("separator.toml", "[default]\nout_separator = \"xx\"\n");
    let cases: &[(&[&str], &str)] = &[
        (
            &[],
            "--via csv needs the folder that the operator's SyncTool watches: give --drop-dir",
        ),
        (&["--drop-dir", "nowhere"], "nowhere"),
        (&["--drop-dir", "a=nowhere"], "nowhere"),
        (&["--drop-dir", "plain.txt"], "plain.txt"),
        (&["--drop-dir", "a=plain.txt"], "plain.txt"),
        (
            &["--drop-dir", "drop", "--drop-dir", "other"],
            "is for one company",
        ),
        (
            &["--drop-dir", "drop", "--drop-dir", "a=other"],
            "is for one company",
        ),
        (
            &["--drop-dir", "a=drop", "--drop-dir", "b=drop"],
            "two companies",
        ),
        (
            &["--drop-dir", "a=drop", "--drop-dir", "a=other"],
            "two folders",
        ),
        (&["--drop-dir", "=drop"], "the company of --drop-dir"),
        (&["--drop-dir", "a b=drop"], "holds white space"),
        (
            &["--drop-dir", "drop", "--out-separator", "ab"],
            "one character",
        ),
        (
            &["--drop-dir", "drop", "--out-layout", "nowhere.toml"],
            "--out-layout nowhere.toml",
        ),
        (
            &["--drop-dir", "drop", "--out-layout", "half.toml"],
            "validFrom",
        ),
        (
            &["--drop-dir", "drop", "--out-layout", "readable.toml"],
            "--out-layout readable.toml: column day: it feeds two fields",
        ),
        (&["--config", "both.toml"], "leave one of them away"),
        (
            &["--config", "separator.toml", "--drop-dir", "drop"],
            "out_separator of the profile must be one character",
        ),
        (
            &["--drop-dir", "drop", "--error-report", "drop/errors.csv"],
            "--error-report would be in the drop folder",
        ),
    ];
    for (arguments, said) in cases {
        for dry_run in [&[][..], &["--dry-run"]] {
            let ran = report(&world, &file, &[arguments, dry_run].concat());
            nothing_was_handed_over(&world, &ran, &[&folder]);
            assert!(ran.err.contains(said), "{} (expected {said})", ran.err);
        }
    }
    // Nobody must believe that a file was handed over.
    for flag in ["--drop-dir", "--out-separator", "--out-layout"] {
        let ran = world.report(&file, &[flag, ";"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.err.contains(&format!("{flag} is for --via csv")),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_folder_may_have_an_equals_sign_in_its_name() {
    let world = World::new();
    let folder = world.drop_folder("a=b");
    let file = world.write("staff.csv", many_in_csv(1, &["a"]));
    for (given, count) in [("a=a=b", 1), ("./a=b", 2)] {
        let ran = report(&world, &file, &["--drop-dir", given]);
        assert_eq!((ran.code, names(&folder).len()), (0, count), "{ran:?}");
    }
    // Without the slash, a is the company, and b the folder.
    let ran = report(&world, &file, &["--drop-dir", "a=b"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn a_dry_run_hands_nothing_over() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    let file = world.write("staff.csv", many_in_csv(3, &["a"]));
    let ran = report(&world, &file, &["--drop-dir", "drop", "--dry-run"]);
    assert_eq!(
        (ran.code, ran.statuses()),
        (0, vec!["not-sent".to_owned(); 3])
    );
    assert_eq!(ran.summary()["requests"], 0);
    assert!(names(&folder).is_empty());
}

#[test]
fn files_are_written_with_the_separator_and_layout_that_are_set_up_in_the_portal() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    let file = world.write("staff.csv", many_in_csv(1, &["a"]));
    let first_line = |arguments: &[&str]| {
        let ran = report(
            &world,
            &file,
            &[&["--drop-dir", "drop"], arguments].concat(),
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        let path = folder.join(&names(&folder)[0]);
        let content = fs::read_to_string(&path).unwrap();
        fs::remove_file(path).unwrap();
        content.lines().next().unwrap().to_owned()
    };
    assert!(first_line(&[]).starts_with("careflexId;"));
    assert!(first_line(&["--separator", ";"]).starts_with("careflexId;"));
    assert!(first_line(&["--out-separator", "tab"]).starts_with("careflexId\t"));
    let comma = world.write("comma.csv", many_in_csv(1, &["a"]).replace(';', ","));
    fs::rename(comma, &file).unwrap();
    assert!(first_line(&["--separator", ","]).starts_with("careflexId,"));
    assert!(first_line(&["--separator", ",", "--out-separator", "|"]).starts_with("careflexId|"));
    // What the profile says of the portal goes before what the command line says of the input.
    world.write(
        "careflex.toml",
        "[default]\nout_separator = \"|\"\nout_layout = \"upload.toml\"\n",
    );
    world.write(
        "upload.toml",
        "dates = \"DD.MM.YYYY\"\ncolumns = [{ name = \"Nr\", field = \"employeeId\" }, { name = \"Art\", field = \"type\" }, { field = \"validFrom\" }, { field = \"createdAt\" }, { field = \"careflexId\", ignore = true }]\n",
    );
    assert_eq!(
        first_line(&["--separator", ","]),
        "Nr|Art|validFrom|createdAt"
    );
    assert_eq!(
        first_line(&["--separator", ",", "--out-separator", ";"]),
        "Nr;Art;validFrom;createdAt"
    );
}

#[test]
fn a_row_that_has_no_place_in_the_layout_is_refused_before_anything_is_handed_over() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    world.write(
        "small.toml",
        "columns = [{ field = \"employeeId\" }, { field = \"type\" }, { field = \"validFrom\" }, { field = \"createdAt\" }, { field = \"careflexId\" }]\n",
    );
    let file = world.write("staff.csv", csv(&[CSV_RST, CSV_NEW]));
    let arguments = [
        "--drop-dir",
        "drop",
        "--careflex-id",
        "a",
        "--out-layout",
        "small.toml",
    ];
    let ran = report(&world, &file, &arguments);
    nothing_was_handed_over(&world, &ran, &[&folder]);
    assert_eq!(ran.statuses(), ["not-sent", "invalid"]);
    assert_eq!(ran.events("violation")[0]["code"], "no-place", "{ran:?}");
    assert!(!ran.all().contains("Plantedname"));
    let ran = report(
        &world,
        &file,
        &[&arguments[..], &["--on-invalid", "skip"]].concat(),
    );
    assert_eq!(
        (ran.code, ran.statuses()),
        (1, vec!["handed-over".into(), "invalid".into()])
    );
    assert_eq!(handed_over(&folder).len(), 1);
    // --layout is what is read, never what is written.
    let ran = report(
        &world,
        &world.write("small.csv", many_in_csv(1, &["a"])),
        &["--drop-dir", "drop", "--layout", "small.toml"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(handed_over(&folder)[1].contains_key("lastName"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_means_not_sent() {
    let world = World::new();
    let folder = world.drop_folder("drop");
    // Gone after it was looked at: the half of the error report tells that it was.
    let mut command = command(&world, Path::new("-"), &["--drop-dir", "drop"]);
    command.args(["--on-invalid", "skip", "--error-report", "errors.csv"]);
    command.stdin(std::process::Stdio::piped());
    let mut running = common::Running::start(command);
    let mut pipe = running.stdin();
    while names(world.folder.path()).len() < 2 {
        std::thread::yield_now();
    }
    fs::remove_dir(&folder).unwrap();
    let table = many_in_csv(250, &["a"]);
    std::io::Write::write_all(&mut pipe, table.as_bytes()).unwrap();
    drop(pipe);
    let ran = running.finish();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.statuses(), vec!["not-sent"; 250]);
    assert!(
        ran.err.contains("the file was not handed over"),
        "{}",
        ran.err
    );
    assert_eq!(names(world.folder.path()), ["errors.csv"]);
}

#[cfg(unix)]
#[test]
fn a_tool_of_the_same_group_may_read_the_files() {
    let world = World::new();
    let file = world.write("staff.csv", many_in_csv(1, &[COMPANY]));
    world.write("careflex.toml", "[default]\ndrop_mode = \"660\"\n");
    for (more, expected) in [(&["--drop-mode", "640"][..], 0o640), (&[], 0o660)] {
        let folder = world.drop_folder("acme");
        let ran = report(&world, &file, &[&["--drop-dir", "acme"], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let name = &names(&folder)[0];
        assert_eq!(common::mode(&folder.join(name)), expected);
        fs::remove_dir_all(&folder).unwrap();
    }
    world.drop_folder("acme");
    let ran = report(&world, &file, &["--drop-dir", "acme", "--drop-mode", "64x"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("three octal digits"), "{ran:?}");
}
