//! Runs the real command against a sandbox.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part; a test fails by panicking"
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Output, Stdio};
use std::thread::JoinHandle;

use careflex::secrecy::ExposeSecret as _;
use careflex_sandbox::Sandbox;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const COMPANY: &str = "09ce3580d84bf087";
pub const RST: &str =
    r#"{"type":"RST","employeeId":"4711","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;
pub const NEW: &str = r#"{"type":"NEW","employeeId":"4712","createdAt":"2026-11-20","validFrom":"2026-12-01","employee":{"firstName":"Erika","lastName":"Plantedname","birthday":"1979-01-15","sex":"w","address":{"street":"Musterstraße","houseNumber":9,"zipCode":"01234","city":"Musterstadt","country":"DE"},"job":{"employmentSite":"Werk 1","employmentStatus":"T","startOfEmployment":"2026-12-01","management":false},"contact":{"emailBusiness":"erika@musterfirma.example"}}}"#;

/// So many incidents of as many employees, one a line.
pub fn many(count: usize) -> String {
    let mut file = String::new();
    for number in 0..count {
        writeln!(file, "{}", RST.replace("4711", &format!("E{number}"))).unwrap();
    }
    file
}

/// The incidents of [`NEW`] and [`RST`] in XML.
pub const XML_NEW: &str = "<newIncident><employeeId>4712</employeeId><validFrom>2026-12-01</validFrom><createdAt>2026-11-20</createdAt><type>NEW</type><employee><firstName>Erika</firstName><lastName>Plantedname</lastName><birthday>1979-01-15</birthday><sex>w</sex><address><street>Musterstraße</street><houseNumber>9</houseNumber><zipCode>01234</zipCode><city>Musterstadt</city><country>DE</country></address><job><employmentSite>Werk 1</employmentSite><employmentStatus>T</employmentStatus><startOfEmployment>2026-12-01</startOfEmployment><management>false</management></job><contact><emailBusiness>erika@musterfirma.example</emailBusiness></contact></employee></newIncident>";
pub const XML_RST: &str = "<plainIncident><employeeId>4711</employeeId><validFrom>2026-12-01</validFrom><createdAt>2026-11-20</createdAt><type>RST</type></plainIncident>";

/// A request in XML, as it is sent over SOAP. The incidents begin on line 5.
pub fn xml_report(company: &str, incidents: &str) -> String {
    format!(
        r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="http://n4.de/careflex/2.0">
<soapenv:Body><ns:NewIncidentRequest>
<careflexId>{company}</careflexId>
<apitoken>planted-token</apitoken><incidentList>
{incidents}</incidentList></ns:NewIncidentRequest></soapenv:Body></soapenv:Envelope>
"#
    )
}

/// So many incidents of as many employees in XML, one a line.
pub fn many_in_xml(count: usize) -> String {
    (0..count)
        .map(|number| XML_RST.replace("4711", &format!("E{number}")) + "\n")
        .collect()
}

/// The incidents of [`NEW`] and [`RST`] in CSV, which name no company, and the line above them.
pub const CSV_HEADER: &str = "careflexId;employeeId;type;createdAt;validFrom;firstName;lastName;birthday;sex;street;houseNumber;zipCode;city;country;employmentSite;employmentStatus;startOfEmployment;management;emailBusiness";
pub const CSV_NEW: &str = ";4712;NEW;2026-11-20;2026-12-01;Erika;Plantedname;1979-01-15;w;Musterstraße;9;01234;Musterstadt;DE;Werk 1;T;2026-12-01;false;erika@musterfirma.example";
pub const CSV_RST: &str = ";4711;RST;2026-11-20;2026-12-01;;;;;;;;;;;;;;";

/// A CSV file with these records. The first one stands on line 2.
pub fn csv(records: &[impl AsRef<str>]) -> String {
    let mut file = format!("{CSV_HEADER}\n");
    for record in records {
        file.push_str(record.as_ref());
        file.push('\n');
    }
    file
}

/// So many incidents of as many employees in CSV, of these companies in turns.
pub fn many_in_csv(count: usize, companies: &[&str]) -> String {
    let mut file = "careflexId;employeeId;type;createdAt;validFrom\n".to_owned();
    for (number, company) in (0..count).zip(companies.iter().cycle()) {
        writeln!(file, "{company};E{number};RST;2026-11-20;2026-12-01").unwrap();
    }
    file
}

/// The names of what is in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The rights of a file, where there are such.
#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The records of a CSV file by their columns. No value may hold a `;` or a line break.
pub fn records(file: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut lines = file.trim_start_matches('\u{feff}').lines();
    let header: Vec<_> = lines.next().unwrap().split(';').collect();
    lines
        .map(|line| {
            let values: Vec<_> = line.split(';').collect();
            assert_eq!(values.len(), header.len(), "{line}");
            let names = header.iter().map(|name| (*name).to_owned());
            names.zip(values.into_iter().map(str::to_owned)).collect()
        })
        .collect()
}

/// A portal, a folder, and the settings to run the command with.
pub struct World {
    pub sandbox: Sandbox,
    pub folder: TempDir,
    runtime: Runtime,
}

/// What the command printed.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start()).unwrap();
        Self {
            sandbox,
            folder: tempfile::tempdir().unwrap(),
            runtime,
        }
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The command with all settings for the sandbox.
    pub fn command(&self) -> Command {
        let credentials = self.sandbox.credentials();
        let mut command = bare_command(self.folder.path());
        command
            .env("CAREFLEX_TOKEN_URL", self.sandbox.token_url())
            .env("CAREFLEX_REST_URL", self.sandbox.rest_url())
            .env("CAREFLEX_SOAP_URL", self.sandbox.soap_url())
            .env("CAREFLEX_ID", COMPANY)
            .env(
                "CAREFLEX_SERVICE_USER",
                credentials.service_user.expose_secret(),
            )
            .env(
                "CAREFLEX_SERVICE_SECRET",
                credentials.service_secret.expose_secret(),
            )
            .env("CAREFLEX_API_TOKEN", credentials.api_token.expose());
        command
    }

    /// The folder that a SyncTool watches.
    pub fn drop_folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    }

    /// The command without secrets and addresses.
    pub fn bare_command(&self) -> Command {
        bare_command(self.folder.path())
    }

    /// `careflex report FILE --via rest --json` with more arguments.
    pub fn report_command(&self, file: impl AsRef<Path>, more: &[&str]) -> Command {
        let mut command = self.command();
        command
            .arg("report")
            .arg(file.as_ref())
            .args(["--via", "rest", "--json"])
            .args(more);
        command
    }

    pub fn report(&self, file: &Path, more: &[&str]) -> Ran {
        run(self.report_command(file, more))
    }

    /// How many tasks the portal has: one for each connection, and one that accepts them.
    pub fn tasks(&self) -> usize {
        self.runtime.metrics().num_alive_tasks()
    }

    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// A folder with these files.
pub fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// `careflex convert` in a folder, for [`COMPANY`] unless a file names another one.
pub fn convert_command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = bare_command(folder);
    command
        .env("CAREFLEX_ID", COMPANY)
        .arg("convert")
        .args(arguments);
    command
}

pub fn convert(folder: &TempDir, arguments: &[&str]) -> Ran {
    run(convert_command(folder.path(), arguments))
}

/// Interrupts a conversion with many warnings in the middle, after a look at what there is then. It ends with 3.
pub fn interrupt_while_it_writes(mut command: Command, look: impl FnOnce()) {
    let (mut unread, stderr) = std::io::pipe().unwrap();
    command.stderr(stderr);
    let mut child = command.spawn().unwrap();
    drop(command);
    // It has begun to write, and gets stuck where nobody reads its warnings.
    unread.read_exact(&mut [0; 1024]).unwrap();
    look();
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

/// The command without any settings of the machine.
pub fn bare_command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_careflex"));
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env_remove("NO_COLOR");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CAREFLEX_")) {
        command.env_remove(name);
    }
    command
}

pub fn run(mut command: Command) -> Ran {
    Ran::from(command.output().unwrap())
}

/// Runs a command with something on its standard input.
pub fn run_with_input(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // The command may have had enough before the end.
        let _: Result<(), _> = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran::from(output)
}

/// A command that runs, while what it prints is read.
pub struct Running {
    child: Child,
    out: JoinHandle<String>,
    err: BufReader<ChildStderr>,
    /// What was read of it already.
    said: String,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        Self {
            out: std::thread::spawn(move || {
                let mut out = String::new();
                stdout.read_to_string(&mut out).unwrap();
                out
            }),
            err: BufReader::new(child.stderr.take().unwrap()),
            said: String::new(),
            child,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let killed = Command::new("kill")
            .args([&format!("-{name}"), &self.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
    }

    /// Waits for the next line on standard error.
    pub fn next_complaint(&mut self) -> String {
        let mut line = String::new();
        let read = self.err.read_line(&mut line).unwrap();
        assert_ne!(read, 0, "it ended early");
        self.said.push_str(&line);
        line
    }

    pub fn finish(mut self) -> Ran {
        self.err.read_to_string(&mut self.said).unwrap();
        Ran {
            code: self.child.wait().unwrap().code().unwrap_or(-1),
            out: self.out.join().unwrap(),
            err: self.said,
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The JSON objects of one kind.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|event| event["event"] == kind)
            .collect()
    }

    pub fn statuses(&self) -> Vec<String> {
        self.events("row")
            .iter()
            .map(|row| row["status"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn summary(&self) -> Value {
        self.events("summary").pop().unwrap()
    }

    /// Both outputs, to look for what must not be there.
    pub fn all(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }
}
