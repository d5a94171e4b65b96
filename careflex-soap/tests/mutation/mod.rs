//! Documents and what may be wrong with them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How a document is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// What begins each line; `None`: all in one line.
    line: Option<&'static str>,
    indent: &'static str,
    /// Around texts too.
    is_airy: bool,
}

pub fn layout() -> impl Strategy<Value = Layout> {
    let line = prop_oneof![
        3 => Just(None),
        3 => Just(Some("\n")),
        1 => select(vec![Some("\r\n"), Some("\r"), Some("\n\n"), Some(" "), Some("\t \n")]),
    ];
    let indent = select(vec!["", "  ", "    ", "\t", "            "]);
    (line, indent, proptest::bool::weighted(0.2)).prop_map(|(line, indent, is_airy)| Layout {
        line,
        indent,
        is_airy,
    })
}

impl Layout {
    /// Lays out a document that is in one line.
    pub fn apply(self, document: &str) -> String {
        let Some(line) = self.line else {
            return document.to_owned();
        };
        let mut out = String::new();
        let mut depth: usize = 0;
        let mut holds_text = false;
        for piece in document.split_inclusive('>') {
            let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
            let is_end = tag.starts_with("</");
            depth -= usize::from(is_end && depth > 0);
            let is_line = !is_end || !holds_text || self.is_airy;
            if self.is_airy && !text.is_empty() {
                out.push_str(line);
            }
            out.push_str(text);
            if is_line && !out.is_empty() {
                out.push_str(line);
                out.push_str(&self.indent.repeat(depth));
            }
            out.push_str(tag);
            holds_text = !is_end && !tag.ends_with("/>");
            depth += usize::from(holds_text);
        }
        out
    }
}

/// A change of a document.
#[derive(Debug, Clone)]
pub enum Change {
    /// Of single bytes.
    Byte(Index, u8),
    Remove(Index),
    /// In front of anything.
    Insert(Index, Vec<u8>),
    /// Of pieces: a tag with the text behind it.
    RemoveTag(Index),
    RepeatTag(Index),
    SwapTags(Index, Index),
    /// In front of a tag.
    InsertPiece(Index, &'static str),
    /// Into a tag, behind its name.
    Attribute(Index, &'static str),
    /// In front of the name of a tag.
    Prefix(Index, &'static str),
    Replace(Index, &'static str, &'static str),
    Truncate(Index),
}

const PIECES: &[&str] = &[
    "<!-- comment -->",
    "<!-- </newIncident> -->",
    "<![CDATA[a & b]]>",
    "<![CDATA[ ]]>",
    "<?some thing?>",
    "&amp;",
    "&#65;",
    "&#xe4;",
    "&#32;",
    "&#13;",
    "&b;",
    "&#0;",
    "&",
    "text",
    " ",
    "\n",
    "\r\n\t",
    "\u{a0}",
    "]]>",
    "]]&gt;",
    "]",
    ">",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{1}",
    "\u{7f}",
    "\u{2028}",
    "<title/>",
    "<title></title>",
    "<title> </title>",
    "<contact/>",
    "<contact></contact>",
    "<job/>",
    "<employee/>",
    "<validFrom>24.04.2020</validFrom>",
    "<sex>f</sex>",
    "<newIncident/>",
    "<newIncident></newIncident>",
    "<plainIncident></plainIncident>",
    "<plainIncident>",
    "</plainIncident>",
    "<incidentList>",
    "</incidentList>",
    "<incidentList/>",
    "<incident/>",
    "<incident></incident>",
    "<incident>",
    "<incidentError><code>1</code><message>a &lt; b</message></incidentError>",
    "<incidentError/>",
    "<error>a</error>",
    "<rowNumber>1</rowNumber>",
    "<rowNumber>+1</rowNumber>",
    "<other><deep><deeper/></deep></other>",
    "<p:other/>",
];

const ATTRIBUTES: &[&str] = &[
    " xmlns='urn:x'",
    " xmlns=''",
    " xmlns=\"http://n4.de/careflex/2.0\"",
    " xmlns:ns='urn:x'",
    " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'",
    " a='1'",
    " a='<'",
    " a='>'",
    " ",
    "/",
];

const REPLACED: &[(&str, &str)] = &[
    ("\"", "'"),
    ("ns:", "other:"),
    ("soapenv:", ""),
    ("xmlns:soapenv", "xmlns"),
    ("xmlns:ns", "xmlns"),
    ("ns:", ""),
    ("2.0", "1.0"),
    ("newIncident", "plainIncident"),
    ("plainIncident", "newIncident"),
    ("careflexId", "CareflexId"),
    ("&", "&#38;"),
    ("\u{e4}", "\u{ef}\u{bf}"),
    ("</type>", "</type >"),
    ("<incidentList>", "<incidentList >"),
    ("\n", "\r\n"),
];

pub fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        2 => (index(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        3 => (index(), select(b"<>&;/='\" :x-!?[]\r\n\t\0".to_vec()))
            .prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => index().prop_map(Change::Remove),
        1 => (index(), vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (index(), 100..100_000_usize)
            .prop_map(|(at, length)| Change::Insert(at, vec![b'x'; length])),
        1 => (index(), 100..100_000_usize)
            .prop_map(|(at, length)| Change::Insert(at, vec![b' '; length])),
        3 => (index(), select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece.into())),
        2 => index().prop_map(Change::RemoveTag),
        2 => index().prop_map(Change::RepeatTag),
        2 => (index(), index()).prop_map(|(one, other)| Change::SwapTags(one, other)),
        5 => (index(), select(PIECES)).prop_map(|(at, what)| Change::InsertPiece(at, what)),
        3 => (index(), select(ATTRIBUTES)).prop_map(|(at, what)| Change::Attribute(at, what)),
        1 => (index(), select(&["ns:", "soapenv:", "x:", ":"][..]))
            .prop_map(|(at, what)| Change::Prefix(at, what)),
        2 => (index(), select(REPLACED)).prop_map(|(at, (old, new))| Change::Replace(at, old, new)),
        1 => index().prop_map(Change::Truncate),
    ]
}

impl Change {
    pub fn apply(&self, body: &mut Vec<u8>) {
        if body.is_empty() {
            return;
        }
        match self {
            Self::Byte(at, byte) => {
                let at = at.index(body.len());
                body[at] = *byte;
            }
            Self::Remove(at) => {
                body.remove(at.index(body.len()));
            }
            Self::Insert(at, bytes) => {
                let at = at.index(body.len());
                body.splice(at..at, bytes.iter().copied());
            }
            Self::Truncate(at) => body.truncate(at.index(body.len())),
            Self::Replace(at, old, new) => {
                let text = String::from_utf8_lossy(body).into_owned();
                // Everywhere, or in one place.
                let places: Vec<_> = text.match_indices(old).map(|(place, _)| place).collect();
                let place = at.index(places.len() + 1);
                *body = match places.get(place) {
                    Some(place) => [&text[..*place], new, &text[place + old.len()..]]
                        .concat()
                        .into_bytes(),
                    None => text.replace(old, new).into_bytes(),
                };
            }
            _ => {
                let mut pieces = pieces(body);
                self.apply_to_pieces(&mut pieces);
                *body = pieces.concat();
            }
        }
    }

    fn apply_to_pieces(&self, pieces: &mut Vec<Vec<u8>>) {
        let count = pieces.len();
        match self {
            Self::RemoveTag(at) => {
                pieces.remove(at.index(count));
            }
            Self::RepeatTag(at) => {
                let at = at.index(count);
                pieces.insert(at, pieces[at].clone());
            }
            Self::SwapTags(one, other) => pieces.swap(one.index(count), other.index(count)),
            Self::InsertPiece(at, what) => pieces.insert(at.index(count), what.as_bytes().to_vec()),
            Self::Attribute(at, what) => {
                let piece = &mut pieces[at.index(count)];
                let end = piece
                    .iter()
                    .position(|byte| matches!(byte, b' ' | b'>' | b'/'));
                let end = end.unwrap_or(0);
                piece.splice(end..end, what.bytes());
            }
            Self::Prefix(at, what) => {
                let piece = &mut pieces[at.index(count)];
                let begin = piece
                    .iter()
                    .take_while(|byte| matches!(byte, b'<' | b'/'))
                    .count();
                piece.splice(begin..begin, what.bytes());
            }
            _ => {}
        }
    }
}

fn pieces(body: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for &byte in body {
        if byte == b'<' || pieces.is_empty() {
            pieces.push(Vec::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.push(byte);
        }
    }
    pieces
}
