//! How tokens look and how long they live, as the settings and the client's registration say.

use oauth_core::client::{ClientType, GrantType, Lifetimes};
use oauth_core::config::TokenFormat;
use oauth_core::store::GrantFilter;
use oauth_core::store::GrantStore as _;
use oauth_core::store::Page;
use oauth_tests::{Server, Tokens, on_every_server};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

on_every_server! {
    config |config| {
        config.code_format = TokenFormat::new(48);
        config.access_token_format = TokenFormat::new(42);
        config.refresh_token_format = TokenFormat::new(48);
        config.code_lifetime = Duration::from_secs(10 * 60);
        config.access_token_lifetime = Duration::from_secs(10 * DAY);
    };

    async fn what_others_issued_goes_on_as_it_was(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        assert_eq!(code.code.len(), 48);
        server.advance(599);
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        assert_eq!((tokens.access.len(), tokens.refresh.len()), (42, 48));
        assert_eq!(tokens.answer.json()["expires_in"], 864_000);
        let late = server.code(&app, "read").await;
        server.advance(600);
        server.redeem(&app, &late).await.expect_error(400, "invalid_grant");
        server.advance(10 * DAY - 601);
        assert!(server.is_alive(&tokens.access).await);
        server.advance(1);
        assert!(!server.is_alive(&tokens.access).await);
        let refreshed = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        assert_eq!((refreshed.access.len(), refreshed.refresh.len()), (42, 48));
        assert!(server.is_alive(&refreshed.access).await);
    }
}

on_every_server! {
    config |config| {
        config.code_format = TokenFormat::new(32).with_alphabet("0123456789abcdef").with_prefix("code_");
        config.access_token_format = TokenFormat::new(26).with_alphabet("ABCDEFGHJKMNPQRSTUVWXYZ23456789+/~.").with_prefix("acme.at/");
        config.refresh_token_format = TokenFormat::default().wrapped(|random| format!("eu1.{random}.v2"));
        config.token_type = "bearer".to_owned();
    };

    // proves: R-046
    async fn tokens_have_the_shape_that_is_set(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        let digits = code.code.strip_prefix("code_").unwrap();
        assert!(digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digits}");
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        assert!(tokens.access.starts_with("acme.at/") && tokens.access.len() == 34, "{}", tokens.access);
        assert!(tokens.refresh.starts_with("eu1.") && tokens.refresh.ends_with(".v2") && tokens.refresh.len() == 50);
        assert_eq!(tokens.answer.json()["token_type"], "bearer");
        assert!(server.is_alive(&tokens.access).await);
        assert_eq!(server.introspect(&app, &tokens.access).await.json()["token_type"], "bearer");
        server.revoke(&app, &tokens.access).await.expect(200);
        assert!(!server.is_alive(&tokens.access).await);
        let again = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        let replayed = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        assert_eq!((again.access, again.refresh), (replayed.access, replayed.refresh));
    }
}

on_every_server! {
    async fn a_client_has_lifetimes_of_its_own(server: &Server) {
        let lifetimes = Lifetimes {
            code: Some(Duration::from_secs(10)),
            access_token: Some(Duration::from_secs(100)),
            refresh_token_idle: Some(Duration::from_secs(1_000)),
            refresh_token: Some(Duration::from_secs(1_500)),
        };
        let app = server.register(ClientType::Confidential, |app| {
            app.lifetimes = lifetimes;
            app.grant_types.push(GrantType::ClientCredentials);
        }).await;
        let other = server.confidential().await;
        assert_eq!(server.client_credentials(&app, "read").await.json()["expires_in"], 100);
        assert_eq!(server.client_credentials(&other, "read").await.json()["expires_in"], 3_600);
        let (late, code) = (server.code(&app, "read").await, server.code(&app, "read").await);
        server.advance(9);
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        server.advance(1);
        server.redeem(&app, &late).await.expect_error(400, "invalid_grant");
        server.advance(98);
        assert!(server.is_alive(&tokens.access).await);
        server.advance(1);
        assert!(!server.is_alive(&tokens.access).await);
        server.advance(899);
        let used = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        server.advance(499);
        let last = Tokens::from(server.refresh(&app, &used.refresh).await);
        assert_eq!(last.answer.json()["expires_in"], 2, "no token outlives the family");
        server.advance(2);
        server.refresh(&app, &last.refresh).await.expect_error(400, "invalid_grant");
        let idle = server.tokens(&app, "read").await;
        server.advance(1_000);
        server.refresh(&app, &idle.refresh).await.expect_error(400, "invalid_grant");
    }
}

on_every_server! {
    config |config| config.insecure_access_tokens_never_expire = true;

    async fn an_access_token_may_never_expire(server: &Server) {
        let app = server.confidential().await;
        let with_its_own = Lifetimes { access_token: Some(Duration::from_secs(60)), ..Lifetimes::default() };
        let limited = server.register(ClientType::Confidential, |app| {
            app.lifetimes = with_its_own;
            app.grant_types = vec![GrantType::ClientCredentials];
        }).await;
        let tokens = server.tokens(&app, "read").await;
        let refreshed = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        let alone = Tokens::from(server.client_credentials(&app, "read").await);
        let mortal = Tokens::from(server.client_credentials(&limited, "read").await);
        assert_eq!(mortal.answer.json()["expires_in"], 60);
        for answer in [&tokens.answer, &refreshed.answer, &alone.answer] {
            assert!(answer.json().get("expires_in").is_none(), "{answer}");
        }
        server.advance(3_000 * DAY);
        for access in [&tokens.access, &refreshed.access, &alone.access] {
            assert!(server.is_alive(access).await);
            let introspected = server.introspect(&app, access).await.json();
            assert_eq!((&introspected["active"], introspected.get("exp")), (&true.into(), None), "{introspected}");
        }
        assert!(!server.is_alive(&mortal.access).await);
        let of_ada = GrantFilter::Client(app.client.id.clone());
        let grants = server.store().grants(&of_ada, &Page::first(10), server.now()).await.unwrap();
        assert_eq!(grants.len(), 1, "who would revoke it finds it");
        server.store().revoke_grants(&of_ada, server.now()).await.unwrap();
        assert!(!server.is_alive(&tokens.access).await && !server.is_alive(&alone.access).await);
    }
}
