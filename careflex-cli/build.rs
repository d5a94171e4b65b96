//! Renders what `careflex schema` prints.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let schema = careflex_xsd::Schema::parse(careflex_xsd::CAREFLEX_2_0)?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let write = |name: &str, text: &str| std::fs::write(Path::new(&out).join(name), text);
    write("careflex-2.0.xsd", careflex_xsd::CAREFLEX_2_0)?;
    write("careflex-1.0.xsd", careflex_xsd::CAREFLEX_1_0)?;
    write("careflex.schema.json", &careflex_xsd::json_schema(&schema)?)?;
    write("fields.md", &careflex_xsd::field_reference(&schema)?)?;
    Ok(())
}
