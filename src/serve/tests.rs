//! Connections that do nothing, too little or too much, and what becomes of them and of the others.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Limits, serve};

/// Longer than any test runs.
const NEVER: Duration = Duration::from_secs(3600);
/// So soon that no test has to wait for it.
const SOON: Duration = Duration::from_millis(20);

const PATIENT: Limits = Limits { connections: 3, head: NEVER, body: NEVER, stalled: NEVER };

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn start(limits: Limits, router: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(listener, router, limits, |_, _, _| {}, async { drop(stopped.await) }));
    Server { address, stop, served }
}

fn routes() -> Router {
    let large = "x".repeat(64 * 1024 * 1024);
    Router::new()
        .route("/", get("here"))
        .route("/length", post(async |body: String| body.len().to_string()))
        .route("/large", get(async move || large.clone()))
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// Reads until the answer's end; keeps the connection.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut text = String::new();
    let mut buffer = [0; 1024];
    while !text.ends_with("here") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    text
}

/// What comes until the other side closes; an end by reset is an end.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read) = stream.read(&mut buffer).await
        && read > 0
    {
        bytes.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_connection_that_says_nothing_ends() {
    let server = start(Limits { head: SOON, ..PATIENT }, routes()).await;
    assert_eq!(until_closed(&mut connect(&server).await).await, "");
}

#[tokio::test]
async fn a_connection_that_was_used_ends_when_nothing_more_is_asked() {
    let server = start(Limits { head: SOON, ..PATIENT }, routes()).await;
    let mut stream = connect(&server).await;
    ask(&mut stream).await;
    assert_eq!(until_closed(&mut stream).await, "");
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_for_ever_ends() {
    let server = start(Limits { head: SOON, ..PATIENT }, routes()).await;
    let (mut reading, mut writing) = connect(&server).await.into_split();
    let dripping = tokio::spawn(async move {
        writing.write_all(b"GET / HTTP/1.1\r\nX-Long: ").await?;
        loop {
            writing.write_all(b"x").await?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        #[allow(unreachable_code, reason = "it says what the errors above are")]
        Ok::<(), std::io::Error>(())
    });
    let mut said = String::new();
    let _ = reading.read_to_string(&mut said).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    dripping.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let server = start(Limits { body: SOON, ..PATIENT }, routes()).await;
    let mut stream = connect(&server).await;
    stream.write_all(b"POST /length HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nbeginning").await.unwrap();
    let said = until_closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = start(Limits { stalled: SOON, ..PATIENT }, routes()).await;
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let Server { stop, served, .. } = server;
    // It stops although this answer is never read to its end.
    drop(stop);
    served.await.unwrap();
}

#[tokio::test]
async fn whoever_comes_is_answered_while_others_hold_every_place() {
    let server = start(PATIENT, routes()).await;
    let mut held = Vec::new();
    for _ in 0..PATIENT.connections {
        let mut stream = connect(&server).await;
        // Half a request, and it has a place.
        stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
        held.push(stream);
    }
    for _ in 0..20 {
        ask(&mut connect(&server).await).await;
    }
    assert_eq!(until_closed(&mut held[0]).await, "", "the one that was idle the longest had to go");
}

#[tokio::test]
async fn no_request_under_way_loses_its_place() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (release, released) = tokio::sync::watch::channel(false);
    let slow = async move || {
        arrived.send(()).unwrap();
        let mut released = released.clone();
        released.wait_for(|released| *released).await.unwrap();
        "here"
    };
    let server = start(PATIENT, Router::new().route("/", get(slow))).await;
    let mut asked: Vec<JoinHandle<String>> = Vec::new();
    for _ in 0..PATIENT.connections {
        let mut stream = connect(&server).await;
        asked.push(tokio::spawn(async move { ask(&mut stream).await }));
        arrivals.recv().await.unwrap();
    }
    // One more than there are places: it waits until one is free.
    let mut late = connect(&server).await;
    asked.push(tokio::spawn(async move { ask(&mut late).await }));
    tokio::task::yield_now().await;
    assert!(arrivals.try_recv().is_err());
    release.send(true).unwrap();
    for answer in asked {
        assert!(answer.await.unwrap().starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_stop_waits_for_requests_and_for_nobody_else() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (release, released) = tokio::sync::watch::channel(false);
    let slow = async move || {
        arrived.send(()).unwrap();
        let mut released = released.clone();
        released.wait_for(|released| *released).await.unwrap();
        "here"
    };
    let server = start(PATIENT, Router::new().route("/", get(slow))).await;
    let mut silent = connect(&server).await;
    let mut stream = connect(&server).await;
    let asked = tokio::spawn(async move { ask(&mut stream).await });
    arrivals.recv().await.unwrap();
    let Server { stop, served, address } = server;
    drop(stop);
    assert_eq!(until_closed(&mut silent).await, "");
    assert!(TcpStream::connect(address).await.is_err(), "no more connections");
    assert!(!served.is_finished());
    release.send(true).unwrap();
    assert!(asked.await.unwrap().starts_with("HTTP/1.1 200"));
    served.await.unwrap();
}
