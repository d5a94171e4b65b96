//! Bodies of answers as no portal should send them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// A space now and then, for ever.
pub(crate) struct Endless(Interval);

impl Endless {
    pub(crate) fn new(pause: Duration) -> Self {
        let mut ticks = interval(pause.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(ticks)
    }
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.0.poll_tick(context));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

/// A text behind more than so many bytes of white space, which are never all in memory.
pub(crate) struct Padded {
    spaces_left: u64,
    text: Bytes,
}

impl Padded {
    pub(crate) fn new(bytes: u64, text: Vec<u8>) -> Self {
        Self {
            spaces_left: bytes.saturating_add(1),
            text: text.into(),
        }
    }
}

impl Body for Padded {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        static SPACES: [u8; 16_384] = [b' '; 16_384];
        let most = u64::try_from(SPACES.len()).unwrap_or(u64::MAX);
        let count = self.spaces_left.min(most);
        let mut data = Bytes::from_static(&SPACES);
        data.truncate(usize::try_from(count).unwrap_or(SPACES.len()));
        self.spaces_left -= count;
        if data.is_empty() {
            data = std::mem::take(&mut self.text);
        }
        let frame = (!data.is_empty()).then(|| Ok(Frame::data(data)));
        Poll::Ready(frame)
    }
}

/// ISO-8859-1, with a question mark for what it cannot express.
pub(crate) fn latin1(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    text.chars()
        .map(|c| u8::try_from(c).unwrap_or(b'?'))
        .collect()
}

/// UTF-16, big-endian, with a byte order mark.
pub(crate) fn utf16(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect()
}

/// UTF-8 with a byte order mark in front.
pub(crate) fn with_byte_order_mark(text: &[u8]) -> Vec<u8> {
    [b"\xEF\xBB\xBF", text].concat()
}
