//! What faults do.

use std::fmt;
use std::time::Duration;

use careflex_core::AnswerRow;
use fastrand::Rng;

use crate::fresh_key;
use crate::gate::Gate;

/// What a fault does.
///
/// Booked means here: written into the [`Ledger`](crate::Ledger), and at
/// [`Place::Token`](crate::Place::Token): issued, which ends the validity of the older tokens.
/// "By default nothing is booked" means: unless the fault says [`Fault::booked`](crate::Fault::booked).
///
/// Effects on rows mean nothing but at [`Place::New`](crate::Place::New), those on the text of the answer
/// nothing over REST at [`Place::None`](crate::Place::None), whose answer has no body there: requests
/// elsewhere are answered as usual. Answers are JSON or XML, as the interface has it; refusals over SOAP
/// are faults. Rows are counted from 0, as in the answer; those that a request does not have are
/// ignored. What no header can hold is left out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Effect {
    /// Closes the connection as soon as the head of the request has told the place; the body stays
    /// unread. Strikes any `POST` to its place. Nothing is booked.
    CutBeforeReading,
    /// Closes the connection as soon as half of the body has come; if its head does not tell the length,
    /// with the first part of it. Strikes any `POST` to its place. Nothing is booked.
    CutWhileReading,
    /// Closes a connection that was kept open when it is used again: as soon as the head of a further
    /// request has told the place. Strikes any `POST` to its place; the first request of a connection
    /// does not count. Nothing is booked.
    CloseOnReuse,

    /// Holds the request before anything is booked, until the gate lets it pass. The token was checked
    /// before: one that is revoked meanwhile does not matter. Then the request goes on.
    Hold(Gate),
    /// Waits so long before anything is booked, then the request goes on. The token was checked before.
    Latency(Duration),
    /// As [`Latency`](Self::Latency), for a random time between these two.
    RandomLatency {
        /// The shortest delay.
        from: Duration,
        /// The longest delay.
        to: Duration,
        /// With the same seed, the delays are the same.
        seed: u64,
    },

    /// Answers 401 although the token (at [`Place::Token`](crate::Place::Token): the service user) is
    /// right. Nothing is booked.
    Unauthorized,
    /// Makes all tokens invalid, as if a foreign client had asked for one, and answers 401. Nothing is
    /// booked.
    ForgetTokens,
    /// Reads the request, then closes the connection. Nothing is booked.
    CutBeforeBooking,

    /// Answers with this status. By default nothing is booked. A number that can be no final status
    /// (below 200 or above 999) becomes 500. Over SOAP the body is a fault: `Client` with 4xx, except 429,
    /// `Server` with anything else; with 2xx and 3xx there is no body.
    Status(u16),
    /// Answers 503. By default nothing is booked.
    Busy {
        /// The header `Retry-After`, as it is: seconds, a date, or nonsense.
        retry_after: Option<String>,
    },
    /// Answers 503 with the date in `Retry-After` that lies so many seconds ahead by the sandbox's clock.
    /// By default nothing is booked.
    BusyUntil(Duration),
    /// Answers 429. By default nothing is booked.
    TooManyRequests {
        /// The header `Retry-After`, as it is: seconds, a date, or nonsense.
        retry_after: Option<String>,
    },
    /// Answers 429 with the date in `Retry-After` that lies so many seconds ahead by the sandbox's clock.
    /// By default nothing is booked.
    TooManyRequestsUntil(Duration),
    /// Answers a SOAP 1.1 Fault with this status (one that can be no final status becomes 500). A `code`
    /// that SOAP itself has (`Client`, `Server`, `VersionMismatch`, `MustUnderstand`), or a dotted
    /// sub-code of one (`Server.Busy`), gets its prefix, any other stays as it is. It is XML over REST
    /// too, where no client can read it. By default nothing is booked.
    SoapFault {
        /// `faultcode`.
        code: String,
        /// The HTTP status: 500 is what SOAP 1.1 demands.
        status: u16,
    },
    /// Answers 307 with this address in `Location`. By default nothing is booked.
    Redirect(String),
    /// Answers 200 with a page of HTML, as a proxy or a log-in page in between does. By default nothing
    /// is booked.
    Html,
    /// Answers 200 with bytes that are neither JSON, XML nor UTF-8, though the head says so. By default
    /// nothing is booked.
    Garbage,
    /// Answers what you like. By default nothing is booked.
    Answer(OwnAnswer),

    /// Books, then closes the connection: the answer is lost.
    CutAfterBooking,
    /// Books, then closes the connection after so many bytes of the answer's body, whose whole length the
    /// head has announced. If there are no more, the answer is whole.
    CutAnswer(usize),
    /// Books, and answers right, but as `text/plain`.
    WrongContentType,
    /// Books, and answers right, but in ISO-8859-1, and says so. A question mark stands for what that
    /// cannot express.
    Latin1,
    /// Books, and answers right, but in UTF-16, and says so: big-endian, with a byte order mark.
    Utf16,
    /// Books, and answers right, with a byte order mark in front, in UTF-8.
    ByteOrderMark,
    /// Books, and answers right, as HTTP/1.0; then the connection is closed.
    Http10,
    /// Books, and begins to answer right; but instead of the body one space comes each time so long has
    /// passed (a millisecond at least), and never an end. Its length is not announced.
    EndlessBody(Duration),
    /// Books, and answers right, behind more than so many bytes of white space. Its length is not
    /// announced.
    OversizedBody(u64),

    /// Books all rows, and leaves these out of the answer.
    MissingRows(Vec<usize>),
    /// Books all rows once, and answers these twice.
    DoubledRows(Vec<usize>),
    /// Books all rows, and answers them from the last to the first. The row numbers are right.
    ShuffledRows,
    /// Books all rows, and answers so many more, with numbers and keys that nobody has sent.
    UnknownRows(usize),
    /// Books all rows, and answers these with the keys (external, employee, type) of the next incident of
    /// the request; the last one with those of the first. If it is the only one, nobody has sent them.
    MixedUpRows(Vec<usize>),
    /// Refuses these rows although they are valid. They are not booked, the others are.
    RefusedRows(Vec<usize>),

    /// Issues a token, valid for as long as usual by what the answer says, that is not accepted any more
    /// after so many accepted requests. Means nothing but at [`Place::Token`](crate::Place::Token).
    ExpiresAfter(usize),
}

/// An answer in the portal's place, for [`Effect::Answer`]. The body is hidden in `Debug`: it may hold a
/// token.
///
/// ```
/// use careflex_sandbox::{Effect, Fault, OwnAnswer, Place};
///
/// let nonsense = OwnAnswer::new(200, "application/json", r#"{"access_token":1}"#);
/// let fault = Fault::new(Effect::Answer(nonsense)).at(Place::Token);
/// ```
#[derive(Clone)]
pub struct OwnAnswer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl OwnAnswer {
    /// An answer with this status, content type (none if it is empty) and body. A number that can be no
    /// final status (below 200 or above 999) becomes 500.
    #[must_use]
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type: content_type.into(),
            body: body.into(),
        }
    }
}

impl fmt::Debug for OwnAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnAnswer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body", &format_args!("<{} bytes>", self.body.len()))
            .finish()
    }
}

impl Effect {
    /// Whether it strikes before the body is read.
    pub(super) fn strikes_unread(&self) -> bool {
        matches!(
            self,
            Self::CutBeforeReading | Self::CutWhileReading | Self::CloseOnReuse
        )
    }

    /// Whether the request goes on to the faults behind it.
    pub(super) fn only_delays(&self) -> bool {
        matches!(
            self,
            Self::Hold(_) | Self::Latency(_) | Self::RandomLatency { .. }
        )
    }

    /// The effect on one request, with chance taken out of it.
    pub(super) fn draw(&self, chance: &mut Rng) -> Self {
        let Self::RandomLatency { from, to, .. } = self else {
            return self.clone();
        };
        let micros = |delay: &Duration| u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        let (least, most) = (micros(from.min(to)), micros(from.max(to)));
        Self::Latency(Duration::from_micros(chance.u64(least..=most)))
    }

    /// Does to the rows of an answer what the effect says.
    pub(crate) fn distort(&self, rows: &mut Vec<AnswerRow>) {
        match self {
            Self::MissingRows(missing) => {
                repeat(rows, |row| usize::from(!missing.contains(&row)));
            }
            Self::DoubledRows(doubled) => {
                repeat(rows, |row| 1 + usize::from(doubled.contains(&row)));
            }
            Self::ShuffledRows => rows.reverse(),
            Self::UnknownRows(count) => {
                let first = rows.len();
                rows.extend((first..first.saturating_add(*count)).map(unknown_row));
            }
            Self::MixedUpRows(mixed_up) => mix_up(rows, mixed_up),
            _ => {}
        }
    }
}

fn repeat(rows: &mut Vec<AnswerRow>, times_answered: impl Fn(usize) -> usize) {
    *rows = std::mem::take(rows)
        .into_iter()
        .enumerate()
        .flat_map(|(index, row)| std::iter::repeat_n(row, times_answered(index)))
        .collect();
}

/// A row that nobody has sent.
fn unknown_row(index: usize) -> AnswerRow {
    AnswerRow {
        row_number: u64::try_from(index).ok(),
        incident_id: Some(fresh_key()),
        external_id: None,
        employee_id: format!("unknown-{index}").parse().ok(),
        kind: "NEW".parse().ok(),
        error: None,
        is_unclear: false,
    }
}

fn mix_up(rows: &mut [AnswerRow], mixed_up: &[usize]) {
    let mut right = rows.to_vec();
    if rows.len() == 1 {
        right = vec![unknown_row(0)];
    }
    let next = right.iter().cycle().skip(usize::from(rows.len() > 1));
    for ((index, row), next) in rows.iter_mut().enumerate().zip(next) {
        if mixed_up.contains(&index) {
            row.external_id.clone_from(&next.external_id);
            row.employee_id.clone_from(&next.employee_id);
            row.kind.clone_from(&next.kind);
        }
    }
}
