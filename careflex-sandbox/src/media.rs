//! What the interfaces write and read: JSON (access tokens and REST) or XML (SOAP).

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use careflex_core::Fault;
use careflex_soap::xml::encode_fault;

use crate::rejection::Rejection;

/// The form of bodies, in which requests and answers of an interface come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Xml,
}

impl Media {
    /// An answer with the documented content type.
    pub(crate) fn answer(self, status: StatusCode, body: Vec<u8>) -> Response {
        self.answer_in("UTF-8", status, body)
    }

    /// An answer that says it is in this character set.
    pub(crate) fn answer_in(self, charset: &str, status: StatusCode, body: Vec<u8>) -> Response {
        let content_type = format!("{};charset={charset}", self.media_type());
        (status, [(CONTENT_TYPE, content_type)], body).into_response()
    }

    /// Lets a request in that says that its body is in this form, and in UTF-8.
    pub(crate) fn check(self, headers: &HeaderMap) -> Result<(), Rejection> {
        if headers
            .get(CONTENT_TYPE)
            .is_some_and(|header| self.is_named_by(header))
        {
            return Ok(());
        }
        Err(Rejection::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "the content type must be {};charset=UTF-8",
                self.media_type()
            ),
        ))
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "text/xml",
        }
    }

    /// Whether it is this type, in UTF-8 if it names a charset.
    fn is_named_by(self, content_type: &HeaderValue) -> bool {
        let Ok(content_type) = content_type.to_str() else {
            return false;
        };
        let mut parts = content_type.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        media_type.eq_ignore_ascii_case(self.media_type())
            && parts.all(|parameter| match parameter.split_once('=') {
                Some((name, charset)) if name.trim_end().eq_ignore_ascii_case("charset") => charset
                    .trim()
                    .trim_matches('"')
                    .eq_ignore_ascii_case("UTF-8"),
                _ => true,
            })
    }
}

/// A SOAP 1.1 Fault. Codes that SOAP itself has (`Server`) and their sub-codes (`Server.Busy`) get its
/// prefix, others stay as they are.
pub(crate) fn soap_fault(status: StatusCode, code: &str, text: &str) -> Response {
    let class = code.split_once('.').map_or(code, |(class, _)| class);
    let prefix = match class {
        "Client" | "Server" | "VersionMismatch" | "MustUnderstand" => "SOAP-ENV:",
        _ => "",
    };
    let mut fault = Fault::default();
    fault.code = format!("{prefix}{code}");
    fault.text = text.to_owned();
    let mut body = Vec::new();
    encode_fault(&fault, &mut body);
    Media::Xml.answer(status, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_type_in_utf_8_is_taken() {
        let json = |text| Media::Json.is_named_by(&HeaderValue::from_static(text));
        for right in [
            "application/json",
            "application/json;charset=UTF-8",
            "Application/JSON ; Charset = \"utf-8\"",
            "application/json; odata=verbose; charset=utf-8",
        ] {
            assert!(json(right), "{right}");
        }
        for wrong in [
            "",
            "text/json",
            "text/xml",
            "application/jsonp",
            "application/json; charset=ISO-8859-1",
            "application/json; charset=utf-8; charset=latin1",
        ] {
            assert!(!json(wrong), "{wrong}");
        }
        let xml = |text| Media::Xml.is_named_by(&HeaderValue::from_static(text));
        for right in ["text/xml", "text/xml;charset=UTF-8"] {
            assert!(xml(right), "{right}");
        }
        for wrong in [
            "application/xml",
            "application/soap+xml",
            "text/xml;charset=UTF-16",
        ] {
            assert!(!xml(wrong), "{wrong}");
        }
    }
}
