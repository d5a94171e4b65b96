//! Renders the WSDL from the schema.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    std::fs::write(
        Path::new(&out).join("careflex.wsdl"),
        careflex_xsd::inlined_wsdl()?,
    )?;
    Ok(())
}
