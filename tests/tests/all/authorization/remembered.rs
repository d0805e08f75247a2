//! Consents that are remembered, and those that never are.

use oauth_core::client::{Client, ClientType};
use oauth_core::store::{GrantFilter, GrantStore as _, Page};
use oauth_tests::{App, Ask, Code, Form, Server, Stop, Tokens, on_every_server};
use std::future::IntoFuture as _;

/// Has Ada allow a scope on a page, and redeems the code.
async fn allowed(server: &Server, app: &App, ask: Ask) -> Tokens {
    let answer = server.ada().await.authorize(&ask).await.allow().await;
    let code = answer.parameter("code").unwrap_or_else(|| panic!("no code: {answer}"));
    let code = Code { code, verifier: ask.verifier, redirect_uri: app.redirect_uri.clone() };
    server.redeem(app, &code).await.into()
}

/// Requires that she is not asked, and gives the tokens.
async fn remembered(server: &Server, app: &App, ask: Ask) -> Tokens {
    let answer = server.ada().await.authorize(&ask).await.answer.expect(302);
    let code = answer.parameter("code").unwrap_or_else(|| panic!("no code: {answer}"));
    let code = Code { code, verifier: ask.verifier, redirect_uri: app.redirect_uri.clone() };
    server.redeem(app, &code).await.into()
}

async fn is_asked(server: &Server, ask: &Ask) {
    server.ada().await.authorize(ask).await.form();
    let silent = server.ada().await.authorize(&ask.clone().set("prompt", "none")).await;
    silent.answer.expect_redirected_error("consent_required");
}

async fn change(server: &Server, app: &App, change: impl FnOnce(&mut Client)) {
    let mut client = app.client.clone();
    change(&mut client);
    assert!(server.put_client(&client).await);
}

on_every_server! {
    async fn what_was_allowed_is_not_asked_again(server: &Server) {
        for app in [server.public().await, server.confidential().await] {
            allowed(server, &app, app.ask("read write")).await;
            for scope in ["read write", "read", "write"] {
                let tokens = remembered(server, &app, app.ask(scope)).await;
                assert_eq!(tokens.answer.member("scope"), scope);
            }
            let silent = app.ask("read").set("prompt", "none");
            assert!(server.ada().await.authorize(&silent).await.answer.expect(302).parameter("code").is_some());
            is_asked(server, &server.public().await.ask("read")).await;
        }
    }

    async fn what_one_person_allowed_is_no_other_persons(server: &Server) {
        let app = server.public().await;
        allowed(server, &app, app.ask("read")).await;
        server.account("ben").await;
        let ben = server.browser();
        ben.sign_in("ben").await;
        ben.authorize(&app.ask("read")).await.form();
    }

    // proves: vuln_29
    async fn r_050_who_can_be_anybody_is_always_asked_about(server: &Server) {
        for uri in ["com.example.app:/callback", "http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"] {
            let native = server.register(ClientType::Public, |app| app.redirect_uris = vec![uri.to_owned()]).await;
            let ask = || native.ask("read");
            for trusted in [false, true] {
                change(server, &native, |client| client.trusted = trusted).await;
                allowed(server, &native, ask()).await;
                is_asked(server, &ask()).await;
            }
            // One that has a secret is itself, wherever it is answered.
            let web = server.register(ClientType::Confidential, |app| app.redirect_uris = vec![uri.to_owned()]).await;
            allowed(server, &web, web.ask("read")).await;
            remembered(server, &web, web.ask("read")).await;
        }
    }

    async fn more_scope_is_asked_for_again(server: &Server) {
        let app = server.public().await;
        allowed(server, &app, app.ask("read")).await;
        remembered(server, &app, app.ask("read")).await;
        is_asked(server, &app.ask("read write")).await;
        is_asked(server, &app.ask("write")).await;
        // What was not ticked was not allowed.
        let form = server.ada().await.authorize(&app.ask("read write")).await.form().press("allow");
        let mut less = form.clone();
        less.fields.retain(|(name, _)| name != "scope:write");
        assert!(server.ada().await.submit(&less).await.parameter("code").is_some());
        is_asked(server, &app.ask("read write")).await;
        // Allowed one by one, they are allowed together.
        allowed(server, &app, app.ask("write")).await;
        assert_eq!(remembered(server, &app, app.ask("read write")).await.answer.member("scope"), "read write");
    }

    async fn other_resources_are_asked_for_again(server: &Server) {
        let app = server.public().await;
        let (notes, mail) = ("https://notes.example/", "https://mail.example/");
        for resource in [notes, mail] {
            server.resource_server(resource).await;
        }
        let ask = |scope: &str, resource: &str| app.ask(scope).and("resource", resource);
        allowed(server, &app, app.ask("read write")).await;
        is_asked(server, &ask("read", notes)).await;
        allowed(server, &app, ask("read", notes)).await;
        remembered(server, &app, ask("read", notes)).await;
        is_asked(server, &ask("write", notes)).await;
        is_asked(server, &ask("read", notes).and("resource", mail)).await;
        // Writing mail and reading notes are allowed: reading mail is not.
        allowed(server, &app, ask("write", mail)).await;
        is_asked(server, &ask("read", mail)).await;
        allowed(server, &app, ask("read", mail)).await;
        remembered(server, &app, ask("read", notes).and("resource", mail)).await;
    }

    // proves: R-185
    async fn who_revokes_it_is_asked_again(server: &Server) {
        let app = server.public().await;
        allowed(server, &app, app.ask("read")).await;
        let tokens = remembered(server, &app, app.ask("read")).await;
        let page = server.ada().await.open("/oauth/connected").await.expect(200);
        server.ada().await.submit(&Form::with(&page.text(), &format!("revoke-{}", app.id))).await.expect(200);
        assert!(!server.is_alive(&tokens.access).await);
        is_asked(server, &app.ask("read")).await;
    }

    async fn it_is_remembered_as_long_as_a_grant_lives(server: &Server) {
        let app = server.public().await;
        let answer = server.ada().await.authorize(&app.ask("read")).await.allow().await;
        assert!(answer.parameter("code").is_some());
        is_asked(server, &app.ask("read")).await;
        let tokens = allowed(server, &app, app.ask("read")).await;
        server.revoke(&app, &tokens.refresh).await.expect(200);
        is_asked(server, &app.ask("read")).await;
        allowed(server, &app, app.ask("read")).await;
        server.advance(11 * 60 * 60);
        remembered(server, &app, app.ask("read")).await;
    }

    async fn a_trusted_client_is_not_asked_about(server: &Server) {
        for app in [server.public().await, server.confidential().await] {
            change(server, &app, |client| client.trusted = true).await;
            let nobody = server.browser();
            Form::with(&nobody.authorize(&app.ask("read")).await.answer.expect(200).text(), "sign-in");
            remembered(server, &app, app.ask("read write")).await;
            // It may ask for more than that, and not for less.
            server.ada().await.authorize(&app.ask("read").set("prompt", "consent")).await.form();
        }
    }

    // F-07: a consent that is revoked while its code is saved is asked for, and nobody is told that she denied.
    async fn a_revocation_meets_a_consent_that_is_remembered(server: &Server) {
        let app = server.public().await;
        allowed(server, &app, app.ask("read")).await;
        let call = server.ada().await.get(&format!("/oauth/authorize?{}", app.ask("read").query()));
        let pause = server.faults().pause("save_code", 1, Stop::Before);
        let waiting = tokio::spawn(call.into_future());
        pause.reached(1).await;
        let everything = GrantFilter::Client(app.client.id.clone());
        assert_eq!(server.store().revoke_grants(&everything, server.now()).await.unwrap(), 1);
        pause.release();
        // Decided again: she is asked.
        Form::with(&waiting.await.unwrap().expect(200).text(), "allow");
        let left = server.store().grants(&everything, &Page::first(9), server.now()).await.unwrap();
        assert_eq!(left, []);
    }
}

on_every_server! {
    config |config| config.remember_consent = false;

    async fn nothing_is_remembered_where_that_is_switched_off(server: &Server) {
        let app = server.confidential().await;
        for _ in 0..2 {
            allowed(server, &app, app.ask("read")).await;
        }
        change(server, &app, |client| client.trusted = true).await;
        remembered(server, &app, app.ask("read")).await;
    }
}
