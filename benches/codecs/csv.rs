//! CSV: the files that are handed over.

use ::csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};
use careflex::csv::{Encoder, IncidentReader};
use careflex::{Report, Rules};

use super::plain::CsvRecord;
use super::race::{Effort, Outcome, Race, into, messages};

/// Into a buffer that is used again.
pub(crate) fn encode(reports: &[Report], effort: Effort) -> Outcome {
    let encoder = Encoder::default();
    let files = files(reports);
    let plain: Vec<Vec<_>> = reports.iter().map(plain).collect();
    let records: Vec<_> = files.iter().map(|file| read_bytes(file)).collect();
    for write in [
        &(|out: &mut Vec<u8>| write_by_serde(&plain[0], out)) as &dyn Fn(&mut Vec<u8>),
        &|out| write_bytes(&records[0], out),
    ] {
        let mut file = Vec::new();
        write(&mut file);
        assert!(file == files[0]);
    }

    Race::new(
        "csv-encode",
        &files,
        into(|number, out| encoder.file(&reports[number], out).unwrap()),
    )
    .against(
        "csv",
        into(|number, out| write_by_serde(&plain[number], out)),
    )
    .against(
        "csv-bytes",
        into(|number, out| write_bytes(&records[number], out)),
    )
    .against(
        "memcpy",
        into(|number, out| out.extend_from_slice(&files[number])),
    )
    .hot(into(|number, out| {
        encoder.file(&reports[number], out).unwrap();
    }))
    .run(effort)
}

/// Into values that own their texts: ours checks all rules, the peers none.
pub(crate) fn decode(reports: &[Report], effort: Effort) -> Outcome {
    let files = files(reports);
    let rules = Rules::documented();
    assert_eq!(read_by_serde(&files[0]), plain(&reports[0]));
    let ours: Vec<_> = IncidentReader::new(&files[0][..], rules.clone())
        .map(|row| row.unwrap().incident.unwrap())
        .collect();
    assert!(ours == reports[0].incidents());

    Race::new("csv-decode", &files, |number| {
        let rows = IncidentReader::new(&files[number][..], rules.clone());
        let rows: Vec<_> = rows.map(Result::unwrap).collect();
        rows.len()
    })
    .against("csv", |number| read_by_serde(&files[number]).len())
    .against("csv-bytes", |number| count_bytes(&files[number]))
    .run(effort)
}

fn files(reports: &[Report]) -> Vec<Vec<u8>> {
    let encoder = Encoder::default();
    messages(reports, |report, out| encoder.file(report, out).unwrap())
}

fn plain(report: &Report) -> Vec<CsvRecord> {
    let incidents = report.incidents().iter();
    incidents
        .map(|incident| CsvRecord::of(report, incident))
        .collect()
}

fn write_by_serde(records: &[CsvRecord], out: &mut Vec<u8>) {
    let mut writer = writer().from_writer(out);
    for record in records {
        writer.serialize(record).unwrap();
    }
    writer.flush().unwrap();
}

/// Of records that are ready-made.
fn write_bytes(records: &[ByteRecord], out: &mut Vec<u8>) {
    let mut writer = writer().from_writer(out);
    for record in records {
        writer.write_byte_record(record).unwrap();
    }
    writer.flush().unwrap();
}

fn writer() -> WriterBuilder {
    let mut writer = WriterBuilder::new();
    writer.delimiter(b';').terminator(Terminator::CRLF);
    writer
}

fn read_by_serde(file: &[u8]) -> Vec<CsvRecord> {
    let mut reader = ReaderBuilder::new().delimiter(b';').from_reader(file);
    reader.deserialize().map(Result::unwrap).collect()
}

fn read_bytes(file: &[u8]) -> Vec<ByteRecord> {
    let reader = ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .from_reader(file);
    reader.into_byte_records().map(Result::unwrap).collect()
}

/// Into one record that is used again.
fn count_bytes(file: &[u8]) -> usize {
    let mut reader = ReaderBuilder::new().delimiter(b';').from_reader(file);
    let mut record = ByteRecord::new();
    let mut length = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        length += record.len();
    }
    length
}
