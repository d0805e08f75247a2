//! The implicit grant (RFC 6749 §4.2): absent by default, and where it is on, as harmless as it can be.

use oauth_core::client::{ClientType, GrantType, Registration, RegistrationError};
use oauth_tests::{Answer, App, Ask, CALLBACK, Server, on_every_server};
use serde_json::json;

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// Registers a client with the implicit grant, and every other that a public one may have.
async fn implicit(server: &Server) -> App {
    let grants = vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::Implicit];
    server.register(ClientType::Public, |app| app.grant_types = grants).await
}

fn asks(app: &App, scope: &str) -> Ask {
    app.ask(scope).set("response_type", "token").without_pkce()
}

/// Requires an error in the fragment, with the state and the issuer, and nothing in the query.
#[track_caller]
fn in_fragment(server: &Server, answer: &Answer, error: &str) {
    assert_eq!(answer.fragment("error").as_deref(), Some(error), "{answer}");
    assert_eq!(answer.fragment("state").as_deref(), Some("the state"), "{answer}");
    assert_eq!(answer.fragment("iss").as_deref(), Some(server.issuer()), "{answer}");
    assert!(answer.location().unwrap().starts_with(&format!("{CALLBACK}#")), "{answer}");
    assert_eq!(answer.fragment("access_token"), None, "{answer}");
}

on_every_server! {
    // proves: R-191
    async fn r_033_it_is_off_unless_it_is_switched_on(server: &Server) {
        let mut asked = Registration::new("App", ClientType::Public);
        asked.redirect_uris = vec![CALLBACK.to_owned()];
        asked.grant_types = vec![GrantType::Implicit];
        assert_eq!(asked.register(server.config()).unwrap_err(), RegistrationError::ImplicitOff);
        let mut app = server.public().await;
        // A store may hold clients of a time when it was on.
        app.client.grant_types.push(GrantType::Implicit);
        use oauth_core::store::ClientStore as _;
        server.store().delete_client(&app.client.id, server.now()).await.unwrap();
        server.store().create_client(&app.client).await.unwrap();
        let ada = server.ada().await;
        let answer = ada.authorize(&asks(&app, "read")).await.answer;
        answer.expect_redirected_error("unsupported_response_type");
        let document = server.get(WELL_KNOWN).await.json();
        assert!(!document.to_string().contains("implicit") && !document.to_string().contains("fragment"), "{document}");
    }
}

on_every_server! {
    config |config| config.insecure_implicit_grant = true;

    async fn r_033_the_token_comes_in_the_fragment_without_a_refresh_token(server: &Server) {
        let app = implicit(server).await;
        let answer = server.ada().await.authorize(&asks(&app, "read")).await.allow_if_asked().await.expect(303);
        let location = answer.location().unwrap();
        assert!(location.starts_with(&format!("{CALLBACK}#")) && !location.contains('?'), "{answer}");
        let access = answer.fragment("access_token").unwrap();
        assert!(server.is_alive(&access).await);
        assert_eq!(answer.fragment("token_type").as_deref(), Some("Bearer"));
        assert_eq!(answer.fragment("expires_in").as_deref(), Some("3600"));
        assert_eq!(answer.fragment("scope").as_deref(), Some("read"));
        assert_eq!(answer.fragment("state").as_deref(), Some("the state"));
        assert_eq!(answer.fragment("iss").as_deref(), Some(server.issuer()));
        assert_eq!((answer.fragment("refresh_token"), answer.fragment("code")), (None, None), "{answer}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        server.revoke(&app, &access).await.expect(200);
        assert!(!server.is_alive(&access).await);
        server.post("/oauth/token").form([("grant_type", "implicit"), ("client_id", &app.id)]).await.expect_error(400, "unsupported_grant_type");
    }

    // proves
    async fn r_033_errors_come_in_the_fragment_too(server: &Server) {
        let app = implicit(server).await;
        let ada = server.ada().await;
        for (ask, error) in [
            (asks(&app, "unknown"), "invalid_scope"),
            (asks(&app, "read").set("response_mode", "query"), "invalid_request"),
            (asks(&app, "read").set("response_mode", "form_post"), "invalid_request"),
            (asks(&app, "read").and("scope", "write"), "invalid_request"),
            (asks(&app, "read").set("prompt", "none"), "login_required"),
            (asks(&app, "read").set("resource", "https://nobody.example"), "invalid_target"),
        ] {
            in_fragment(server, &server.authorize(&ask).await, error);
        }
        in_fragment(server, &ada.authorize(&asks(&app, "read")).await.deny().await, "access_denied");
        let other = server.public().await;
        in_fragment(server, &server.authorize(&asks(&other, "read")).await, "unauthorized_client");
        server.authorize(&asks(&app, "read").set("response_type", "code token")).await.expect_redirected_error("unsupported_response_type");
        server.authorize(&asks(&app, "read").set("redirect_uri", "https://evil.example/")).await.expect_page(400, 3002);
        server.authorize(&asks(&app, "read").set("response_mode", "fragment")).await.expect(200);
        let document = server.get(WELL_KNOWN).await.json();
        assert_eq!(document["response_types_supported"], json!(["code", "token"]));
        assert_eq!(document["response_modes_supported"], json!(["query", "fragment"]));
        assert!(document["grant_types_supported"].as_array().unwrap().contains(&json!("implicit")), "{document}");
    }

    // proves: vuln_25
    async fn r_033_a_code_request_does_not_become_an_implicit_one(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let form = ada.authorize(&app.ask("read")).await.form();
        let request = form.fields.iter().find(|(name, _)| name == "request").unwrap().1.clone();
        let changed = request.replace("response_type=code", "response_type=token");
        assert_ne!(changed, request);
        let answer = ada.submit(&form.forge("request", &changed).press("allow")).await;
        assert_eq!(answer.expect(403).location(), None);
        in_fragment(server, &ada.authorize(&asks(&app, "read")).await.answer, "unauthorized_client");
    }

    async fn r_033_nothing_is_issued_once_the_grant_is_gone(server: &Server) {
        use oauth_core::store::{ClientStore as _, GrantFilter, GrantStore as _};
        let app = implicit(server).await;
        let answer = server.ada().await.authorize(&asks(&app, "read")).await.allow_if_asked().await;
        let access = answer.fragment("access_token").unwrap();
        let grants = GrantFilter::Client(app.client.id.clone());
        assert_eq!(server.store().revoke_grants(&grants, server.now()).await.unwrap(), 1);
        assert!(!server.is_alive(&access).await);
        let page = server.ada().await.authorize(&asks(&app, "read")).await;
        assert!(server.store().delete_client(&app.client.id, server.now()).await.unwrap());
        let answer = page.allow().await;
        assert!(!answer.to_string().contains("access_token"), "{answer}");
    }
}
