//! How the parameters of an authorization request are read (RFC 6749 §3.1).

use super::{both_ways, stays};
use oauth_core::event::Event;
use oauth_tests::{Form, Server, on_every_server};

on_every_server! {
    async fn r_002_get_and_post_are_the_same(server: &Server) {
        let app = server.public().await;
        let ask = app.ask("read write");
        let ada = server.ada().await;
        let by_get = ada.authorize(&ask).await.answer.expect(200);
        let cookies: Vec<String> = ada.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let by_post = server.authorize_by_post(&ask).header("cookie", cookies.join("; ")).await.expect(200);
        assert_eq!(by_get.text(), by_post.text(), "the same page asks");
        assert!(ada.submit(&Form::with(&by_post.text(), "allow").press("allow")).await.parameter("code").is_some());
        // A form on the client's site brings no Lax cookie: the same request as a link tells who is there.
        let anonymous = server.authorize_by_post(&ask).await.expect(303);
        let page = ada.visit(anonymous.location().unwrap()).await.expect(200);
        assert_eq!(page.text(), by_get.text());
        for content_type in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
            let answer = server.post("/oauth/authorize").body(content_type, ask.query()).await;
            stays(&answer);
            answer.expect_page(400, 1007);
        }
        let query_and_body = server.post(&format!("/oauth/authorize?{}", ask.query())).form([("a", "b")]).await;
        query_and_body.expect_page(400, 1002);
    }

    // proves: R-093
    async fn r_003_a_parameter_without_value_was_not_sent(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let scope = |answer: oauth_tests::Answer| Form::with(&answer.expect(200).text(), "allow").controls.contains_key("scope-write");
        assert!(scope(ada.authorize(&app.ask("read write")).await.answer));
        assert!(!scope(ada.authorize(&app.ask("")).await.answer), "the default scope is read");
        assert!(!scope(ada.authorize(&app.ask("read").without("scope")).await.answer));
        for ask in [app.ask("read").set("code_challenge", ""), app.ask("read").without("code_challenge")] {
            for answer in both_ways(server, &ask).await {
                let answer = answer.expect_redirected_error("invalid_request");
                assert!(answer.parameter("error_description").unwrap().contains("code_challenge"), "{answer}");
            }
        }
        for name in ["redirect_uri", "prompt", "response_mode", "nonce", "login_hint", "request", "request_uri", "resource"] {
            server.authorize(&app.ask("read").set(name, "")).await.expect(200);
            server.get(&format!("/oauth/authorize?{}&unknown&=&&", app.ask("read").without(name).query())).await.expect(200);
        }
    }

    // What a store cannot keep must not depend on the store: PostgreSQL has no NUL in a text.
    async fn control_characters_are_refused_at_the_door(server: &Server) {
        let app = server.public().await;
        for control in ["\0", "\u{1}", "\t", "\n", "\r", "\u{1b}", "\u{1f}", "\u{7f}", "\u{80}", "\u{9f}"] {
            for name in ["nonce", "login_hint"] {
                let ask = app.ask("read").set(name, &format!("a{control}b"));
                for answer in both_ways(server, &ask).await {
                    let answer = answer.expect_redirected_error("invalid_request");
                    assert!(answer.parameter("error_description").unwrap().contains(name), "{answer}");
                    assert_eq!(answer.parameter("state").as_deref(), Some("the state"), "{answer}");
                }
            }
        }
        for odd in [" ", "\u{202e}", "\u{1f511}", "'; --", "\u{a0}", &"\u{e9}".repeat(2_048)] {
            let ask = app.ask("read").set("nonce", odd).set("login_hint", odd);
            let code = server.code_for(&app, ask).await;
            server.redeem(&app, &code).await.expect(200);
        }
    }

    async fn r_004_what_is_unknown_changes_nothing(server: &Server) {
        let app = server.public().await;
        let unknown = [
            ("foo", "bar"), ("code", "stolen"), ("iss", "https://evil.example"), ("error", "x"), ("username", "eve"),
            ("subject", "subject-eve"), ("approved", "true"), ("allow", "allow"), ("decision", "allow"), ("csrf", "x"),
            ("client_secret", "x"), ("return_to", "https://evil.example"), ("ui_locales", "de"), ("display", "page"), ("max_age", "60"),
        ];
        let ask = unknown.iter().fold(app.ask("read"), |ask, (name, value)| ask.and(name, value));
        server.authorize(&ask).await.expect(200);
        let answer = server.ada().await.authorize(&ask).await.allow().await;
        assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()), "{answer}");
        assert_eq!(answer.parameter("error"), None, "{answer}");
        let location = answer.location().unwrap();
        assert!(!location.contains("foo") && !location.contains("stolen") && !location.contains("evil"), "{answer}");
    }

    // proves: vuln_23
    async fn r_005_a_repeated_parameter_is_refused(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let ask = app.ask("read").set("response_mode", "query").set("prompt", "login").set("nonce", "n").set("login_hint", "ada");
        ada.authorize(&ask).await.answer.expect(200);
        for (name, value) in ask.fields() {
            for second in [value.as_str(), "another", ""] {
                let ask = ask.clone().and(name, second);
                for answer in [ada.authorize(&ask).await.answer, server.authorize_by_post(&ask).await] {
                    // Which of two values says where to answer? So nobody is answered.
                    if matches!(name.as_str(), "client_id" | "redirect_uri" | "state") {
                        stays(&answer);
                        answer.expect_page(400, 1001);
                    } else {
                        answer.expect_redirected_error("invalid_request");
                    }
                }
            }
        }
        let first_empty = format!("/oauth/authorize?scope=&{}", ask.query());
        server.get(&first_empty).await.expect_redirected_error("invalid_request");
        let encoded = format!("/oauth/authorize?{}&%73cope=write", ask.query());
        server.get(&encoded).await.expect_redirected_error("invalid_request");
        assert_eq!(server.events().count(|event| matches!(event, Event::Approved { .. })), 0);
    }

    // proves: R-116
    async fn r_005_several_resources_are_no_repetition(server: &Server) {
        let app = server.public().await;
        server.resource_server("https://one.example").await;
        server.resource_server("https://two.example").await;
        let ask = app.ask("read").and("resource", "https://one.example").and("resource", "https://two.example");
        server.ada().await.authorize(&ask).await.form();
    }

    async fn r_005_a_repeated_parameter_is_refused_at_the_other_endpoints(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let code = server.code(&app, "read").await;
        let redeem = [("grant_type", "authorization_code"), ("code", &code.code), ("redirect_uri", &code.redirect_uri), ("code_verifier", &code.verifier)];
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh), ("scope", "read")];
        let token = [("token", tokens.access.as_str()), ("token_type_hint", "access_token")];
        for (path, fields) in [("/oauth/token", &redeem[..]), ("/oauth/token", &refresh), ("/oauth/revoke", &token), ("/oauth/introspect", &token)] {
            for (name, value) in fields {
                for second in [value, "another", ""] {
                    let fields = fields.iter().copied().chain([(*name, second)]);
                    server.as_client(&app, path, fields).await.expect_error(400, "invalid_request");
                }
            }
        }
        assert!(server.is_alive(&tokens.access).await);
        server.token(&app, redeem).await.expect(200);
        server.token(&app, refresh).await.expect(200);
    }
}
