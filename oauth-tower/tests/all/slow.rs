//! Slow clients: more of them than there are places, while an honest one wants to be served.

use crate::running::{Running, start, until};
use oauth_tower::Limits;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// What an honest client waits for an answer, at most.
const SOON: Duration = Duration::from_secs(2);

/// Within what the operating system connects, however many wait in its queue.
const TAKEN: Duration = Duration::from_secs(20);

/// Nobody times out in these tests: what serves the honest client is that others give way.
fn patient(connections: usize) -> Limits {
    let mut limits = Limits::default();
    (limits.idle_time, limits.head_time, limits.body_time, limits.write_time) = (HOUR, HOUR, HOUR, HOUR);
    limits.connections = connections;
    limits
}

const HOUR: Duration = Duration::from_secs(3_600);

/// The ways to let a server wait.
const SLOW: [&str; 4] = [
    "",
    "GET /open HTTP/1.1\r\nHost: he",
    "POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf",
    "GET /large HTTP/1.1\r\nHost: here\r\n\r\n",
];

/// Opens so many slow connections, from as many addresses as asked, some at a time.
async fn hold(server: &Running, connections: usize, addresses: usize, ways: &'static [&'static str]) -> Vec<TcpStream> {
    let to = server.address;
    let mut held = Vec::new();
    for begin in (0..connections).step_by(64) {
        let some = (begin..connections.min(begin + 64)).map(|number| {
            tokio::spawn(async move {
                let host = 10 + number % addresses;
                let from = [127, 0, u8::try_from(host / 250).unwrap(), u8::try_from(host % 250 + 1).unwrap()];
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind(SocketAddr::from((from, 0))).unwrap();
                let mut stream = timeout(TAKEN, socket.connect(to)).await.expect("the server takes no more").unwrap();
                let _ = stream.write_all(ways.get(number % ways.len()).unwrap().as_bytes()).await;
                stream
            })
        });
        for stream in some.collect::<Vec<_>>() {
            held.push(stream.await.unwrap());
        }
    }
    held
}

/// How many sockets a test may open on both sides, after raising the limit of this process as far as
/// it may.
fn sockets() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| usize::try_from(files).unwrap())
}

#[tokio::test]
async fn five_thousand_slow_sockets_do_not_stop_an_honest_client() {
    let places = 500;
    let slow = 5_000.min(sockets().saturating_sub(places + 200));
    assert!(slow > 2 * places, "this process may not open enough files to show it: {}", sockets());
    let server = start(patient(places)).await;
    let held = hold(&server, slow, 200, &SLOW[..3]).await;
    for _ in 0..20 {
        let began = Instant::now();
        let answer = timeout(SOON, server.say("GET", "/open", "", "")).await;
        assert!(answer.is_ok_and(|answer| answer.ends_with("open")), "after {:?}", began.elapsed());
    }
    assert_eq!(held.len(), slow);
}

#[tokio::test]
async fn each_way_to_be_slow_gives_way() {
    for way in SLOW.chunks(1) {
        let server = start(patient(8)).await;
        let held = hold(&server, 24, 24, way).await;
        let answer = timeout(SOON, server.say("GET", "/open", "", "")).await;
        assert!(answer.as_ref().is_ok_and(|answer| answer.ends_with("open")), "{way:?}: {answer:?}");
        drop(held);
    }
}

#[tokio::test]
async fn a_crowd_pushes_out_its_own() {
    let server = start(patient(32)).await;
    let mut honest = server.connect().await;
    for _ in 0..4 {
        let held = hold(&server, 64, 1, &SLOW[1..2]).await;
        honest.write_all(b"GET /open HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
        timeout(SOON, until(&mut honest, "open")).await.unwrap();
        drop(held);
    }
}

#[tokio::test]
async fn a_request_under_way_never_gives_way() {
    let server = start(patient(4)).await;
    let mut held = server.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    assert!(server.say("GET", "/open", "", "").await.ends_with("open"));
    let slow = hold(&server, 40, 40, &SLOW[..3]).await;
    assert!(timeout(SOON, server.say("GET", "/open", "", "")).await.unwrap().ends_with("open"));
    server.application.released.notify_one();
    timeout(SOON, until(&mut held, "held")).await.unwrap();
    drop(slow);
}
