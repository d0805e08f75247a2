//! What the server loop limits, and how it stops.

use crate::running::{LARGE, quick, rest, start, until};
use oauth_tower::Limits;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const OPEN: &[u8] = b"GET /open HTTP/1.1\r\nHost: here\r\n\r\n";

/// Longer than any limit of [`quick`], shorter than any that is not set there.
const PATIENCE: Duration = Duration::from_secs(8);

#[tokio::test]
async fn slow_heads_and_bodies_are_broken_off() {
    let server = start(quick()).await;
    for slow in [
        "",
        "GET /open HTTP/1.1\r\nHost:",
        "POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf",
        "GET /open HTTP/1.1\r\nHost: here\r\n\r\n",
    ] {
        let began = Instant::now();
        timeout(PATIENCE, server.raw(slow)).await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(250), "{slow}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_stretch_the_time() {
    let server = start(quick()).await;
    let body = "POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n\r\n";
    for (begins, bytes) in [("", "GET /open HTTP/1.1\r\nX-Long: x"), (body, "")] {
        let mut stream = server.connect().await;
        stream.write_all(format!("{begins}{bytes}").as_bytes()).await.unwrap();
        let trickle = async {
            while stream.write_all(b"x").await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, trickle).await.expect("it is closed");
    }
}

#[tokio::test]
async fn the_second_head_of_a_connection_has_no_more_time() {
    let server = start(quick()).await;
    let mut stream = server.connect().await;
    stream.write_all(OPEN).await.unwrap();
    until(&mut stream, "open").await;
    stream.write_all(b"GET /open HTTP/1.1\r\nHost:").await.unwrap();
    assert_eq!(timeout(PATIENCE, rest(&mut stream)).await.unwrap(), "");
}

#[tokio::test]
async fn f_32_an_idle_connection_lives_longer_than_half_a_head() {
    assert_eq!((Limits::default().idle_time.as_secs(), Limits::default().head_time.as_secs()), (75, 10));
    let mut limits = quick();
    limits.idle_time = Duration::from_secs(3);
    let server = start(limits).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        // Longer than a head may take, also before the first one.
        sleep(Duration::from_millis(700)).await;
        stream.write_all(OPEN).await.unwrap();
        until(&mut stream, "open").await;
    }
    let began = Instant::now();
    stream.write_all(b"GET /open HTTP/1.1\r\nHost:").await.unwrap();
    assert_eq!(timeout(PATIENCE, rest(&mut stream)).await.unwrap(), "");
    assert!(began.elapsed() < Duration::from_secs(2), "half a head has its own time: {:?}", began.elapsed());
    let mut silent = server.connect().await;
    let began = Instant::now();
    assert_eq!(timeout(PATIENCE, rest(&mut silent)).await.unwrap(), "");
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_broken_off() {
    let server = start(quick()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(1_500)).await;
    let read = timeout(PATIENCE, rest(&mut stream)).await.unwrap().len();
    assert!(read < LARGE.len(), "the server kept {read} bytes for a client that did not read");
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_arrives_whole() {
    let server = start(quick()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.unwrap();
    let (mut some, mut read) = (vec![0; 8 << 20], 0);
    loop {
        match stream.read(&mut some).await.unwrap() {
            0 => break,
            more => read += more,
        }
        if read % 7 == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(read > LARGE.len(), "{read}");
}

#[tokio::test]
async fn a_heads_size_is_exact() {
    let server = start(Limits::default()).await;
    let frame = "GET /open HTTP/1.1\r\nHost: here\r\nConnection: close\r\nX-Long: \r\n\r\n".len();
    let head = |size: usize| {
        format!("GET /open HTTP/1.1\r\nHost: here\r\nConnection: close\r\nX-Long: {}\r\n\r\n", "x".repeat(size - frame))
    };
    let limit = Limits::default().head_size;
    assert_eq!(head(limit).len(), limit);
    for (size, status) in [(limit, "200"), (limit + 1, "431"), (limit * 4, "431")] {
        let answer = server.raw(&head(size)).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) || size > limit && answer.is_empty(),
            "{size}: {answer}"
        );
    }
    // In two pieces, of which the first alone is as long as a whole one may be.
    let long = head(limit + 1);
    let mut stream = server.connect().await;
    stream.write_all(long.get(..limit).unwrap().as_bytes()).await.unwrap();
    let answer = timeout(PATIENCE, rest(&mut stream)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_connection_only() {
    let mut limits = Limits::default();
    limits.connections = 2;
    let server = start(limits).await;
    for _ in 0..4 {
        assert_eq!(server.say("GET", "/panic", "", "").await, "");
    }
    assert!(server.say("GET", "/open", "", "").await.ends_with("open"));
}

#[tokio::test]
async fn a_target_without_a_path_reaches_no_service() {
    let server = start(Limits::default()).await;
    for method in ["CONNECT", "GET"] {
        let answer = server.say(method, "client.example:80", "", "").await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && !answer.contains("nothing here"), "{answer}");
    }
}

#[tokio::test]
async fn f_38_a_request_of_http_1_1_has_one_host() {
    let server = start(Limits::default()).await;
    for (version, hosts, good) in [
        ("1.1", "", false),
        ("1.1", "Host: a\r\n", true),
        ("1.1", "Host: a\r\nHost: b\r\n", false),
        ("1.1", "Host: a\r\nX: y\r\nhost: a\r\n", false),
        ("1.0", "", true),
    ] {
        let head = format!("GET /open HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        let answer = server.raw(&head).await;
        let refused = answer.starts_with("HTTP/1.1 400 ") && !answer.contains("open");
        assert!(refused != good, "{version} {hosts:?} {answer}");
    }
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way() {
    let server = start(Limits::default()).await;
    let mut held = server.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    let mut idle = server.connect().await;
    idle.write_all(OPEN).await.unwrap();
    until(&mut idle, "open").await;
    let silent = server.connect().await;
    let mut half = server.connect().await;
    half.write_all(b"GET /open HTTP/1.1\r\n").await.unwrap();
    let mut slow = server.connect().await;
    slow.write_all(b"GET /open HTTP/1.1\r\n").await.unwrap();
    // The requests are under way once a later one has been answered.
    assert!(server.say("GET", "/open", "", "").await.ends_with("open"));

    let (address, released, ended) = (server.address, server.application.released, server.ended);
    server.stop.send(()).unwrap();
    assert_eq!(timeout(PATIENCE, rest(&mut idle)).await.unwrap(), "", "an idle connection is closed");
    assert!(TcpStream::connect(address).await.is_err(), "no more are taken");
    half.write_all(b"Host: here\r\n\r\n").await.unwrap();
    assert!(rest(&mut half).await.ends_with("open"), "a head that has begun may end");
    assert_eq!(timeout(PATIENCE, rest(&mut slow)).await.unwrap(), "", "but not for the whole time of a head");
    assert!(!ended.is_finished());
    released.notify_one();
    let answer = rest(&mut held).await;
    assert!(answer.ends_with("held") && answer.contains("connection: close"), "{answer}");
    timeout(PATIENCE, ended).await.unwrap().unwrap();
    drop(silent);
}

#[tokio::test]
async fn stopping_takes_no_longer_than_its_grace() {
    let mut limits = Limits::default();
    limits.grace = Duration::from_millis(200);
    let server = start(limits).await;
    let mut held = server.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    assert!(server.say("GET", "/open", "", "").await.ends_with("open"));
    timeout(PATIENCE, server.end()).await.unwrap();
    assert_eq!(rest(&mut held).await, "", "what is not over then is closed");
}

#[tokio::test]
async fn stopping_waits_for_the_provider_where_clients_hung_up() {
    let server = start(Limits::default()).await;
    server.hang_up().await;
    let (witness, ended) = (server.witness.clone(), server.ended);
    server.stop.send(()).unwrap();
    // Longer than what the last connection takes to end.
    sleep(Duration::from_millis(1_500)).await;
    assert!(!ended.is_finished(), "its transaction may be on the way, and its event not told");
    witness.released.notify_one();
    timeout(PATIENCE, ended).await.unwrap().unwrap();
    assert_eq!(witness.told.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn stopping_waits_for_the_provider_no_longer_than_its_grace() {
    let mut limits = Limits::default();
    limits.grace = Duration::from_millis(200);
    let server = start(limits).await;
    server.hang_up().await;
    let witness = server.witness.clone();
    timeout(PATIENCE, server.end()).await.unwrap();
    assert_eq!(witness.told.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let server = start(Limits::default()).await;
    let mut held = server.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    assert!(server.say("GET", "/open", "", "").await.ends_with("open"));
    server.ended.abort();
    assert_eq!(timeout(PATIENCE, rest(&mut held)).await.unwrap(), "");
}

#[tokio::test]
async fn the_sweep_runs_as_long_as_the_server() {
    let server = start(Limits::default()).await;
    let witness = server.witness.clone();
    while witness.sweeps.load(Ordering::SeqCst) < 3 {
        sleep(Duration::from_millis(5)).await;
    }
    server.end().await;
    let swept = witness.sweeps.load(Ordering::SeqCst);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(witness.sweeps.load(Ordering::SeqCst), swept);
}
