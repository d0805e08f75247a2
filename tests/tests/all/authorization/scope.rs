//! Scope at the authorization endpoint (RFC 6749 §3.3).

use super::both_ways;
use oauth_core::client::ClientType;
use oauth_tests::{Code, Server, Tokens, on_every_server};

on_every_server! {
    async fn r_021_scope_is_a_list_of_tokens(server: &Server) {
        let app = server.public().await;
        let bad = ["\"", "read\"", "\\", "read\\write", "read\twrite", "read\nwrite", "\0", "\u{e9}", "read\u{7f}", "READ", "Read", "read,write", "read+write", "admin", "read admin", "*"];
        for scope in bad {
            for answer in both_ways(server, &app.ask(scope)).await {
                answer.expect_redirected_error("invalid_scope");
            }
        }
        for scope in ["read write", "write read"] {
            let tokens = server.tokens(&app, scope).await;
            assert_eq!(tokens.answer.member("scope"), "read write", "order has no meaning");
        }
    }

    async fn r_021_a_client_may_not_ask_for_more_than_it_is_registered_for(server: &Server) {
        let app = server.register(ClientType::Public, |app| app.scope = Some("read".parse().unwrap())).await;
        for answer in both_ways(server, &app.ask("read write")).await {
            answer.expect_redirected_error("invalid_scope");
        }
        server.authorize(&app.ask("read")).await.expect(200);
    }

    // proves: R-202
    async fn r_022_what_was_unticked_is_not_granted(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let ask = app.ask("read write");
        let form = ada.authorize(&ask).await.form().untick("scope-write").press("allow");
        let answer = ada.submit(&form).await;
        let code = Code { code: answer.parameter("code").unwrap(), verifier: ask.verifier.clone(), redirect_uri: app.redirect_uri.clone() };
        let tokens = Tokens::from(server.redeem(&app, &code).await);
        assert_eq!(tokens.answer.member("scope"), "read");
        server.get("/api/notes").bearer(&tokens.access).await.expect(200);
        server.post("/api/notes").bearer(&tokens.access).await.expect_error(403, "insufficient_scope");
        assert_eq!(server.tokens(&app, "read write").await.answer.member("scope"), "read write");
    }

    async fn r_023_without_scope_the_default_is_asked_for(server: &Server) {
        let app = server.public().await;
        for ask in [app.ask("read").without("scope"), app.ask("")] {
            let code = server.code_for(&app, ask).await;
            assert_eq!(Tokens::from(server.redeem(&app, &code).await).answer.member("scope"), "read");
        }
    }
}

on_every_server! {
    config |config| config.default_scope = None;

    async fn r_023_without_scope_and_default_it_is_refused(server: &Server) {
        let app = server.public().await;
        for ask in [app.ask("read").without("scope"), app.ask("")] {
            for answer in both_ways(server, &ask).await {
                answer.expect_redirected_error("invalid_scope");
            }
        }
        server.authorize(&app.ask("read")).await.expect(200);
    }
}
