//! What becomes of tokens when a person, a client or a consent goes (RFC 6819 §5.1, OAuth 2.1 §4.3.1).

use oauth_core::client::ClientType;
use oauth_core::identifier::Subject;
use oauth_core::store::{AccountStore as _, ClientStore as _, GrantFilter, GrantStore as _};
use oauth_tests::{ADA, App, Code, Form, PASSWORD, Server, Tokens, on_every_server};

/// All that a client can hold of a person: tokens, and a code that is not used yet.
struct Held {
    app: App,
    code: Code,
    tokens: Tokens,
}

async fn held(server: &Server) -> Held {
    let app = server.confidential().await;
    let (code, tokens) = (server.code(&app, "read").await, server.tokens(&app, "read").await);
    assert!(server.is_alive(&tokens.access).await);
    let active = server.introspect(&app, &tokens.access).await.expect(200).json();
    assert_eq!(active["active"], true);
    Held { app, code, tokens }
}

async fn expect_all_dead(server: &Server, held: &Held) {
    server.redeem(&held.app, &held.code).await.expect_error(400, "invalid_grant");
    server.refresh(&held.app, &held.tokens.refresh).await.expect_error(400, "invalid_grant");
    assert!(!server.is_alive(&held.tokens.access).await);
    assert_eq!(server.introspect(&held.app, &held.tokens.access).await.expect(200).text(), r#"{"active":false}"#);
}

async fn expect_all_alive(server: &Server, held: &Held) {
    assert!(server.is_alive(&held.tokens.access).await);
    server.refresh(&held.app, &held.tokens.refresh).await.expect(200);
    server.redeem(&held.app, &held.code).await.expect(200);
}

fn ada() -> Subject {
    Subject::new("subject-ada").unwrap()
}

on_every_server! {
    // proves: R-168
    async fn r_187_a_withdrawn_consent(server: &Server) {
        let (held, other) = (held(server).await, held(server).await);
        let filter = GrantFilter::Both(ada(), held.app.client.id.clone());
        assert_eq!(server.store().revoke_grants(&filter, server.now()).await.unwrap(), 2);
        expect_all_dead(server, &held).await;
        expect_all_alive(server, &other).await;
    }

    // proves: vuln_45
    async fn r_187_a_disabled_account(server: &Server) {
        let held = held(server).await;
        let browser = server.browser();
        browser.sign_in(ADA).await;
        assert!(server.change_account(&ada(), |account| account.enabled = false).await);
        expect_all_dead(server, &held).await;
        let asked = browser.authorize(&held.app.ask("read")).await.answer;
        assert_eq!(asked.parameter("code"), None);
        Form::with(&asked.expect(200).text(), "sign-in");
        // None of that has switched it on again, and no grant of hers signs her in.
        browser.try_to_sign_in(ADA, PASSWORD).await.expect(403);
        assert!(!server.store().account(&ada()).await.unwrap().unwrap().enabled);
        // Back again she signs in and asks anew; what was dead stays dead.
        assert!(server.change_account(&ada(), |account| account.enabled = true).await);
        expect_all_dead(server, &held).await;
        browser.sign_in(ADA).await;
        browser.authorize(&held.app.ask("read")).await.allow_if_asked().await.parameter("code").unwrap();
    }

    // proves: vuln_45
    async fn a_disabled_account_at_every_step_of_the_code_grant(server: &Server) {
        let (app, browser) = (server.confidential().await, server.browser());
        browser.sign_in(ADA).await;
        let asked = browser.authorize(&app.ask("read")).await;
        assert!(server.change_account(&ada(), |account| account.enabled = false).await);
        let answer = asked.allow().await;
        assert!(!answer.to_string().contains("code="), "{answer}");
        let alone = server.client_credentials(&app, "read").await.expect(200);
        assert!(server.is_alive(&alone.member("access_token")).await, "the client itself is not switched off");
    }

    // proves: vuln_18
    async fn r_187_a_deleted_account(server: &Server) {
        let held = held(server).await;
        assert!(server.store().delete_account(&ada(), server.now()).await.unwrap());
        expect_all_dead(server, &held).await;
    }

    // proves: R-168
    async fn vuln_18_a_changed_password(server: &Server) {
        let held = held(server).await;
        let (here, elsewhere) = (server.browser(), server.browser());
        here.sign_in(ADA).await;
        elsewhere.sign_in(ADA).await;
        let page = here.visit("/oauth/password").await.expect(200);
        let form = Form::with(&page.text(), "old-password");
        let change = |old| form.clone().fill("old-password", old).fill("new-password", "another long secret");
        here.submit(&change("not the old one").press("change-password")).await.expect(403);
        assert!(server.is_alive(&held.tokens.access).await, "a failed change ends nothing");
        here.submit(&change(PASSWORD).press("change-password")).await;
        expect_all_dead(server, &held).await;
        let asked = elsewhere.authorize(&held.app.ask("read")).await.answer;
        Form::with(&asked.expect(200).text(), "sign-in");
        elsewhere.try_to_sign_in(ADA, PASSWORD).await.expect(403);
        assert!(elsewhere.try_to_sign_in(ADA, "another long secret").await.status.is_redirection());
    }

    // proves: vuln_18
    async fn r_187_a_disabled_client(server: &Server) {
        let (held, other) = (held(server).await, held(server).await);
        let alone = server.client_credentials(&held.app, "read").await.member("access_token");
        let mut disabled = held.app.client.clone();
        disabled.enabled = false;
        assert!(server.put_client(&disabled).await);
        for access in [&alone, &held.tokens.access] {
            assert!(!server.is_alive(access).await);
        }
        server.refresh(&held.app, &held.tokens.refresh).await.expect_error(400, "unauthorized_client");
        server.redeem(&held.app, &held.code).await.expect_error(400, "unauthorized_client");
        server.client_credentials(&held.app, "read").await.expect_error(400, "unauthorized_client");
        expect_all_alive(server, &other).await;
        assert!(server.put_client(&held.app.client).await);
        expect_all_alive(server, &held).await;
    }

    // proves: vuln_18
    async fn r_187_a_deleted_client(server: &Server) {
        let (held, other) = (held(server).await, held(server).await);
        let alone = server.client_credentials(&held.app, "read").await.member("access_token");
        assert!(server.store().delete_client(&held.app.client.id, server.now()).await.unwrap());
        for access in [&alone, &held.tokens.access] {
            assert!(!server.is_alive(access).await);
        }
        server.refresh(&held.app, &held.tokens.refresh).await.expect_error(401, "invalid_client");
        server.redeem(&held.app, &held.code).await.expect_error(401, "invalid_client");
        // Nor does one that is registered under its name inherit anything.
        oauth_core::store::ClientStore::create_client(server.store(), &held.app.client).await.unwrap();
        expect_all_dead(server, &held).await;
        expect_all_alive(server, &other).await;
    }

    // proves: R-187
    async fn a_client_that_became_public_does_not_act_for_itself(server: &Server) {
        let app = server.confidential().await;
        server.client_credentials(&app, "read").await.expect(200);
        let mut public = app.client.clone();
        (public.client_type, public.secrets) = (ClientType::Public, Vec::new());
        assert!(server.put_client(&public).await);
        server.client_credentials(&app, "read").await.expect_error(401, "invalid_client");
        let nameless = App { secret: None, ..app.clone() };
        server.client_credentials(&nameless, "read").await.expect_error(400, "unauthorized_client");
        assert!(server.put_client(&app.client).await);
        server.client_credentials(&app, "read").await.expect(200);
    }
}
