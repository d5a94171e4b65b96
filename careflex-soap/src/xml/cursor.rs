//! Walks through a document: elements by namespace and name, texts without their markup. Whatever is no
//! well-formed XML, or too deep or too large to be a message, is an error.

use std::io::{self, BufRead};
use std::ops::Range;

use careflex_core::{DecodeError, ReadError, may_be_refusal};
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::Event;
use quick_xml::name::{NamespaceError, QName};
use quick_xml::{Error, NsReader};

use super::regular::{RegularRows, Tags};
use super::scan::Scan;
use super::source::{OverLimit, Position, Source};
use super::tag::{Namespace, RESERVED, Tag};
use super::well_formed::{self, Complaint, is_white_space};

/// Deepest nesting: a request has eight levels.
const MAX_DEPTH: usize = 64;
/// Largest piece in bytes (a text, a tag, a comment), and largest incident: one has a few hundred, and at
/// most some thousands.
const MAX_PIECE: usize = 1 << 20;
/// Most pieces are smaller.
const USUAL_PIECE: usize = 256;
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

const ENDS_EARLY: Complaint = "the XML ends too early: is it complete?";
const OUTSIDE: Complaint = "a text stands behind the document";
const NO_XML: Complaint = "this is no XML: it does not begin with <";

pub(super) struct Cursor<R: BufRead> {
    reader: NsReader<Source<R>>,
    buffer: Vec<u8>,
    /// The text that is being read, without its markup.
    text: String,
    documents: Documents,
    is_begun: bool,
    /// Something of the document has been read: it is too late for a declaration.
    is_document_begun: bool,
    /// A root element is closed.
    has_root: bool,
    /// How many elements are open.
    depth: usize,
    /// All that comes is to be one piece.
    is_measuring: bool,
    /// Where what was read last begins.
    place: Position,
    /// The start tag that was read last is the end of its element too.
    is_empty_element: bool,
    /// In a list whose rows may be regular.
    regular_rows: Option<RegularRows>,
    /// Reads no row in the fast way.
    is_slow: bool,
}

/// How many documents the input may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Documents {
    One,
    /// One after the other.
    Many,
}

/// What stands in an element.
pub(super) enum Content {
    Element(Tag),
    /// Text that is not white space.
    Text,
    /// The end of the element; of the input where none is open.
    End,
}

/// What an element without children holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// Without text, or `xsi:nil`.
    Absent,
    /// Text, trimmed.
    Text(String),
    /// Elements where a text belongs, or a text in spite of `xsi:nil`.
    Odd,
}

/// What was skipped.
#[derive(Default)]
pub(super) struct Skipped {
    has_elements: bool,
    /// The begin of its text.
    text: String,
    /// Something in it may be a refusal.
    may_refuse: bool,
}

impl Skipped {
    /// Whether it held nothing but white space.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_elements && self.text.is_empty()
    }

    /// Whether an element of this name, or something in it, may be a refusal. One that says no, none or
    /// nothing is not.
    pub(super) fn may_refuse_as(&self, name: &str) -> bool {
        let says_nothing = !self.has_elements && matches!(self.text.as_str(), "" | "0" | "false");
        self.may_refuse || (may_be_refusal(name) && !says_nothing)
    }
}

/// Why the input cannot be read any further.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) message: String,
    pub(super) source: Option<io::Error>,
}

/// One piece of a document.
enum Piece {
    Open(Tag),
    /// It stands in the cursor's text.
    Text,
    Close,
    End,
}

impl<R: BufRead> Cursor<R> {
    pub(super) fn new(input: R, documents: Documents) -> Self {
        let mut reader = NsReader::from_reader(Source::new(input));
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::with_capacity(USUAL_PIECE),
            text: String::with_capacity(USUAL_PIECE),
            documents,
            is_begun: false,
            is_document_begun: false,
            has_root: false,
            depth: 0,
            is_measuring: false,
            place: Position::default(),
            is_empty_element: false,
            regular_rows: None,
            is_slow: false,
        }
    }

    /// Reads nothing in the fast way, to compare with.
    pub(super) fn slowly(mut self) -> Self {
        self.is_slow = true;
        self
    }

    /// To be called behind the start tag of a list. Its rows may be regular if names without a prefix have no
    /// namespace in it.
    pub(super) fn enter_list(&mut self) {
        let default = self.reader.resolver().resolve_prefix(None, true);
        let is_regular = Namespace::of(&default) == Some(Namespace::Absent)
            && !self.is_empty_element
            && !self.is_slow;
        self.regular_rows = is_regular.then(RegularRows::default);
    }

    /// How many bytes are at hand that come next.
    pub(super) fn at_hand(&mut self) -> usize {
        self.reader.get_mut().at_hand().len()
    }

    /// Reads rows of a list that are regular, at most so many. To be called behind the start tag of the list or
    /// the end tag of a row. See [`RegularRows::read`].
    pub(super) fn regular_rows(
        &mut self,
        tags: &'static [Tags],
        most: usize,
        read: impl FnMut(&mut Scan<'_>, u64) -> Option<()>,
    ) -> usize {
        let Some(rows) = &mut self.regular_rows else {
            return 0;
        };
        rows.read(self.reader.get_mut(), tags, most, read)
    }

    /// What comes next in the element that is open. White space, comments and processing instructions are
    /// skipped.
    pub(super) fn next(&mut self) -> Result<Content, Broken> {
        loop {
            self.text.clear();
            match self.piece()? {
                Piece::Open(tag) => return Ok(Content::Element(tag)),
                Piece::Close | Piece::End => return Ok(Content::End),
                Piece::Text if self.text.chars().all(is_white_space) => {}
                Piece::Text => return Ok(Content::Text),
            }
        }
    }

    /// The text of an element whose start tag was just read, up to its end tag.
    pub(super) fn leaf(&mut self, tag: &Tag) -> Result<Leaf, Broken> {
        self.text.clear();
        let mut is_odd = false;
        loop {
            match self.piece()? {
                Piece::Text if self.text.len() > MAX_PIECE => return Err(self.too_large()),
                Piece::Text => {}
                Piece::Open(_) => {
                    is_odd = true;
                    self.skip()?;
                }
                Piece::Close | Piece::End => break,
            }
        }
        let text = self.text.trim();
        Ok(if is_odd || (tag.is_nil && !text.is_empty()) {
            Leaf::Odd
        } else if text.is_empty() {
            Leaf::Absent
        } else {
            Leaf::Text(text.to_owned())
        })
    }

    /// Goes behind the end tag of the element that is open.
    pub(super) fn skip(&mut self) -> Result<Skipped, Broken> {
        let mut skipped = Skipped::default();
        loop {
            // What is skipped is not kept.
            self.text.clear();
            match self.piece()? {
                Piece::Open(tag) => {
                    // No deeper than the deepest nesting.
                    let inner = self.skip()?;
                    skipped.may_refuse |= inner.may_refuse_as(&tag.name);
                    skipped.has_elements = true;
                }
                Piece::Text if skipped.text.len() < "false".len() => {
                    skipped.text.push_str(self.text.trim());
                }
                Piece::Text => {}
                Piece::Close | Piece::End => return Ok(skipped),
            }
        }
    }

    /// All texts in the element that is open, up to its end tag, with one blank between words. What is longer
    /// than a piece may be is left out.
    pub(super) fn texts(&mut self) -> Result<String, Broken> {
        let outside = self.depth.saturating_sub(1);
        let mut texts = String::new();
        while self.depth > outside {
            self.text.clear();
            match self.piece()? {
                // A tag ends a word; a reference or section does not.
                Piece::Open(_) | Piece::Close | Piece::End => texts.push(' '),
                Piece::Text if texts.len() + self.text.len() > MAX_PIECE => {}
                Piece::Text => texts.push_str(&self.text),
            }
        }
        Ok(texts.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// From here on all is one piece, which must not be too large, until [`Self::stop_measuring`].
    pub(super) fn measure(&mut self) {
        self.reader.get_mut().allow(MAX_PIECE);
        self.is_measuring = true;
    }

    pub(super) fn stop_measuring(&mut self) {
        self.is_measuring = false;
    }

    /// How many bytes of the input stand before what was read last, and how many up to its end.
    pub(super) fn last_range(&self) -> Range<usize> {
        self.place.offset..self.reader.get_ref().position().offset
    }

    /// The part behind the prefix of a name in a text, if it is one of SOAP. A name without prefix is taken
    /// for one: not every portal writes a prefix where it should (our decision).
    pub(super) fn local_name_of_soap<'n>(&self, name: &'n str) -> Option<&'n str> {
        let name = QName(name);
        let local = name.local_name().into_inner();
        match name.prefix() {
            None => Some(local),
            Some(prefix) => {
                let resolved = self.reader.resolver().resolve_prefix(Some(prefix), false);
                (Namespace::of(&resolved) == Some(Namespace::Soap)).then_some(local)
            }
        }
    }

    /// An error about what was read last.
    pub(super) fn error(&self, message: impl Into<String>) -> Broken {
        let Position { line, column, .. } = self.place;
        Broken {
            line,
            column,
            message: message.into(),
            source: None,
        }
    }

    fn piece(&mut self) -> Result<Piece, Broken> {
        if !self.is_begun {
            self.is_begun = true;
            self.begin()?;
        }
        loop {
            self.buffer.clear();
            if !self.is_measuring {
                self.reader.get_mut().allow(MAX_PIECE);
            }
            self.place = self.reader.get_ref().position();
            if let Some(piece) = self.read()? {
                return Ok(piece);
            }
        }
    }

    /// Skips a byte order mark of UTF-8; others are refused.
    fn begin(&mut self) -> Result<(), Broken> {
        let source = self.reader.get_mut();
        source.allow(BYTE_ORDER_MARK.len());
        let first = source.peek().map_err(|error| self.unreadable(error))?;
        match first {
            Some(0xEF) => {
                // A buffer may hold less than a mark at first, so it is taken byte by byte.
                for expected in BYTE_ORDER_MARK {
                    let source = self.reader.get_mut();
                    let byte = source.peek().map_err(|error| self.unreadable(error))?;
                    if byte != Some(expected) {
                        return Err(self.error(ReadError::NOT_UTF_8));
                    }
                    self.reader.get_mut().consume(1);
                }
                Ok(())
            }
            Some(0xFE | 0xFF) => Err(self.error(ReadError::UTF_16)),
            _ => Ok(()),
        }
    }

    /// Reads one event; `None` if it means nothing.
    fn read(&mut self) -> Result<Option<Piece>, Broken> {
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(self.broken(&error)),
        };
        let is_late = std::mem::replace(&mut self.is_document_begun, true);
        let checked = match event {
            Event::Start(tag) => {
                // Only the brackets are around the content of others.
                let length = self.reader.get_ref().position().offset - self.place.offset;
                self.is_empty_element = length > tag.len() + "<>".len();
                let tag = Tag::read(&tag, self.reader.resolver(), self.place.line);
                return self.open(tag).map(Some);
            }
            Event::End(_) => return Ok(Some(self.close())),
            Event::Eof if self.depth == 0 => return Ok(Some(Piece::End)),
            Event::Eof => Err(ENDS_EARLY),
            Event::Text(text) => {
                let checked = well_formed::text(&text);
                if self.depth > 0 {
                    self.text.push_str(&text.xml10_content());
                    return checked
                        .map(|()| Some(Piece::Text))
                        .map_err(|it| self.error(it));
                }
                let is_between = self.has_root && self.documents == Documents::Many;
                if text.chars().all(is_white_space) {
                    // Between two documents, white space does not begin the next one.
                    self.is_document_begun = !is_between;
                    Ok(())
                } else if is_between && text.chars().all(|c| is_white_space(c) || c == '\u{feff}') {
                    // Files that were put together keep their byte order marks.
                    self.is_document_begun = false;
                    Ok(())
                } else if self.has_root {
                    Err(OUTSIDE)
                } else {
                    // Text that is no text at all says more: it may be UTF-16.
                    checked.and(Err(NO_XML))
                }
            }
            Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 && self.has_root => {
                Err(OUTSIDE)
            }
            Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 => Err(NO_XML),
            Event::CData(text) => {
                let checked = well_formed::characters(&text);
                self.text.push_str(&text.xml10_content());
                return checked
                    .map(|()| Some(Piece::Text))
                    .map_err(|it| self.error(it));
            }
            Event::GeneralRef(name) => match well_formed::reference(&name) {
                Ok(character) => {
                    self.text.push(character);
                    return Ok(Some(Piece::Text));
                }
                Err(complaint) => Err(complaint),
            },
            Event::Comment(comment) => well_formed::comment(&comment),
            Event::PI(instruction) => well_formed::instruction(&instruction),
            Event::Decl(declaration) if is_late => well_formed::instruction(&declaration),
            Event::Decl(declaration) => well_formed::declaration(&declaration),
            Event::DocType(name) => Err(well_formed::document_type(&name)),
            Event::Empty(_) => Ok(()),
        };
        checked
            .map(|()| None)
            .map_err(|complaint| self.error(complaint))
    }

    fn open(&mut self, tag: Result<Tag, Complaint>) -> Result<Piece, Broken> {
        let tag = tag.map_err(|complaint| self.error(complaint))?;
        if self.depth == 0 && self.has_root && self.documents == Documents::One {
            return Err(self.error("a second element follows the end of the document"));
        }
        if self.depth == MAX_DEPTH {
            return Err(self.error("elements are nested deeper than 64 levels"));
        }
        self.depth += 1;
        Ok(Piece::Open(tag))
    }

    fn close(&mut self) -> Piece {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.has_root = true;
            // The next document may begin with a declaration.
            self.is_document_begun = self.documents == Documents::One;
        }
        Piece::Close
    }

    fn too_large(&self) -> Broken {
        self.error("a piece of more than 1 MiB is there: nothing that belongs here is so large")
    }

    fn unreadable(&self, error: io::Error) -> Broken {
        let mut broken = self.error(format!("cannot be read: {error}"));
        broken.source = Some(error);
        broken
    }

    /// What the parser complains about, without the names and values that it quotes.
    fn broken(&self, error: &Error) -> Broken {
        let message = match error {
            Error::Io(error) if error.get_ref().is_some_and(|it| it.is::<OverLimit>()) => {
                return self.too_large();
            }
            Error::Io(error) => {
                return self.unreadable(io::Error::new(error.kind(), error.to_string()));
            }
            Error::Encoding(_) => ReadError::NOT_UTF_8,
            Error::Syntax(SyntaxError::InvalidBangMarkup) => "this is no XML",
            Error::Syntax(_) => ENDS_EARLY,
            Error::IllFormed(
                IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_),
            ) => "an end tag does not match the start tag before it",
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                "an & begins no reference: write &amp; for the character"
            }
            Error::Namespace(NamespaceError::TooManyBindings(_)) => {
                "too many namespaces are declared"
            }
            Error::Namespace(_) => RESERVED,
            _ => "this is no XML",
        };
        self.error(message)
    }
}

impl From<Broken> for DecodeError {
    fn from(broken: Broken) -> Self {
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Self::new(number(broken.line), number(broken.column), broken.message)
    }
}

impl From<Broken> for ReadError {
    fn from(broken: Broken) -> Self {
        match broken.source {
            Some(error) => Self::io(broken.line, error),
            None if well_formed::is_about_encoding(&broken.message) => {
                Self::encoding(broken.line, &broken.message)
            }
            None => Self::new(broken.line, broken.message),
        }
    }
}
