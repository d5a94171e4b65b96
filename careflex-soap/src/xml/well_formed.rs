//! Checks of XML 1.0 that the parser leaves to its user. It cuts a document into pieces and compares end
//! tags; what the pieces may hold is checked here.

use careflex_core::{ReadError, is_xml_character};

/// What is wrong, as a sentence about the XML.
pub(super) type Complaint = &'static str;

/// Most attributes of an element: no message has more than a handful.
const MAX_ATTRIBUTES: usize = 64;

const OTHER_ENCODING: Complaint = "another encoding than UTF-8 is declared";
const CHARACTER: Complaint = "a character is there that XML cannot hold";
const REFERENCE: Complaint =
    "a reference is not known: only &amp; &lt; &gt; &quot; &apos; and character references are";

/// Whether a complaint is about the encoding of the whole document.
pub(super) fn is_about_encoding(complaint: &str) -> bool {
    [ReadError::NOT_UTF_8, ReadError::UTF_16, OTHER_ENCODING].contains(&complaint)
}

/// An attribute as it is written: name and value between the quotes.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// Checks a start tag, without its brackets, and takes it apart.
pub(super) fn start_tag(content: &str) -> Result<Vec<Attribute<'_>>, Complaint> {
    let (name, mut rest) = split_name(content);
    qualified_name(name)?;
    let mut attributes: Vec<Attribute<'_>> = Vec::new();
    while let Some((attribute, behind)) = next_attribute(rest)? {
        qualified_name(attribute.name)?;
        attribute_value(attribute.value)?;
        if attributes.iter().any(|other| other.name == attribute.name) {
            return Err("an attribute is there twice");
        }
        if attributes.len() == MAX_ATTRIBUTES {
            return Err("an element has more than 64 attributes");
        }
        attributes.push(attribute);
        rest = behind;
    }
    Ok(attributes)
}

/// Checks an XML declaration, without its brackets and question marks.
pub(super) fn declaration(content: &str) -> Result<(), Complaint> {
    const BROKEN: Complaint = "the XML declaration is broken";
    let (_, mut rest) = split_name(content);
    let mut last = 0;
    while let Some((attribute, behind)) = next_attribute(rest)? {
        let value = attribute.value;
        let place = match attribute.name {
            "version" if is_version(value) => 1,
            "encoding" if value.eq_ignore_ascii_case("UTF-8") => 2,
            "encoding" if value.eq_ignore_ascii_case("UTF8") => 2,
            // Whatever is ASCII is UTF-8.
            "encoding" if value.eq_ignore_ascii_case("US-ASCII") => 2,
            "encoding" => return Err(OTHER_ENCODING),
            "standalone" if matches!(value, "yes" | "no") => 3,
            _ => return Err(BROKEN),
        };
        // Each at most once, in this order, and the version is never left out.
        if place <= last || (last == 0 && place != 1) {
            return Err(BROKEN);
        }
        last = place;
        rest = behind;
    }
    if last == 0 { Err(BROKEN) } else { Ok(()) }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix("1.")
        .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Checks a processing instruction, without its brackets and question marks.
pub(super) fn instruction(content: &str) -> Result<(), Complaint> {
    let (target, _) = split_name(content);
    if target.eq_ignore_ascii_case("xml") {
        return Err("an XML declaration must be the first thing of its document");
    }
    local_name(target)?;
    characters(content)
}

/// What to say of a document type definition, of which this is the content.
pub(super) fn document_type(content: &str) -> Complaint {
    let (name, _) = split_name(content);
    if name.eq_ignore_ascii_case("html") {
        "this is a web page"
    } else {
        "a document type definition (DOCTYPE) is there: none is taken, for it could define entities"
    }
}

/// Checks a comment, without `<!--` and `-->`.
pub(super) fn comment(content: &str) -> Result<(), Complaint> {
    if content.contains("--") || content.ends_with('-') {
        return Err("a comment holds two hyphens in a row");
    }
    characters(content)
}

/// Checks a piece of text as it is written.
pub(super) fn text(content: &str) -> Result<(), Complaint> {
    if content.as_bytes().contains(&b']') && content.contains("]]>") {
        return Err("]]> must not stand in a text");
    }
    characters(content)
}

/// Checks the characters of a piece.
pub(super) fn characters(content: &str) -> Result<(), Complaint> {
    // Control characters and the begins of U+FFFE and its like are not among these bytes.
    if content.bytes().all(|byte| (0x20..0xEF).contains(&byte)) {
        return Ok(());
    }
    match content.chars().find(|found| !is_xml_character(*found)) {
        None => Ok(()),
        Some('\0') => Err(ReadError::UTF_16),
        Some(_) => Err(CHARACTER),
    }
}

/// The character that a reference stands for, without `&` and `;`.
pub(super) fn reference(name: &str) -> Result<char, Complaint> {
    let code = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => name.strip_prefix('#').ok_or(REFERENCE)?,
    };
    let (digits, radix) = match code.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (code, 10),
    };
    // The conversion would take a sign too.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(REFERENCE);
    }
    let character = u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32);
    let character = character.ok_or(REFERENCE)?;
    if is_xml_character(character) {
        Ok(character)
    } else {
        Err(CHARACTER)
    }
}

/// The next attribute, and what stands behind it.
fn next_attribute(text: &str) -> Result<Option<(Attribute<'_>, &str)>, Complaint> {
    const BROKEN: Complaint = "an attribute is broken";
    let trimmed = trim_start(text);
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed.len() == text.len() {
        return Err(BROKEN);
    }
    let (name, rest) = split_name(trimmed);
    let rest = trim_start(rest).strip_prefix('=').ok_or(BROKEN)?;
    let rest = trim_start(rest);
    let quote = rest
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
        .ok_or(BROKEN)?;
    let rest = rest.get(1..).ok_or(BROKEN)?;
    let (value, behind) = rest.split_once(quote).ok_or(BROKEN)?;
    Ok(Some((Attribute { name, value }, behind)))
}

fn attribute_value(value: &str) -> Result<(), Complaint> {
    if value.contains('<') {
        return Err("< must not stand in an attribute");
    }
    characters(value)?;
    let mut references = value.split('&');
    references.next();
    for piece in references {
        let (name, _) = piece.split_once(';').ok_or(REFERENCE)?;
        reference(name)?;
    }
    Ok(())
}

/// What stands in front of white space or an equals sign.
fn split_name(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| is_white_space(c) || c == '=')
        .unwrap_or(text.len());
    text.split_at(end)
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_white_space)
}

/// What XML calls white space, which is less than Unicode does.
pub(super) fn is_white_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A name with a prefix or without.
fn qualified_name(name: &str) -> Result<(), Complaint> {
    match name.split_once(':') {
        Some((prefix, local)) => local_name(prefix).and_then(|()| local_name(local)),
        None => local_name(name),
    }
}

fn local_name(name: &str) -> Result<(), Complaint> {
    // Nearly all.
    if let [b'A'..=b'Z' | b'a'..=b'z', rest @ ..] = name.as_bytes()
        && rest.iter().all(u8::is_ascii_alphanumeric)
    {
        return Ok(());
    }
    let mut characters = name.chars();
    let is_name = characters.next().is_some_and(is_name_start) && characters.all(is_name_character);
    if is_name {
        Ok(())
    } else {
        self::characters(name)?;
        Err("a name is broken")
    }
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_character(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_tags_are_taken_apart() {
        let attributes = start_tag("a:b  c='1&#x41;'\n d:e = \"&lt;'\" ").unwrap();
        let pairs: Vec<_> = attributes.iter().map(|one| (one.name, one.value)).collect();
        assert_eq!(pairs, [("c", "1&#x41;"), ("d:e", "&lt;'")]);
    }

    #[test]
    fn broken_start_tags_are_refused() {
        for broken in [
            "",
            "1a",
            "a:",
            ":a",
            "a:b:c",
            "a b",
            "a b=",
            "a b=1",
            "a b='1",
            "a b='1'c='2'",
            "a b='<'",
            "a b='&'",
            "a b='&x;'",
            "a b='1' b='2'",
            "a b='\u{1}'",
            "a -='1'",
            "a/b",
        ] {
            assert!(start_tag(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn declarations_name_version_encoding_and_standalone_in_this_order() {
        for right in [
            "xml version='1.0'",
            "xml version=\"1.0\" encoding='utf-8' standalone='yes' ",
            "xml version='1.1' standalone='no'",
        ] {
            assert!(declaration(right).is_ok(), "{right}");
        }
        for wrong in [
            "xml",
            "xml version='2.0'",
            "xml version='1.'",
            "xml encoding='UTF-8' version='1.0'",
            "xml version='1.0' encoding='ISO-8859-1'",
            "xml version='1.0' version='1.0'",
            "xml version='1.0' standalone='maybe'",
            "xml version='1.0' language='de'",
        ] {
            assert!(declaration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn comments_hold_no_two_hyphens() {
        assert!(comment(" a - b ").is_ok());
        for wrong in [" a -- b ", " a -", "--", "-", "\u{1}"] {
            assert!(comment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn references_are_the_five_and_characters() {
        assert_eq!(reference("amp"), Ok('&'));
        assert_eq!(reference("#228"), Ok('ä'));
        assert_eq!(reference("#xE4"), Ok('ä'));
        assert_eq!(reference("#x1F600"), Ok('😀'));
        for wrong in [
            "", "nbsp", "#", "#x", "#X41", "#+65", "#1", "#xFFFE", "#xD800", "#x110000",
        ] {
            assert!(reference(wrong).is_err(), "{wrong}");
        }
    }
}
