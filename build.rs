//! Renders the field reference from the schema into the documentation.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let schema = careflex_xsd::Schema::parse(careflex_xsd::CAREFLEX_2_0)?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    std::fs::write(
        Path::new(&out).join("fields.md"),
        careflex_xsd::field_reference(&schema)?,
    )?;
    Ok(())
}
