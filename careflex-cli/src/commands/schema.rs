//! `careflex schema`

use std::borrow::Cow;

use careflex::{Endpoint, soap};

use crate::args::{SchemaArgs, SchemaFormat};
use crate::exit::{Code, Failure};
use crate::output::Printer;

macro_rules! rendered {
    ($name:literal) => {
        Cow::Borrowed(include_str!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

pub(crate) fn run(args: &SchemaArgs, printer: &mut Printer) -> Result<Code, Failure> {
    let text = match args.format {
        SchemaFormat::Xsd => rendered!("careflex-2.0.xsd"),
        SchemaFormat::Xsd1 => rendered!("careflex-1.0.xsd"),
        SchemaFormat::JsonSchema => rendered!("careflex.schema.json"),
        SchemaFormat::Wsdl => wsdl(args.soap_url.as_deref())?,
        SchemaFormat::Markdown => rendered!("fields.md"),
    };
    printer.write(text.trim_end())?;
    Ok(Code::Fine)
}

/// An empty variable counts as none, as everywhere.
fn wsdl(address: Option<&str>) -> Result<Cow<'static, str>, Failure> {
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        return Ok(Cow::Borrowed(soap::WSDL));
    };
    let address =
        Endpoint::parse(address).map_err(|error| Failure::usage(format!("--soap-url {error}")))?;
    Ok(Cow::Owned(soap::wsdl(&address.to_string())))
}
