//! The audit trail as CSV or JSON.

use std::io::{self, Write};
use std::time::SystemTime;

use careflex_core::chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::entry::Key;
use crate::state::Record;

/// The form of the [audit trail](crate::Outbox::export).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A line with the names of the columns, then one record an incident, separated by commas (RFC 4180).
    Csv,
    /// One JSON object a line.
    Json,
}

/// A record as the audit trail has it. Neither content nor the portal's words are in it.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Line::from(self).serialize(serializer)
    }
}

/// One incident. Members and their order are fixed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'r> {
    number: i64,
    careflex_id: &'r str,
    external_id: Option<&'r str>,
    employee_id: &'r str,
    #[serde(rename = "type")]
    kind: &'r str,
    state: &'r str,
    by_person: bool,
    batch: Option<i64>,
    import_id: Option<&'r str>,
    incident_id: Option<&'r str>,
    code: Option<&'r str>,
    queued_at: String,
    settled_at: Option<String>,
    key: Option<&'r str>,
    hash: String,
}

impl<'r> From<&'r Record> for Line<'r> {
    fn from(record: &'r Record) -> Self {
        Self {
            number: record.number.0,
            careflex_id: record.careflex_id.as_str(),
            external_id: record.external_id.as_ref().map(|id| id.as_str()),
            employee_id: record.employee_id.as_str(),
            kind: record.kind.as_str(),
            state: record.state.as_str(),
            by_person: record.by_person,
            batch: record.batch.map(|batch| batch.0),
            import_id: record.import_id.as_ref().map(|id| id.as_str()),
            incident_id: record.incident_id.as_ref().map(|id| id.as_str()),
            code: record.code.as_deref(),
            queued_at: in_utc(record.queued_at),
            settled_at: record.settled_at.map(in_utc),
            key: record.key.as_ref().map(Key::as_str),
            hash: record.hash.to_string(),
        }
    }
}

/// As `2026-11-21T18:00:00.123Z`.
fn in_utc(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    // Beyond the calendar is only what a damaged database holds.
    let time = DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Writes records.
pub(crate) struct Exporter<W: Write> {
    writer: Form<W>,
    written: u64,
}

enum Form<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> Exporter<W> {
    pub(crate) fn new(format: ExportFormat, to: W) -> Self {
        let writer = match format {
            ExportFormat::Csv => Form::Csv(Box::new(csv::Writer::from_writer(to))),
            ExportFormat::Json => Form::Json(to),
        };
        Self { writer, written: 0 }
    }

    pub(crate) fn write(&mut self, record: &Record) -> io::Result<()> {
        self.written += 1;
        match &mut self.writer {
            Form::Csv(writer) => writer.serialize(record).map_err(io::Error::other),
            Form::Json(to) => {
                serde_json::to_writer(&mut *to, record)?;
                to.write_all(b"\n")
            }
        }
    }

    pub(crate) fn finish(self) -> io::Result<u64> {
        match self.writer {
            Form::Csv(mut writer) => writer.flush()?,
            Form::Json(mut to) => to.flush()?,
        }
        Ok(self.written)
    }
}
