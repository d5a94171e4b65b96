//! Renders the part of the codec that knows the schema.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let schema = careflex_xsd::Schema::parse(careflex_xsd::CAREFLEX_2_0)?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let write = |name: &str, text: &str| std::fs::write(Path::new(&out).join(name), text);
    write("json_writer.rs", &careflex_xsd::json_writer(&schema)?)?;
    write("json_reader.rs", &careflex_xsd::json_reader(&schema)?)?;
    Ok(())
}
