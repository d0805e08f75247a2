//! What a browser and a client are told when the store does not answer (RFC 6749 §4.1.2.1).

use super::{both_ways, stays};
use oauth_tests::{ADA, Form, Server, on_every_server};

on_every_server! {
    async fn r_032_before_the_client_is_known_it_is_a_page(server: &Server) {
        let app = server.public().await;
        server.faults().fail("client");
        for answer in both_ways(server, &app.ask("read")).await {
            stays(&answer);
            assert_eq!(answer.header("retry-after"), Some("5"), "{answer}");
            answer.expect_page(503, 5001);
        }
        server.faults().heal();
        server.authorize(&app.ask("read")).await.expect(200);
    }

    // proves: R-138
    async fn r_032_once_the_client_is_known_it_is_a_redirect(server: &Server) {
        let app = server.public().await;
        server.resource_server("https://api.example").await;
        let ask = app.ask("read").set("resource", "https://api.example");
        let ada = server.ada().await;
        for verb in ["clients", "session", "account", "take_decision"] {
            server.faults().fail(verb);
            let answer = ada.authorize(&ask).await.answer.expect_redirected_error("temporarily_unavailable");
            assert_eq!(answer.parameter("state").as_deref(), Some("the state"), "{verb} {answer}");
            assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()), "{verb} {answer}");
            assert!(answer.location().unwrap().starts_with("https://client.example/callback?"), "{verb} {answer}");
            server.faults().heal();
        }
        server.faults().fail("save_code");
        let answer = ada.authorize(&ask).await.allow().await.expect_redirected_error("temporarily_unavailable");
        assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()));
        server.faults().heal();
        assert!(ada.authorize(&ask).await.allow().await.parameter("code").is_some(), "it recovers by itself");
    }

    async fn r_032_pages_are_unavailable_with_a_time_to_retry(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let allow = ada.authorize(&app.ask("read")).await.form().press("allow");
        server.faults().fail_all();
        let consent = ada.post(&allow).await;
        let home = ada.open("/oauth/").await;
        server.faults().heal();
        let anybody = server.browser();
        let page = anybody.open("/oauth/sign-in").await.expect(200);
        let form = Form::with(&page.text(), "sign-in").fill("username", ADA).fill("password", oauth_tests::PASSWORD);
        server.faults().fail("account_named");
        let sign_in = anybody.post(&form).await;
        for answer in [consent, home, sign_in] {
            stays(&answer);
            assert_eq!(answer.header("retry-after"), Some("5"), "{answer}");
            answer.expect_page(503, 5001);
        }
        server.faults().heal();
        assert!(ada.submit(&allow).await.parameter("code").is_some(), "the same form works once the store does");
    }
}
