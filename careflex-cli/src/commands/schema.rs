//! `careflex schema`

use std::borrow::Cow;

use careflex::soap;

use crate::args::{ProfileArgs, SchemaArgs, SchemaFormat};
use crate::connection::soap_address;
use crate::exit::{Code, Failure};
use crate::output::Printer;
use crate::profile::Profile;

macro_rules! rendered {
    ($name:literal) => {
        Cow::Borrowed(include_str!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

pub(crate) fn run(
    args: &SchemaArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let text = match args.format {
        SchemaFormat::Xsd => rendered!("careflex-2.0.xsd"),
        SchemaFormat::Xsd1 => rendered!("careflex-1.0.xsd"),
        SchemaFormat::JsonSchema => rendered!("careflex.schema.json"),
        SchemaFormat::Wsdl => wsdl(args, profile)?,
        SchemaFormat::Markdown => rendered!("fields.md"),
    };
    printer.write(text.trim_end())?;
    Ok(Code::Fine)
}

fn wsdl(args: &SchemaArgs, profile: &ProfileArgs) -> Result<Cow<'static, str>, Failure> {
    let profile = Profile::read(profile)?;
    Ok(match soap_address(args.soap_url.as_ref(), &profile)? {
        Some(address) => Cow::Owned(soap::wsdl(&address.to_string())),
        None => Cow::Borrowed(soap::WSDL),
    })
}
