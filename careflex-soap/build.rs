//! Renders the WSDL and a part of the codec from the schema, and the mirror where it is asked for.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let write = |name: &str, text: &str| std::fs::write(Path::new(&out).join(name), text);
    write("careflex.wsdl", &careflex_xsd::inlined_wsdl()?)?;
    let schema = careflex_xsd::Schema::parse(careflex_xsd::CAREFLEX_2_0)?;
    write("xml_writer.rs", &careflex_xsd::xml_writer(&schema)?)?;
    write("xml_reader.rs", &careflex_xsd::xml_reader(&schema)?)?;
    if std::env::var_os("CARGO_FEATURE_YASERDE").is_some() {
        write("mirror.rs", &careflex_xsd::yaserde_mirror(&schema)?)?;
    }
    Ok(())
}
