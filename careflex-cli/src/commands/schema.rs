//! `careflex schema`

use crate::args::{SchemaArgs, SchemaFormat};
use crate::exit::{Code, Failure};
use crate::output::Printer;

macro_rules! rendered {
    ($name:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

pub(crate) fn run(args: &SchemaArgs, printer: &mut Printer) -> Result<Code, Failure> {
    let text = match args.format {
        SchemaFormat::Xsd => rendered!("careflex-2.0.xsd"),
        SchemaFormat::Xsd1 => rendered!("careflex-1.0.xsd"),
        SchemaFormat::JsonSchema => rendered!("careflex.schema.json"),
        SchemaFormat::Markdown => rendered!("fields.md"),
    };
    printer.write(text.trim_end())?;
    Ok(Code::Fine)
}
