//! What a client is told, and how it travels (RFC 6749 §4.1.2, RFC 9207, RFC 9700 §4.12).

use super::{both_ways, stays};
use oauth_core::client::ClientType;
use oauth_tests::{App, Ask, Backend, Server, on_every_server};

/// Requests with one defect each, and the error they are answered with.
fn defects(app: &App) -> Vec<(Ask, &'static str)> {
    let ask = || app.ask("read");
    vec![
        (ask().without("response_type"), "invalid_request"),
        (ask().set("response_type", "token"), "unsupported_response_type"),
        (ask().set("response_mode", "fragment"), "invalid_request"),
        (ask().set("request", "eyJ"), "invalid_request"),
        (ask().set("request_uri", "https://evil.example/"), "invalid_request"),
        (ask().without_pkce(), "invalid_request"),
        (ask().set("code_challenge_method", "plain"), "invalid_request"),
        (ask().set("code_challenge", "short"), "invalid_request"),
        (ask().set("scope", "unknown"), "invalid_scope"),
        (ask().set("scope", "\"\\\r\n\u{e9}"), "invalid_scope"),
        (ask().set("resource", "https://nobody.example"), "invalid_target"),
        (ask().set("resource", "not a \"URI\"\r\n"), "invalid_target"),
        (ask().set("prompt", "none login"), "invalid_request"),
        (ask().set("prompt", "none"), "login_required"),
        (ask().and("scope", "write"), "invalid_request"),
        (ask().and("\"\\\r\n", "1").and("\"\\\r\n", "2"), "invalid_request"),
    ]
}

on_every_server! {
    // proves
    async fn r_138_every_answer_says_who_gave_it(server: &Server) {
        let app = server.public().await;
        for (ask, error) in defects(&app) {
            let [get, post] = both_ways(server, &ask).await;
            for answer in [get.expect(302), post.expect(303)] {
                let answer = answer.expect_redirected_error(error);
                let location = answer.location().unwrap();
                assert!(location.starts_with("https://client.example/callback?error=") && !location.contains('#'), "{answer}");
                assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()), "{answer}");
                assert_eq!(answer.parameter("state").as_deref(), Some("the state"), "{answer}");
                let description = answer.parameter("error_description").unwrap();
                let good = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
                assert!(description.bytes().all(good), "{description:?}");
                assert!(!description.contains("evil"), "nothing that was sent is repeated: {description:?}");
                let uri = answer.parameter("error_uri").unwrap();
                assert!(uri.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{uri:?}");
                assert_eq!(answer.header("cache-control"), Some("no-store"));
                assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
            }
        }
        let answer = server.ada().await.authorize(&app.ask("read")).await.allow().await;
        let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(answer.parameter("iss").as_deref(), metadata["issuer"].as_str());
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }

    async fn r_031_a_refusal_is_said_with_the_state(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let denied = ada.authorize(&app.ask("read write")).await.deny().await.expect(303);
        let nothing = {
            let asked = ada.authorize(&app.ask("read write")).await;
            let form = asked.form().untick("scope-read").untick("scope-write").press("allow");
            ada.submit(&form).await
        };
        for answer in [denied, nothing] {
            let answer = answer.expect_redirected_error("access_denied");
            assert_eq!(answer.parameter("state").as_deref(), Some("the state"), "{answer}");
            assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()), "{answer}");
        }
    }

    async fn r_009_the_redirect_uris_own_query_stays_in_front(server: &Server) {
        let uri = "https://client.example/cb?a=1&b=%20c+d";
        let app = server.register(ClientType::Public, |app| app.redirect_uris = vec![uri.to_owned()]).await;
        let ada = server.ada().await;
        let allowed = ada.authorize(&app.ask("read")).await.allow().await;
        let denied = ada.authorize(&app.ask("read")).await.deny().await;
        let wrong = server.authorize(&app.ask("unknown")).await;
        assert!(allowed.parameter("code").is_some(), "{allowed}");
        for answer in [allowed, denied, wrong] {
            assert!(answer.location().unwrap().starts_with(&format!("{uri}&")), "{answer}");
            assert_eq!(answer.parameter("a").as_deref(), Some("1"), "{answer}");
        }
    }

    async fn r_172_credentials_are_never_sent_on(server: &Server) {
        let app = server.public().await;
        let browser = server.browser();
        let page = browser.authorize(&app.ask("read")).await.answer.expect(200);
        let form = oauth_tests::Form::with(&page.text(), "sign-in");
        let wrong = form.clone().fill("username", "ada").fill("password", "wrong").press("sign-in");
        stays(&browser.post(&wrong).await.expect(403));
        let right = form.fill("username", "ada").fill("password", oauth_tests::PASSWORD).press("sign-in");
        let signed_in = browser.post(&right).await.expect(303);
        let consent = browser.open(signed_in.location().unwrap()).await.expect(200);
        let decided = browser.post(&oauth_tests::Form::with(&consent.text(), "allow").press("allow")).await.expect(303);
        let answer = browser.open(decided.location().unwrap()).await.expect(303);
        assert!(answer.parameter("code").is_some(), "{answer}");
    }

    // proves
    async fn vuln_38_no_token_and_no_fragment_in_the_front_channel(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        for response_type in ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE", "code code"] {
            let ask = app.ask("read").set("response_type", response_type);
            let answer = ada.authorize(&ask).await.answer.expect_redirected_error("unsupported_response_type");
            assert!(!answer.location().unwrap().contains(['#']) && !answer.location().unwrap().contains("token="), "{answer}");
        }
        let answer = ada.authorize(&app.ask("read")).await.allow().await;
        assert!(answer.parameter("code").is_some() && !answer.location().unwrap().contains('#'), "{answer}");
    }

    // proves: R-003
    async fn r_007_a_missing_response_type_is_not_an_unknown_one(server: &Server) {
        let app = server.public().await;
        for (ask, error) in [
            (app.ask("read").without("response_type"), "invalid_request"),
            (app.ask("read").set("response_type", ""), "invalid_request"),
            (app.ask("read").set("response_type", "Code"), "unsupported_response_type"),
        ] {
            for answer in both_ways(server, &ask).await {
                let answer = answer.expect_redirected_error(error);
                assert_eq!(answer.parameter("state").as_deref(), Some("the state"), "{answer}");
            }
        }
        server.authorize(&app.ask("read")).await.expect(200);
    }

    async fn r_179_two_servers_cannot_be_mixed_up(server: &Server) {
        let other = Server::start(Backend::Memory, |_| ()).await;
        let (here, there) = (server.public().await, other.public().await);
        let here = server.ada().await.authorize(&here.ask("read")).await.allow().await;
        let there = other.ada().await.authorize(&there.ask("read")).await.allow().await;
        assert_eq!(here.parameter("iss").as_deref(), Some(server.issuer()));
        assert_eq!(there.parameter("iss").as_deref(), Some(other.issuer()));
        assert_ne!(here.parameter("iss"), there.parameter("iss"));
    }
}
