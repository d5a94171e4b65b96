//! What happens at the same time is decided by the test.

use careflex_sandbox::{Effect, Fault, Gate, Place, Sandbox};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::raw::{JSON, NEW, booked, exchange, post, report, request, token, try_token};

#[tokio::test]
async fn a_gate_holds_requests_and_lets_them_pass_in_order() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())).times(3));
    let send = async |employee: &str, arrival: usize| {
        gate.arrived(arrival).await;
        let status = post(&sandbox, NEW, &token, &report(&sandbox, &[employee])).await;
        assert_eq!(status.status, 200);
    };
    let test = async {
        gate.arrived(3).await;
        assert_eq!(gate.arrivals(), 3);
        assert!(booked(&sandbox).is_empty());
        // Others are served meanwhile.
        post(&sandbox, NEW, &token, &report(&sandbox, &["d"])).await;
        assert_eq!(booked(&sandbox), ["d"]);
        gate.let_pass(1);
        eventually(|| booked(&sandbox) == ["d", "a"]).await;
        gate.open();
    };
    tokio::join!(send("a", 0), send("b", 1), send("c", 2), test);
    assert_eq!(booked(&sandbox)[..2], ["d", "a"]);
    assert_eq!(booked(&sandbox).len(), 4);
    // The numbers tell in which order they arrived.
    let first = &sandbox.ledger().bookings[1];
    assert_eq!(
        (first.request, first.incident.employee_id.as_str()),
        (1, "a")
    );
}

#[tokio::test]
async fn a_gate_can_be_opened_in_advance() {
    let sandbox = Sandbox::start().await.unwrap();
    let gate = Gate::closed();
    gate.let_pass(1);
    gate.open();
    sandbox.inject(
        Fault::new(Effect::Hold(gate.clone()))
            .at(Place::Token)
            .times(2),
    );
    token(&sandbox).await;
    token(&sandbox).await;
    assert_eq!(gate.arrivals(), 2);
}

#[tokio::test]
async fn two_requests_in_flight_lose_their_token_to_a_foreign_client() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())).times(2));
    sandbox.inject(Fault::new(Effect::ForgetTokens).times(2));
    let send = async || {
        post(&sandbox, NEW, &token, &report(&sandbox, &["4711"]))
            .await
            .status
    };
    let test = async {
        gate.arrived(2).await;
        gate.open();
    };
    assert_eq!(tokio::join!(send(), send(), test), (401, 401, ()));
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn a_token_is_issued_only_after_the_gate() {
    let sandbox = Sandbox::start().await.unwrap();
    let old = token(&sandbox).await;
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())).at(Place::Token));
    let test = async {
        gate.arrived(1).await;
        let answer = post(&sandbox, NEW, &old, &report(&sandbox, &["4711"])).await;
        assert_eq!(answer.status, 200);
        gate.open();
    };
    let (answer, ()) = tokio::join!(try_token(&sandbox), test);
    assert_eq!(answer.unwrap().status, 200);
    let answer = post(&sandbox, NEW, &old, &report(&sandbox, &["4711"])).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_request_goes_on_when_its_client_has_gone_away() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())));
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &*bearer)];
    let body = report(&sandbox, &["4711"]).to_string();
    let bytes = request("POST", NEW, &headers, &body);
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    connection.write_all(bytes.as_bytes()).await.unwrap();
    gate.arrived(1).await;
    drop(connection);
    // By another round trip the server has seen that the client is gone.
    exchange(&sandbox, request("GET", "/", &[], "").as_bytes()).await;
    gate.open();
    eventually(|| booked(&sandbox) == ["4711"]).await;
}

/// Lets the sandbox work, on the same thread, until something is the case.
async fn eventually(is_the_case: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if is_the_case() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never was the case");
}
