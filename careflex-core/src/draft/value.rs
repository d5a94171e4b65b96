//! A value of a draft.

use std::borrow::Cow;
use std::ops::Deref;

use crate::text::Piece;

/// A value as a reader has found it: a piece of what it reads, or put together by the reader.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    Piece(Piece<'a>),
    Owned(String),
}

impl Value<'_> {
    /// The value as a piece.
    #[inline(always)]
    pub(super) fn piece(&self) -> Piece<'_> {
        match self {
            Value::Piece(piece) => *piece,
            Value::Owned(text) => text.as_str().into(),
        }
    }
}

impl<'a> From<Piece<'a>> for Value<'a> {
    #[inline(always)]
    fn from(piece: Piece<'a>) -> Self {
        Value::Piece(piece)
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    #[inline(always)]
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Value::Piece(text.into()),
            Cow::Owned(text) => Value::Owned(text),
        }
    }
}

impl Deref for Value<'_> {
    type Target = str;

    #[inline(always)]
    fn deref(&self) -> &str {
        match self {
            Value::Piece(piece) => piece.as_str(),
            Value::Owned(text) => text,
        }
    }
}
