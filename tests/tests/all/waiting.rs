//! No request waits for another one's store: no lock is held while something is awaited.

use oauth_tests::{App, Call, Server, Stop, on_every_server};
use std::future::{Future, IntoFuture as _};
use std::time::Duration;
use tokio::time::timeout;

/// Far more than the threads that serve.
const WAITING: usize = 16;

/// Fails where something waits that should not.
async fn at_once<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("{what} waits for somebody else's store"))
}

/// Has many requests stop at a verb, and wants others answered meanwhile, then these.
async fn stopped_at(server: &Server, verb: &str, stopping: Vec<Call>, others: impl Future<Output = ()>) {
    let calls = u32::try_from(stopping.len()).unwrap();
    let pause = server.faults().pause(verb, stopping.len(), Stop::Before);
    let waiting: Vec<_> = stopping.into_iter().map(|call| tokio::spawn(call.into_future())).collect();
    pause.reached(calls).await;
    at_once("another request", others).await;
    assert!(waiting.iter().all(|request| !request.is_finished()), "they still wait");
    pause.release();
    for request in waiting {
        at_once("a request that was let go", request).await.unwrap().expect(200);
    }
}

/// Does what every other client might do: with the same token, with another, and at every endpoint.
async fn everything(server: &Server, app: &App, same: &str) {
    assert!(server.is_alive(same).await);
    let tokens = server.approved_tokens(app, "read").await;
    assert!(server.is_alive(&tokens.access).await);
    assert!(!server.is_alive("unknown").await);
    server.get("/api/profile").await.expect(401);
    server.refresh(app, &tokens.refresh).await.expect(200);
    server.client_credentials(app, "read").await.expect(200);
    server.introspect(app, same).await.expect(200);
    server.revoke(app, &tokens.access).await.expect(200);
    server.code(app, "read").await;
}

on_every_server! {
    async fn while_tokens_are_checked(server: &Server) {
        let app = server.confidential().await;
        let token = server.approved_tokens(&app, "read").await.access;
        let checks = vec![server.get("/api/profile").bearer(&token); WAITING];
        stopped_at(server, "authorization", checks, everything(server, &app, &token)).await;
    }

    async fn while_tokens_are_issued(server: &Server) {
        let app = server.confidential().await;
        let token = server.approved_tokens(&app, "read").await.access;
        let issued = vec![server.client_credentials(&app, "read"); WAITING];
        stopped_at(server, "issue", issued, everything(server, &app, &token)).await;
        let mut refreshed = Vec::new();
        for _ in 0..WAITING {
            refreshed.push(server.refresh(&app, &server.approved_tokens(&app, "read").await.refresh));
        }
        stopped_at(server, "rotate", refreshed, everything(server, &app, &token)).await;
    }

    async fn while_clients_are_authenticated(server: &Server) {
        let (slow, app) = (server.confidential().await, server.confidential().await);
        let token = server.approved_tokens(&app, "read").await.access;
        let authenticated = vec![server.client_credentials(&slow, "read"); WAITING];
        stopped_at(server, "client", authenticated, everything(server, &app, &token)).await;
    }
}
