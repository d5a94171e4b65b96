//! The table of effects: what can be read and what the help says come from here.

use std::time::Duration;

use super::{Booked, Effect, EffectEntry, OwnAnswer, Place};

const EVERYWHERE: &[Place] = &Place::ALL;
const WITH_BODY: &[Place] = &[Place::Token, Place::New];
const REPORTS: &[Place] = &[Place::New, Place::None];
const WITH_ROWS: &[Place] = &[Place::New];
const TOKEN: &[Place] = &[Place::Token];

pub(super) const EFFECTS: &[EffectEntry] = &[
    EffectEntry {
        name: "cut-before-reading",
        value: "",
        places: EVERYWHERE,
        booked: Booked::NeverRead,
        meaning: "closes the connection as soon as the head has come",
        example: "cut-before-reading@token",
        read: |_| Some(Effect::CutBeforeReading),
    },
    EffectEntry {
        name: "cut-while-reading",
        value: "",
        places: EVERYWHERE,
        booked: Booked::NeverRead,
        meaning: "closes the connection when half of the body has come",
        example: "cut-while-reading",
        read: |_| Some(Effect::CutWhileReading),
    },
    EffectEntry {
        name: "close-on-reuse",
        value: "",
        places: EVERYWHERE,
        booked: Booked::NeverRead,
        meaning: "closes a connection that was kept open as soon as a further request comes",
        example: "close-on-reuse,times=2",
        read: |_| Some(Effect::CloseOnReuse),
    },
    EffectEntry {
        name: "latency",
        value: "TIME|FROM..TO",
        places: EVERYWHERE,
        booked: Booked::Later,
        meaning: "waits so long, or for a random time between the two: 50ms, 2s, 1min",
        example: "latency=5ms..200ms@token,seed=7,always",
        read: latency,
    },
    EffectEntry {
        name: "unauthorized",
        value: "",
        places: EVERYWHERE,
        booked: Booked::Never,
        meaning: "answers 401, though the token (or service user) is right",
        example: "unauthorized,after=3",
        read: |_| Some(Effect::Unauthorized),
    },
    EffectEntry {
        name: "forget-tokens",
        value: "",
        places: EVERYWHERE,
        booked: Booked::Never,
        meaning: "a foreign client replaces the token: all are invalid, answers 401",
        example: "forget-tokens,every=20,always",
        read: |_| Some(Effect::ForgetTokens),
    },
    EffectEntry {
        name: "cut-before-booking",
        value: "",
        places: EVERYWHERE,
        booked: Booked::Never,
        meaning: "reads the request, then closes the connection",
        example: "cut-before-booking@none",
        read: |_| Some(Effect::CutBeforeBooking),
    },
    EffectEntry {
        name: "status",
        value: "CODE",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers with this status, 200 to 999",
        example: "status=500@new,after=2,times=3",
        read: |value| Some(Effect::Status(status(value)?)),
    },
    EffectEntry {
        name: "busy",
        value: "[WHEN]",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers 503; WHEN for Retry-After is a number of seconds (7), a date so many seconds ahead (date:7), or any other text",
        example: "busy=date:7",
        read: |value| match date(value) {
            Some(seconds) => Some(Effect::BusyUntil(seconds?)),
            None => Some(Effect::Busy {
                retry_after: retry_after(value),
            }),
        },
    },
    EffectEntry {
        name: "too-many-requests",
        value: "[WHEN]",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers 429; WHEN as with busy",
        example: "too-many-requests=7,times=2",
        read: |value| match date(value) {
            Some(seconds) => Some(Effect::TooManyRequestsUntil(seconds?)),
            None => Some(Effect::TooManyRequests {
                retry_after: retry_after(value),
            }),
        },
    },
    EffectEntry {
        name: "soap-fault",
        value: "CODE[:STATUS]",
        places: REPORTS,
        booked: Booked::OnDemand,
        meaning: "answers a SOAP fault, with status 500 unless said otherwise; CODE is Client, Server, VersionMismatch, MustUnderstand, a sub-code like Server.Busy, or any other text",
        example: "soap-fault=Server:200",
        read: soap_fault,
    },
    EffectEntry {
        name: "redirect",
        value: "URL",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers 307 with this Location",
        example: "redirect=https://other.example/",
        read: |value| (!value.is_empty()).then(|| Effect::Redirect(value.to_owned())),
    },
    EffectEntry {
        name: "html",
        value: "",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers 200 with a page of HTML",
        example: "html,booked",
        read: |_| Some(Effect::Html),
    },
    EffectEntry {
        name: "garbage",
        value: "",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers 200 with bytes that are neither JSON, XML nor UTF-8",
        example: "garbage@token",
        read: |_| Some(Effect::Garbage),
    },
    EffectEntry {
        name: "answer",
        value: "CODE:TYPE:BODY",
        places: EVERYWHERE,
        booked: Booked::OnDemand,
        meaning: "answers with this status, content type (may be empty) and body",
        example: r#"answer=200:application/json:{"access_token":1\,"expires_in":-5}@token"#,
        read: own_answer,
    },
    EffectEntry {
        name: "cut-after-booking",
        value: "",
        places: EVERYWHERE,
        booked: Booked::Always,
        meaning: "closes the connection: the answer is lost",
        example: "cut-after-booking,employee=4711",
        read: |_| Some(Effect::CutAfterBooking),
    },
    EffectEntry {
        name: "cut-answer",
        value: "BYTES",
        places: WITH_BODY,
        booked: Booked::Always,
        meaning: "closes the connection after so many bytes of the answer's body",
        example: "cut-answer=20",
        read: |value| Some(Effect::CutAnswer(value.parse().ok()?)),
    },
    EffectEntry {
        name: "wrong-content-type",
        value: "",
        places: WITH_BODY,
        booked: Booked::Always,
        meaning: "the right answer says text/plain",
        example: "wrong-content-type",
        read: |_| Some(Effect::WrongContentType),
    },
    EffectEntry {
        name: "latin-1",
        value: "",
        places: WITH_BODY,
        booked: Booked::Always,
        meaning: "the right answer is in ISO-8859-1, and says so",
        example: "latin-1@token",
        read: |_| Some(Effect::Latin1),
    },
    EffectEntry {
        name: "utf-16",
        value: "",
        places: WITH_BODY,
        booked: Booked::Always,
        meaning: "the right answer is in UTF-16, and says so",
        example: "utf-16",
        read: |_| Some(Effect::Utf16),
    },
    EffectEntry {
        name: "byte-order-mark",
        value: "",
        places: WITH_BODY,
        booked: Booked::Always,
        meaning: "the right answer has a UTF-8 byte order mark in front",
        example: "byte-order-mark",
        read: |_| Some(Effect::ByteOrderMark),
    },
    EffectEntry {
        name: "http-1.0",
        value: "",
        places: EVERYWHERE,
        booked: Booked::Always,
        meaning: "the right answer comes as HTTP/1.0, then the connection is closed",
        example: "http-1.0,always",
        read: |_| Some(Effect::Http10),
    },
    EffectEntry {
        name: "endless-body",
        value: "[TIME]",
        places: EVERYWHERE,
        booked: Booked::Always,
        meaning: "instead of the answer's body comes a space each TIME (100ms), for ever",
        example: "endless-body=1s",
        read: |value| {
            let value = if value.is_empty() { "100ms" } else { value };
            Some(Effect::EndlessBody(time(value)?))
        },
    },
    EffectEntry {
        name: "oversized-body",
        value: "BYTES",
        places: EVERYWHERE,
        booked: Booked::Always,
        meaning: "the right answer stands behind more than so many bytes of white space",
        example: "oversized-body=100000000",
        read: |value| Some(Effect::OversizedBody(value.parse().ok()?)),
    },
    EffectEntry {
        name: "missing-rows",
        value: "ROWS",
        places: WITH_ROWS,
        booked: Booked::Always,
        meaning: "these rows are left out of the answer; counted from 0: 1+3",
        example: "missing-rows=1+3",
        read: |value| Some(Effect::MissingRows(rows(value)?)),
    },
    EffectEntry {
        name: "doubled-rows",
        value: "ROWS",
        places: WITH_ROWS,
        booked: Booked::Always,
        meaning: "these rows are answered twice",
        example: "doubled-rows=0",
        read: |value| Some(Effect::DoubledRows(rows(value)?)),
    },
    EffectEntry {
        name: "shuffled-rows",
        value: "",
        places: WITH_ROWS,
        booked: Booked::Always,
        meaning: "the rows are answered from the last to the first",
        example: "shuffled-rows,always",
        read: |_| Some(Effect::ShuffledRows),
    },
    EffectEntry {
        name: "unknown-rows",
        value: "COUNT",
        places: WITH_ROWS,
        booked: Booked::Always,
        meaning: "so many rows are answered more, which nobody has sent",
        example: "unknown-rows=2",
        read: |value| Some(Effect::UnknownRows(value.parse().ok()?)),
    },
    EffectEntry {
        name: "mixed-up-rows",
        value: "ROWS",
        places: WITH_ROWS,
        booked: Booked::Always,
        meaning: "these rows are answered with the keys of the next one",
        example: "mixed-up-rows=0+1",
        read: |value| Some(Effect::MixedUpRows(rows(value)?)),
    },
    EffectEntry {
        name: "refused-rows",
        value: "ROWS",
        places: WITH_ROWS,
        booked: Booked::Always,
        meaning: "these valid rows are refused and not booked",
        example: "refused-rows=2",
        read: |value| Some(Effect::RefusedRows(rows(value)?)),
    },
    EffectEntry {
        name: "expires-after",
        value: "REQUESTS",
        places: TOKEN,
        booked: Booked::Always,
        meaning: "the token is not accepted any more after so many requests, though valid for longer by what the answer says",
        example: "expires-after=3,always",
        read: |value| Some(Effect::ExpiresAfter(value.parse().ok()?)),
    },
];

/// `50ms`, or `5ms..200ms` for a random one.
fn latency(value: &str) -> Option<Effect> {
    let Some((from, to)) = value.split_once("..") else {
        return Some(Effect::Latency(time(value)?));
    };
    let (from, to) = (time(from)?, time(to)?);
    (from <= to).then_some(Effect::RandomLatency { from, to, seed: 0 })
}

/// A whole number of `ms`, `s` or `min`.
fn time(value: &str) -> Option<Duration> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match value.strip_prefix(digits)? {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

fn status(value: &str) -> Option<u16> {
    let is_final = |status: &u16| (200..=999).contains(status);
    value.parse().ok().filter(is_final)
}

/// `date:7`: the outer `None` if it is no date, the inner one if it is a wrong one.
fn date(value: &str) -> Option<Option<Duration>> {
    let seconds = value.strip_prefix("date:")?;
    Some(seconds.parse().ok().map(Duration::from_secs))
}

fn retry_after(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// `Server`, or `Server:200`. A colon that no number follows belongs to the code.
fn soap_fault(value: &str) -> Option<Effect> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (code, code_status) = match value.rsplit_once(':') {
        Some((code, number)) if is_number(number) => (code, status(number)?),
        _ => (value, 500),
    };
    (!code.is_empty()).then(|| Effect::SoapFault {
        code: code.to_owned(),
        status: code_status,
    })
}

fn own_answer(value: &str) -> Option<Effect> {
    let (code, rest) = value.split_once(':')?;
    let (content_type, body) = rest.split_once(':')?;
    let answer = OwnAnswer::new(status(code)?, content_type, body);
    Some(Effect::Answer(answer))
}

/// `1+3`
fn rows(value: &str) -> Option<Vec<usize>> {
    value.split('+').map(|row| row.parse().ok()).collect()
}
