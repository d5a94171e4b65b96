//! Generates from the schema what writes a record of the standard layout.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let schema = careflex_xsd::Schema::parse(careflex_xsd::CAREFLEX_2_0)?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    std::fs::write(
        Path::new(&out).join("records.rs"),
        careflex_xsd::csv_records(&schema)?,
    )?;
    Ok(())
}
