//! What a code is bound to, seen from the request that got it (RFC 7636 §4.6, RFC 6749 §4.1.3).

use oauth_core::client::ClientType;
use oauth_tests::{App, Ask, Code, Server, challenge_of, on_every_server};

async fn code_of(server: &Server, app: &App, verifier: &str) -> Code {
    let ask: Ask = app.ask("read").set("code_challenge", &challenge_of(verifier));
    Code { verifier: verifier.to_owned(), ..server.code_for(app, ask).await }
}

on_every_server! {
    async fn r_085_a_verifier_has_43_to_128_unreserved_characters(server: &Server) {
        let app = server.public().await;
        for good in ["a".repeat(43), "a".repeat(128), "-._~".repeat(11)] {
            let code = code_of(server, &app, &good).await;
            server.redeem(&app, &code).await.expect(200);
        }
        let fit = "a".repeat(42);
        let bad = ["a".repeat(42), "a".repeat(129), format!("{fit}="), format!("{fit}%"), format!("{fit} "), format!("{fit}+"), format!("{fit}\u{e9}"), format!("{fit}\0")];
        for bad in bad {
            let code = code_of(server, &app, &bad).await;
            server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        }
    }

    async fn r_086_the_vector_of_appendix_b(server: &Server) {
        let app = server.public().await;
        let ask = app.ask("read").set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let code = server.code_for(&app, ask).await;
        let code = Code { verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(), ..code };
        server.redeem(&app, &code).await.expect(200);
    }

    // proves: vuln_19, R-048
    async fn r_089_only_the_right_verifier_redeems(server: &Server) {
        for app in [server.public().await, server.confidential().await] {
            let code = server.code(&app, "read").await;
            let challenge = challenge_of(&code.verifier);
            let mut near = code.verifier.clone();
            near.replace_range(0..1, if near.starts_with('A') { "B" } else { "A" });
            for wrong in [&oauth_tests::verifier(), &challenge, "", &near, &code.verifier.to_uppercase(), &code.verifier[..42]] {
                let wrong = Code { verifier: wrong.to_owned(), ..code.clone() };
                server.redeem(&app, &wrong).await.expect_error(400, "invalid_grant");
            }
            let absent = [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("redirect_uri", code.redirect_uri.as_str())];
            server.token(&app, absent).await.expect_error(400, "invalid_grant");
            server.redeem(&app, &code).await.expect(200);
        }
    }

    // proves: R-180
    async fn r_090_a_challenge_belongs_to_its_own_code(server: &Server) {
        let app = server.public().await;
        let (mine, yours) = (server.code(&app, "read").await, server.code(&app, "read").await);
        let injected = Code { code: mine.code.clone(), ..yours.clone() };
        server.redeem(&app, &injected).await.expect_error(400, "invalid_grant");
        server.redeem(&app, &mine).await.expect(200);
        server.redeem(&app, &yours).await.expect(200);
    }

    async fn r_091_a_verifier_without_a_challenge_is_refused(server: &Server) {
        let app = server.register(ClientType::Confidential, |app| app.insecure_without_pkce = true).await;
        let code = server.code_for(&app, app.ask("read").without_pkce()).await;
        let with_verifier = server.redeem(&app, &code).await;
        // OAuth 2.1 names invalid_request, practice after RFC 7636 invalid_grant, which clients know.
        with_verifier.expect_error(400, "invalid_grant");
        let without = [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("redirect_uri", code.redirect_uri.as_str())];
        server.token(&app, without).await.expect(200);
    }

    // proves: R-193
    async fn r_029_the_redirect_uri_of_the_code_is_compared_as_it_was_sent(server: &Server) {
        let app = server.register(ClientType::Confidential, |app| app.insecure_without_pkce = true).await;
        let code = server.code(&app, "read").await;
        for wrong in ["https://client.example/callback/", "https://client.example/Callback", "https://CLIENT.example/callback", "https://client.example:443/callback", "https://evil.example/callback", "https://client.example/callback?a=1"] {
            let wrong = Code { redirect_uri: wrong.to_owned(), ..code.clone() };
            server.redeem(&app, &wrong).await.expect_error(400, "invalid_grant");
        }
        let absent = [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("code_verifier", code.verifier.as_str())];
        server.token(&app, absent).await.expect(200);
        // Without a challenge nothing else binds the code, so the redirect URI must be there.
        let code = server.code_for(&app, app.ask("read").without_pkce()).await;
        let absent = [("grant_type", "authorization_code"), ("code", code.code.as_str())];
        server.token(&app, absent).await.expect_error(400, "invalid_grant");
        let present = [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("redirect_uri", code.redirect_uri.as_str())];
        server.token(&app, present).await.expect(200);
        // Where the request named none, none is missed.
        let code = server.code_for(&app, app.ask("read").without_pkce().without("redirect_uri")).await;
        let absent = [("grant_type", "authorization_code"), ("code", code.code.as_str())];
        server.token(&app, absent).await.expect(200);
    }
}
