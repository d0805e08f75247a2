//! Who asks: the socket's peer, whatever the request says of itself, on every server there is.

use oauth_core::event::Event;
use oauth_tests::{Adapter, Backend, Server, on_every_server};
use std::net::IpAddr;

/// Guesses until one address may guess no more, while another one still may.
async fn the_peer_is_the_sockets(server: &Server) {
    let app = server.confidential().await;
    let guess = || server.post("/oauth/token").basic(&app.id, "wrong").form([("grant_type", "client_credentials")]);
    for _ in 0..10 {
        guess().header("x-real-ip", "203.0.113.9").header("x-forwarded-for", "203.0.113.9").await.expect(401);
    }
    guess().header("x-real-ip", "203.0.113.10").header("x-forwarded-for", "203.0.113.10").await.expect(429);
    guess().from("127.0.0.2").await.expect(401);
    server.client_credentials(&app, "read").from("127.0.0.2").await.expect(200);

    let told = server.events().all();
    let failed = told.iter().filter_map(|event| match event {
        Event::ClientAuthenticationFailed { address, .. } | Event::Throttled { address } => Some(*address),
        _ => None,
    });
    let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    let expected: Vec<_> = [vec![address("127.0.0.1"); 11], vec![address("127.0.0.2")]].concat();
    assert_eq!(failed.collect::<Vec<_>>(), expected);
}

on_every_server! {
    async fn r_178_the_peer_is_the_sockets_and_nobody_elses(server: &Server) {
        the_peer_is_the_sockets(server).await;
    }
}

/// There is nothing that an application has to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_178_warps_own_server_tells_the_peer() {
    the_peer_is_the_sockets(&Server::start_on(Adapter::WarpServer, Backend::Memory, |_| ()).await).await;
}

/// The application says it, as oauth-tower's first page shows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_178_an_application_tells_the_peer_on_axums_own_server() {
    the_peer_is_the_sockets(&Server::start_on(Adapter::AxumServer, Backend::Memory, |_| ()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_178_layers_without_a_framework_are_told_the_peer() {
    the_peer_is_the_sockets(&Server::start_on(Adapter::Layers, Backend::Memory, |_| ()).await).await;
}
