//! The cache of `LocalResourceProvider`: off unless asked for, and how stale it gets.

use oauth_core::resource::{LocalResourceProvider, PresentedToken, Refusal, ResourceProvider as _};
use oauth_tests::{AnyStore, Server, on_every_server};
use std::sync::Arc;
use std::time::Duration;

fn resources(server: &Server) -> LocalResourceProvider<AnyStore> {
    LocalResourceProvider::new(server.store().clone()).with_clock(Arc::clone(&server.config().clock))
}

async fn ask(resources: &LocalResourceProvider<AnyStore>, token: &str) -> Result<(), Refusal> {
    let token = PresentedToken::new(token).unwrap();
    let answer = resources.validate_access_token(&token).await.map(drop);
    if let Some(at_once) = resources.validate_at_once(&token) {
        assert_eq!(at_once.map(drop), answer, "the same at once");
    }
    answer
}

on_every_server! {
    async fn a_revoked_token_is_refused_at_once_or_within_the_lifetime(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "read").await.access;
        let (bare, cached) = (resources(server), resources(server).with_cache(Duration::from_secs(5), 100));
        let off = resources(server).with_cache(Duration::from_millis(900), 100);
        for resources in [&bare, &cached, &off] {
            assert_eq!(ask(resources, &token).await, Ok(()));
        }
        server.post("/oauth/revoke").form([("token", token.as_str()), ("client_id", &app.id)]).await.expect(200);
        assert_eq!(ask(&bare, &token).await, Err(Refusal::InvalidToken));
        assert_eq!(ask(&off, &token).await, Err(Refusal::InvalidToken), "less than a second is none");
        assert_eq!(ask(&cached, &token).await, Ok(()), "what was asked for");
        server.advance(4);
        assert_eq!(ask(&cached, &token).await, Ok(()));
        server.advance(1);
        assert_eq!(ask(&cached, &token).await, Err(Refusal::InvalidToken), "five seconds, not one more");
    }

    async fn a_cached_token_ends_with_its_expiry(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "read").await.access;
        let cached = resources(server).with_cache(Duration::from_secs(86_400), 100);
        assert_eq!(ask(&cached, &token).await, Ok(()));
        server.advance(3_599);
        assert_eq!(ask(&cached, &token).await, Ok(()));
        server.advance(1);
        assert_eq!(ask(&cached, &token).await, Err(Refusal::InvalidToken));
    }

    async fn a_clock_that_goes_back_makes_nothing_younger(server: &Server) {
        let app = server.public().await;
        let token = server.tokens(&app, "read").await.access;
        let cached = resources(server).with_cache(Duration::from_secs(5), 100);
        let start = server.now();
        server.advance(60);
        assert_eq!(ask(&cached, &token).await, Ok(()));
        server.post("/oauth/revoke").form([("token", token.as_str()), ("client_id", &app.id)]).await.expect(200);
        server.set_clock(start);
        assert_eq!(ask(&cached, &token).await, Err(Refusal::InvalidToken));
    }

    async fn what_is_refused_is_not_remembered(server: &Server) {
        let app = server.public().await;
        let here = "https://here.example".to_owned().try_into().unwrap();
        let cached = resources(server).with_cache(Duration::from_secs(5), 100);
        let elsewhere = cached.clone().for_audience(here);
        let token = server.tokens(&app, "read").await.access;
        assert_eq!(ask(&cached, &token).await, Ok(()));
        assert_eq!(ask(&elsewhere, &token).await, Err(Refusal::InvalidToken), "a clone shares the cache, not the audience");
        assert_eq!(ask(&cached, "never-issued").await, Err(Refusal::InvalidToken));
        assert_eq!(ask(&cached, &token).await, Ok(()));
    }

    async fn the_cache_is_bounded(server: &Server) {
        let app = server.public().await;
        let cached = resources(server).with_cache(Duration::from_secs(60), 1);
        let mut tokens = Vec::new();
        for _ in 0..4 {
            tokens.push(server.tokens(&app, "read").await.access);
        }
        for token in &tokens {
            assert_eq!(ask(&cached, token).await, Ok(()));
        }
        for token in &tokens {
            server.post("/oauth/revoke").form([("token", token.as_str()), ("client_id", &app.id)]).await.expect(200);
        }
        let mut kept = 0;
        for token in &tokens {
            kept += usize::from(ask(&cached, token).await.is_ok());
        }
        assert!(kept <= 1, "{kept} of 4 were kept");
    }
}
