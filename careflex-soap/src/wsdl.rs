//! The description of the interface for other tools.

/// The SOAP interface as WSDL 1.1 with the schemas inside: one file that any SOAP tool can take. No official
/// one is public; this one is reconstructed from the documented messages. Its address is a placeholder, see
/// [`wsdl`].
pub const WSDL: &str = include_str!(concat!(env!("OUT_DIR"), "/careflex.wsdl"));

/// The address in [`WSDL`]. The top-level domain `invalid` is reserved: no host can have it.
const PLACEHOLDER: &str = "https://portal.invalid/soap";

/// [`WSDL`] for a portal at this address, which is escaped and not checked.
///
/// ```
/// let wsdl = careflex_soap::wsdl("https://portal.example/soap?a=1&b=2");
/// assert!(wsdl.contains(r#"<soap:address location="https://portal.example/soap?a=1&amp;b=2"/>"#));
/// ```
#[must_use]
pub fn wsdl(address: &str) -> String {
    WSDL.replace(PLACEHOLDER, &quick_xml::escape::escape(address))
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::{PLACEHOLDER, WSDL, wsdl};

    #[test]
    fn the_placeholder_stands_in_one_place() {
        assert_eq!(WSDL.matches(PLACEHOLDER).count(), 1);
    }

    #[test]
    fn any_address_comes_back_out_of_the_wsdl() {
        for address in [
            "https://portal.example/soap",
            "http://127.0.0.1:8080/soap?a=1&b=<'\"->",
            "",
        ] {
            let text = wsdl(address);
            let document = Document::parse(&text).unwrap();
            let found = document
                .descendants()
                .find_map(|node| node.attribute("location"));
            assert_eq!(found, Some(address));
        }
    }
}
