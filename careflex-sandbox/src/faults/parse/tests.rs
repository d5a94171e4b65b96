//! What is read, and what is refused with which words.

use std::time::Duration;

use super::*;
use crate::OwnAnswer;

/// All that can be compared: the employee is hidden, but not whether there is one.
fn shown(fault: &Fault) -> String {
    format!("{fault:?}")
}

#[test]
fn faults_are_read() {
    let ms = Duration::from_millis;
    let random = |seed| Effect::RandomLatency {
        from: ms(5),
        to: ms(200),
        seed,
    };
    let answer = |body: &str| {
        let answer = OwnAnswer::new(200, "text/plain", body);
        Fault::new(Effect::Answer(answer))
    };
    let soap_fault = |code: &str, status| {
        let code = code.to_owned();
        Fault::new(Effect::SoapFault { code, status })
    };
    for (text, fault) in [
        ("html", Fault::new(Effect::Html)),
        ("html@none", Fault::new(Effect::Html).at(Place::None)),
        ("latency=50ms", Fault::new(Effect::Latency(ms(50)))),
        ("latency=2s", Fault::new(Effect::Latency(ms(2_000)))),
        ("latency=1min", Fault::new(Effect::Latency(ms(60_000)))),
        (
            "latency=5ms..200ms@token",
            Fault::new(random(0)).at(Place::Token),
        ),
        ("latency=5ms..200ms,seed=7", Fault::new(random(7))),
        (
            "status=500@new,after=2,times=3",
            Fault::new(Effect::Status(500)).after(2).times(3),
        ),
        (
            "forget-tokens,every=20,always",
            Fault::new(Effect::ForgetTokens).every(20).always(),
        ),
        ("busy", Fault::new(Effect::Busy { retry_after: None })),
        (
            r"busy=Sun\, 06 Nov 1994 08:49:37 GMT",
            Fault::new(Effect::Busy {
                retry_after: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
            }),
        ),
        (
            "busy=date:7",
            Fault::new(Effect::BusyUntil(Duration::from_secs(7))),
        ),
        (
            "too-many-requests=date:7",
            Fault::new(Effect::TooManyRequestsUntil(Duration::from_secs(7))),
        ),
        (
            "too-many-requests=soon",
            Fault::new(Effect::TooManyRequests {
                retry_after: Some("soon".to_owned()),
            }),
        ),
        (
            r"redirect=https://a\@other.example/?a=b@token,booked",
            Fault::new(Effect::Redirect("https://a@other.example/?a=b".to_owned()))
                .at(Place::Token)
                .booked(),
        ),
        ("soap-fault=Client", soap_fault("Client", 500)),
        (
            "soap-fault=Server.Busy:200@none",
            soap_fault("Server.Busy", 200).at(Place::None),
        ),
        ("soap-fault=env:Other", soap_fault("env:Other", 500)),
        ("soap-fault=env:Other:403", soap_fault("env:Other", 403)),
        (
            "missing-rows=1+3",
            Fault::new(Effect::MissingRows(vec![1, 3])),
        ),
        ("endless-body", Fault::new(Effect::EndlessBody(ms(100)))),
        ("expires-after=3", Fault::new(Effect::ExpiresAfter(3))),
        (
            "html,employee=4711",
            Fault::new(Effect::Html).of_employee("4711".parse().unwrap()),
        ),
        ("answer=200:text/plain:", answer("")),
    ] {
        let read: Fault = text.parse().unwrap();
        assert_eq!(shown(&read), shown(&fault), "{text}");
    }
}

#[test]
fn a_backslash_takes_a_character_as_it_is() {
    for (text, body) in [
        (r#"{"a":1\,"b":"x\@y"}"#, r#"{"a":1,"b":"x@y"}"#),
        (r"C:\\,times=2", r"C:\"),
        (r#""a\nb\"c""#, r#""a\nb\"c""#),
        (r"end\", r"end\"),
    ] {
        let fault: Fault = format!("answer=200:text/plain:{text}").parse().unwrap();
        let Effect::Answer(answer) = fault.effect else {
            panic!("{text}");
        };
        assert_eq!(String::from_utf8(answer.body).unwrap(), body);
    }
}

#[test]
fn what_is_wrong_is_named_with_what_would_be_right() {
    for (text, error) in [
        (
            "staus=500",
            "staus: there is no such effect; did you mean status?",
        ),
        (
            "html@tokn",
            "@tokn: there is no such place; did you mean token?",
        ),
        (
            "html@x",
            "@x: there is no such place; there are token, new, none",
        ),
        (
            "html,tiems=3",
            "tiems: there is no such setting; did you mean times?",
        ),
        (
            "html,employe=planted",
            "employe: there is no such setting; did you mean employee?",
        ),
        (
            "html,employee=",
            "employee: is empty; for example employee=4711",
        ),
        ("html=3", "html=3: html takes no value"),
        (
            "status",
            "status: write status=CODE (answers with this status, 200 to 999), \
             for example status=500@new,after=2,times=3",
        ),
        (
            "cut-answer=x",
            "cut-answer=x: write cut-answer=BYTES (closes the connection after so many bytes of \
             the answer's body), for example cut-answer=20",
        ),
        (
            "shuffled-rows@none",
            "@none: shuffled-rows means nothing there, only at new",
        ),
        (
            "soap-fault=Client@token",
            "@token: soap-fault means nothing there, only at new and none",
        ),
        (
            "cut-answer=3@none",
            "@none: cut-answer means nothing there, only at token and new",
        ),
        (
            "html@new@none",
            r"html@new@none: there is one place at most; write \@ for an @ in a value",
        ),
        (
            "html,times=0",
            "times=0: it must be a number from 1 on, for example times=3",
        ),
        (
            "html,every",
            "every: it must be a number from 1 on, for example every=3",
        ),
        ("html,always=1", "always=1: always takes no value"),
        ("html,always,always", "always: it stands twice"),
        (
            "html,always,times=2",
            "always: times says when it ends; leave one of them out",
        ),
        (
            "cut-after-booking,booked",
            "booked: cut-after-booking is booked anyway",
        ),
        (
            "unauthorized,booked",
            "booked: unauthorized is never booked",
        ),
        (
            "latency=1s,booked",
            "booked: latency leaves that to the faults behind it",
        ),
        (
            "html@none,employee=planted",
            "employee: only reports hold employees, and only once they are read; it means \
             nothing here",
        ),
        (
            "latency=1s,seed=1",
            "seed=1: it means something only with latency=FROM..TO",
        ),
    ] {
        let found = text.parse::<Fault>().unwrap_err();
        assert_eq!(found.to_string(), error);
        assert!(error.starts_with(found.part()));
    }
}

#[test]
fn wrong_values_are_refused() {
    for text in [
        "",
        "=",
        "status=",
        "status=100",
        "status=1000",
        "status=abc",
        "latency",
        "latency=5",
        "latency=5h",
        "latency=-5ms",
        "latency=ms",
        "latency=200ms..5ms",
        "latency=99999999999999999999min",
        "busy=",
        "busy=date:",
        "busy=date:soon",
        "redirect",
        "answer=200",
        "answer=200:text/plain",
        "answer=x:text/plain:",
        "soap-fault",
        "soap-fault=",
        "soap-fault=:500",
        "soap-fault=Client:",
        "soap-fault=Client:99",
        "soap-fault=Client:70000",
        "missing-rows=",
        "missing-rows=1+",
        "missing-rows=1;2",
        "endless-body=now",
        "oversized-body=-1",
        "cut-before-reading,employee=4711",
        "expires-after=3@new",
        "html,",
        "html,seed=x",
        "latency=1s..2s,seed=x",
    ] {
        assert!(text.parse::<Fault>().is_err(), "{text}");
    }
}
