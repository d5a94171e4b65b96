//! The envelope around every message: SOAP 1.1.

use std::io::BufRead;

use super::cursor::{Broken, Content, Cursor};
use super::names::{BODY, ENVELOPE, HEADER};
use super::tag::{Namespace, Tag};

/// Goes from the envelope's start tag to the message in its body, whose start tag is returned. Headers are
/// skipped.
pub(super) fn enter<R: BufRead>(cursor: &mut Cursor<R>, root: &Tag) -> Result<Tag, Broken> {
    check_root(cursor, root)?;
    let mut has_header = false;
    loop {
        match cursor.next()? {
            Content::Element(tag) if tag.is(Namespace::Soap, BODY) => break,
            Content::Element(tag) if tag.is(Namespace::Soap, HEADER) && !has_header => {
                has_header = true;
                cursor.skip()?;
            }
            Content::Element(tag) => return Err(cursor.error(misplaced(&tag))),
            Content::Text => return Err(cursor.error(TEXT)),
            Content::End => return Err(cursor.error("the envelope has no Body")),
        }
    }
    match cursor.next()? {
        Content::Element(message) => Ok(message),
        Content::Text => Err(cursor.error(TEXT)),
        Content::End => Err(cursor.error("the envelope's Body is empty")),
    }
}

/// Goes from the message's end tag behind the envelope's. Something else in the body is refused: which of
/// two messages would count? What SOAP 1.1 allows behind the body is skipped.
pub(super) fn leave<R: BufRead>(cursor: &mut Cursor<R>) -> Result<(), Broken> {
    match cursor.next()? {
        Content::End => {}
        Content::Element(_) => {
            return Err(cursor.error("the envelope's Body holds more than one message"));
        }
        Content::Text => return Err(cursor.error(TEXT)),
    }
    loop {
        match cursor.next()? {
            Content::End => return Ok(()),
            Content::Element(tag) if matches!(tag.name.as_str(), BODY | HEADER | ENVELOPE) => {
                return Err(cursor.error(misplaced(&tag)));
            }
            Content::Element(_) => {
                cursor.skip()?;
            }
            Content::Text => return Err(cursor.error(TEXT)),
        }
    }
}

/// Makes sure that nothing follows.
pub(super) fn end<R: BufRead>(cursor: &mut Cursor<R>) -> Result<(), Broken> {
    match cursor.next()? {
        Content::End => Ok(()),
        // The cursor lets nothing else through behind a document.
        _ => Err(cursor.error(TEXT)),
    }
}

/// The root element of a document.
pub(super) fn root<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Tag, Broken> {
    match cursor.next()? {
        Content::Element(root) => Ok(root),
        Content::Text | Content::End => Err(cursor.error("there is no XML: it is empty")),
    }
}

fn check_root<R: BufRead>(cursor: &Cursor<R>, root: &Tag) -> Result<(), Broken> {
    if root.is(Namespace::Soap, ENVELOPE) {
        return Ok(());
    }
    Err(cursor.error(match (root.namespace, root.name.as_str()) {
        (Namespace::Soap12, _) => {
            "this is a message of SOAP 1.2: the interface speaks SOAP 1.1, namespace http://schemas.xmlsoap.org/soap/envelope/"
        }
        (_, ENVELOPE) => {
            "the Envelope is not in the namespace of SOAP 1.1, http://schemas.xmlsoap.org/soap/envelope/"
        }
        (_, name) if name.eq_ignore_ascii_case("html") => {
            "this is a web page instead of a SOAP envelope"
        }
        _ => "this is no SOAP envelope",
    }))
}

fn misplaced(tag: &Tag) -> &'static str {
    match (tag.namespace, tag.name.as_str()) {
        (Namespace::Soap, BODY) => "the envelope has two bodies",
        (Namespace::Soap, HEADER) => "the envelope's Header must stand in front, and once only",
        (_, BODY | HEADER | ENVELOPE) => {
            "a part of the envelope is not in the namespace of SOAP 1.1, http://schemas.xmlsoap.org/soap/envelope/"
        }
        _ => "an element stands in the envelope that is neither Header nor Body",
    }
}

pub(super) const TEXT: &str = "a text stands where only elements belong";
