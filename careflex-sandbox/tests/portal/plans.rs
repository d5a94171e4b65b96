//! Which requests are struck, delays, and the life of tokens.

use std::sync::Arc;
use std::time::Duration;

use careflex_core::ManualClock;
use careflex_sandbox::{Effect, Fault, Gate, OwnAnswer, Place, Sandbox};
use tokio::time::Instant;

use crate::raw::{NEW, NONE, booked, none_report, post, report, token, try_post, try_token};

/// How long a report takes, by tokio's clock, which stands still unless all wait for it.
async fn time_of_report(sandbox: &Sandbox, token: &str) -> Duration {
    let begin = Instant::now();
    post(sandbox, NEW, token, &report(sandbox, &["4711"])).await;
    begin.elapsed()
}

/// Whether it is this delay: tokio counts in milliseconds, and rounds up.
fn is_delay(time: Duration, delay: Duration) -> bool {
    (delay..delay + Duration::from_millis(3)).contains(&time)
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_waited_for_and_leads_to_the_fault_behind_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let hour = Duration::from_secs(3_600);
    for place in [Place::Token, Place::New, Place::None] {
        sandbox.inject(Fault::new(Effect::Latency(hour)).at(place));
    }
    let begin = Instant::now();
    let token = token(&sandbox).await;
    assert!(is_delay(begin.elapsed(), hour));
    assert!(is_delay(time_of_report(&sandbox, &token).await, hour));
    let begin = Instant::now();
    post(&sandbox, NONE, &token, &none_report(&sandbox)).await;
    assert!(is_delay(begin.elapsed(), hour));
    assert_eq!(sandbox.pending_faults(), 0);

    sandbox.inject(Fault::new(Effect::Latency(hour)));
    sandbox.inject(Fault::new(Effect::CutBeforeBooking));
    let begin = Instant::now();
    let body = report(&sandbox, &["4711"]);
    assert!(try_post(&sandbox, NEW, &token, &body).await.is_none());
    assert!(is_delay(begin.elapsed(), hour));
    assert_eq!(booked(&sandbox).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn random_delays_lie_between_their_ends_and_repeat() {
    let (from, to) = (Duration::from_secs(60), Duration::from_secs(3_600));
    let delays = async || {
        let sandbox = Sandbox::start().await.unwrap();
        let token = token(&sandbox).await;
        let effect = Effect::RandomLatency { from, to, seed: 7 };
        sandbox.inject(Fault::new(effect).always());
        let mut delays = Vec::new();
        for _ in 0..5 {
            delays.push(time_of_report(&sandbox, &token).await);
        }
        delays
    };
    let first = delays().await;
    let ends = from..to + Duration::from_millis(3);
    assert!(first.iter().all(|delay| ends.contains(delay)), "{first:?}");
    for (one, other) in first.iter().zip(delays().await) {
        assert!(one.abs_diff(other) < Duration::from_millis(3));
    }
    assert!(first[0].abs_diff(first[1]) > Duration::from_millis(3));
}

#[tokio::test]
async fn a_fault_of_an_employee_strikes_the_report_that_holds_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let fault = Fault::new(Effect::CutAfterBooking).of_employee("c".parse().unwrap());
    sandbox.inject(fault.clone().after(1));
    for (employees, is_cut) in [
        (["a", "b"], false),
        (["b", "c"], false),
        (["x", "y"], false),
        (["c", "d"], true),
        (["c", "d"], false),
    ] {
        let body = report(&sandbox, &employees);
        let answer = try_post(&sandbox, NEW, &token, &body).await;
        assert_eq!(answer.is_none(), is_cut, "{employees:?}");
    }
    assert_eq!(sandbox.pending_faults(), 0);
    assert_eq!(booked(&sandbox).len(), 10);
    // Elsewhere there are no employees.
    sandbox.inject(fault.at(Place::None));
    assert_eq!(
        post(&sandbox, NONE, &token, &none_report(&sandbox))
            .await
            .status,
        201
    );
    assert_eq!(
        (sandbox.pending_faults(), sandbox.unstruck_faults()),
        (1, 1)
    );
}

#[tokio::test]
async fn of_requests_at_the_same_time_the_right_one_is_struck() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let gate = Gate::closed();
    let hold = Fault::new(Effect::Hold(gate.clone()));
    sandbox.inject(hold.of_employee("b".parse().unwrap()));
    let lost = Fault::new(Effect::Status(502)).booked();
    sandbox.inject(lost.of_employee("b".parse().unwrap()));
    let send = async |employee: &str| {
        let body = report(&sandbox, &[employee]);
        post(&sandbox, NEW, &token, &body).await.status
    };
    let open = async {
        gate.arrived(1).await;
        gate.open();
    };
    let statuses = tokio::join!(send("a"), send("b"), send("c"), open);
    assert_eq!(statuses, (200, 502, 200, ()));
    let mut all = booked(&sandbox);
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_foreign_client_replaces_the_token_before_every_third_report() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::ForgetTokens).every(3).always());
    let mut valid = token(&sandbox).await;
    let body = report(&sandbox, &["4711"]);
    let mut statuses = Vec::new();
    for _ in 0..9 {
        let answer = post(&sandbox, NEW, &valid, &body).await;
        statuses.push(answer.status);
        if answer.status == 401 {
            // The replaced token stays invalid, which is no turn of the fault.
            assert_eq!(post(&sandbox, NEW, &valid, &body).await.status, 401);
            valid = token(&sandbox).await;
        }
    }
    assert_eq!(statuses, [200, 200, 401, 200, 200, 401, 200, 200, 401]);
    assert_eq!(booked(&sandbox).len(), 6);
    assert_eq!(
        (sandbox.pending_faults(), sandbox.unstruck_faults()),
        (1, 0)
    );
}

#[tokio::test]
async fn a_token_expires_before_the_time_that_its_answer_says() {
    let clock = Arc::new(ManualClock::new());
    let sandbox = Sandbox::builder().clock(clock).start().await.unwrap();
    sandbox.inject(Fault::new(Effect::ExpiresAfter(2)));
    let answer = try_token(&sandbox).await.unwrap().json();
    assert_eq!(answer["expires_in"], 43_200);
    let short = answer["access_token"].as_str().unwrap();
    let (body, none) = (report(&sandbox, &["4711"]), none_report(&sandbox));
    // Others wear nothing out; reports of both kinds do.
    assert_eq!(post(&sandbox, NEW, "wrong", &body).await.status, 401);
    assert_eq!(post(&sandbox, NEW, short, &body).await.status, 200);
    assert_eq!(post(&sandbox, NONE, short, &none).await.status, 201);
    for _ in 0..2 {
        assert_eq!(post(&sandbox, NEW, short, &body).await.status, 401);
    }
    assert_eq!(booked(&sandbox).len(), 1);
    let next = token(&sandbox).await;
    for _ in 0..3 {
        assert_eq!(post(&sandbox, NEW, &next, &body).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_can_be_worn_out_from_the_beginning() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::ExpiresAfter(0)));
    let token = token(&sandbox).await;
    let body = report(&sandbox, &["4711"]);
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 401);
    assert_eq!(sandbox.ledger().tokens_issued, 1);
}

#[tokio::test]
async fn the_token_endpoint_is_down_or_answers_nonsense() {
    let sandbox = Sandbox::start().await.unwrap();
    let valid = token(&sandbox).await;
    let nonsense = |body: &str| Effect::Answer(OwnAnswer::new(200, "application/json", body));
    for (effect, status, body) in [
        (Effect::Status(500), 500, "{\"message\""),
        (Effect::Busy { retry_after: None }, 503, "{\"message\""),
        (Effect::Html, 200, "<html>"),
        (nonsense("[]"), 200, "[]"),
        (
            nonsense(r#"{"access_token":1}"#),
            200,
            r#"{"access_token":1}"#,
        ),
        (
            Effect::Redirect("https://other.example/".to_owned()),
            307,
            "",
        ),
    ] {
        sandbox.inject(Fault::new(effect).at(Place::Token));
        let answer = try_token(&sandbox).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.body.starts_with(body), "{answer:?}");
    }
    for effect in [Effect::CutBeforeReading, Effect::CutBeforeBooking] {
        sandbox.inject(Fault::new(effect).at(Place::Token));
        assert!(try_token(&sandbox).await.is_none());
    }
    let ledger = sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.tokens_issued), (9, 1));
    // No token was issued, so the first one is still valid.
    let body = report(&sandbox, &["4711"]);
    assert_eq!(post(&sandbox, NEW, &valid, &body).await.status, 200);
}

#[tokio::test]
async fn unknown_rows_stand_behind_the_right_ones() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::UnknownRows(2)));
    let answer = post(&sandbox, NEW, &token, &report(&sandbox, &["a", "b"])).await;
    assert_eq!(answer.row_numbers(), [0, 1, 2, 3]);
    let rows = answer.rows();
    assert_eq!(rows[1]["employeeId"], "b");
    assert_eq!(rows[2]["employeeId"], "unknown-2");
    assert!(rows[3]["incidentId"].is_string());
    assert_eq!(booked(&sandbox), ["a", "b"]);
}

#[tokio::test]
async fn mixed_up_rows_have_the_keys_of_the_next_incident() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let employees = async |mixed_up: &[usize], sent: &[&str]| -> Vec<String> {
        sandbox.inject(Fault::new(Effect::MixedUpRows(mixed_up.to_vec())));
        let mut body = report(&sandbox, sent);
        body["incidentList"][0]["externalId"] = "first".into();
        let answer = post(&sandbox, NEW, &token, &body).await;
        let numbers: Vec<_> = (0..sent.len() as u64).collect();
        assert_eq!(answer.row_numbers(), numbers);
        let keys = |row: &serde_json::Value| {
            let external = row["externalId"].as_str().unwrap_or("-");
            format!("{external} {}", row["employeeId"].as_str().unwrap())
        };
        answer.rows().iter().map(keys).collect()
    };
    let three = ["a", "b", "c"];
    assert_eq!(employees(&[0], &three).await, ["- b", "- b", "- c"]);
    assert_eq!(
        employees(&[0, 2, 7], &three).await,
        ["- b", "- b", "first a"]
    );
    assert_eq!(employees(&[0], &["a"]).await, ["- unknown-0"]);
    assert_eq!(booked(&sandbox), ["a", "b", "c", "a", "b", "c", "a"]);
}

#[tokio::test]
async fn a_fault_in_words_strikes_like_any_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject("status=502,after=1,booked,employee=b".parse().unwrap());
    let mut statuses = Vec::new();
    for employee in ["b", "a", "b", "b"] {
        let body = report(&sandbox, &[employee]);
        statuses.push(post(&sandbox, NEW, &token, &body).await.status);
    }
    assert_eq!(statuses, [200, 200, 502, 200]);
    assert_eq!(booked(&sandbox).len(), 4);
}

#[test]
fn debug_shows_neither_the_employee_nor_the_body_of_an_answer() {
    let answer = OwnAnswer::new(200, "application/json", "planted");
    let fault = Fault::new(Effect::Answer(answer)).of_employee("planted".parse().unwrap());
    assert!(!format!("{fault:#?}").contains("planted"));
}
