//! The code challenge at the authorization endpoint (RFC 7636 §4.3, OAuth 2.1 §4.1.1).

use super::both_ways;
use oauth_core::client::ClientType;
use oauth_tests::{Code, Server, challenge_of, on_every_server, verifier};

on_every_server! {
    // proves: R-199
    async fn r_093_every_client_sends_a_challenge(server: &Server) {
        for app in [server.public().await, server.confidential().await] {
            let ask = app.ask("read").without_pkce();
            for ask in [ask.clone(), ask.clone().set("prompt", "none"), ask.set("code_challenge_method", "S256")] {
                for answer in both_ways(server, &ask).await {
                    let answer = answer.expect_redirected_error("invalid_request");
                    assert!(answer.parameter("error_description").unwrap().contains("code_challenge"), "{answer}");
                    assert_eq!(answer.parameter("state").as_deref(), Some("the state"), "{answer}");
                }
            }
            server.authorize(&app.ask("read")).await.expect(200);
        }
    }

    // proves
    async fn r_087_the_method_is_sent_and_is_s256(server: &Server) {
        let app = server.public().await;
        let ask = app.ask("read");
        for ask in [
            ask.clone().without("code_challenge_method"),
            ask.clone().set("code_challenge_method", ""),
            ask.clone().set("code_challenge_method", "plain"),
            ask.clone().set("code_challenge_method", "plain").set("code_challenge", &ask.verifier),
            ask.clone().set("code_challenge_method", "s256"),
            ask.clone().set("code_challenge_method", "S512"),
            ask.clone().set("code_challenge_method", "none"),
            ask.clone().set("code_challenge_method", "S256 "),
            ask.clone().set("code_challenge_method", "S256,plain"),
        ] {
            for answer in both_ways(server, &ask).await {
                answer.expect_redirected_error("invalid_request");
            }
        }
        server.authorize(&ask).await.expect(200);
    }

    async fn r_094_a_challenge_is_43_base64url_characters(server: &Server) {
        let app = server.public().await;
        let good = challenge_of(&verifier());
        let bad = [
            good[1..].to_owned(), format!("{good}A"), format!("{good}="), format!("{}=", &good[1..]), format!("{}+", &good[1..]),
            format!("{}/", &good[1..]), format!("{} ", &good[1..]), format!("{}\u{e9}", &good[2..]), good.repeat(2), "A".to_owned(),
        ];
        for bad in bad {
            for answer in both_ways(server, &app.ask("read").set("code_challenge", &bad)).await {
                answer.expect_redirected_error("invalid_request");
            }
        }
        server.authorize(&app.ask("read").set("code_challenge", &good)).await.expect(200);
    }

    // proves: R-194
    async fn vuln_19_going_without_is_for_the_registered_exception_only(server: &Server) {
        let app = server.register(ClientType::Confidential, |app| app.insecure_without_pkce = true).await;
        let bare = app.ask("read").without_pkce();
        // The exception works.
        let code = server.code_for(&app, bare.clone()).await;
        let fields = [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("redirect_uri", app.redirect_uri.as_str())];
        server.token(&app, fields).await.expect(200);
        // A verifier for a code without a challenge: somebody stripped the challenge on its way.
        let code = server.code_for(&app, bare.clone()).await;
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        // What is sent is enforced.
        let code = server.code(&app, "read").await;
        let fields = [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("redirect_uri", app.redirect_uri.as_str())];
        server.token(&app, fields).await.expect_error(400, "invalid_grant");
        server.redeem(&app, &Code { verifier: verifier(), ..code.clone() }).await.expect_error(400, "invalid_grant");
        server.redeem(&app, &code).await.expect(200);
        for ask in [app.ask("read").set("code_challenge_method", "plain"), bare.set("code_challenge_method", "S256")] {
            server.authorize(&ask).await.expect_redirected_error("invalid_request");
        }
    }

    async fn r_194_a_public_client_is_never_excepted(server: &Server) {
        let app = server.public().await;
        let mut client = app.client.clone();
        client.insecure_without_pkce = true;
        server.put_client(&client).await;
        server.authorize(&app.ask("read").without_pkce()).await.expect_redirected_error("invalid_request");
        server.authorize(&app.ask("read")).await.expect(200);
    }

    async fn r_092_the_metadata_says_s256_only(server: &Server) {
        let document = server.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    }
}
