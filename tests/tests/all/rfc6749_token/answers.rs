//! What the token endpoint answers (RFC 6749 §5), and to whom (§4.4, §6).

use oauth_core::client::{ClientType, GrantType};
use oauth_tests::{Answer, Server, on_every_server};
use serde_json::Value;

/// RFC 6749 §5.1: nobody keeps what is answered here, an error neither.
#[track_caller]
fn expect_not_kept(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert_eq!(answer.header("pragma"), Some("no-cache"), "{answer}");
    assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
}

on_every_server! {
    async fn r_035_public_clients_do_not_act_for_themselves(server: &Server) {
        let public = server.public().await;
        server.client_credentials(&public, "read").await.expect_error(400, "unauthorized_client");
        // Nor where a record says otherwise, which no registration writes.
        let mut record = public.client.clone();
        record.grant_types.push(GrantType::ClientCredentials);
        assert!(server.put_client(&record).await);
        server.client_credentials(&public, "read").await.expect_error(400, "unauthorized_client");
        let confidential = server.confidential().await;
        server.client_credentials(&confidential, "read").await.expect(200);
    }

    async fn r_036_client_credentials_bring_no_refresh_token(server: &Server) {
        let app = server.confidential().await;
        let answer = server.client_credentials(&app, "read").await.expect(200);
        assert!(answer.json().get("refresh_token").is_none(), "{answer}");
        let tokens = server.approved_tokens(&app, "read").await;
        assert!(!tokens.refresh.is_empty(), "the same client has one from a code");
    }

    async fn r_037_grants_that_are_unknown_or_not_allowed(server: &Server) {
        let app = server.confidential().await;
        let unknown = [
            "password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "AUTHORIZATION_CODE", "code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer", "authorization_code ", "client_credentials,refresh_token",
        ];
        for name in unknown {
            let fields = [("grant_type", name), ("username", "ada"), ("password", oauth_tests::PASSWORD)];
            server.token(&app, fields).await.expect_error(400, "unsupported_grant_type");
        }
        server.token(&app, [("scope", "read")]).await.expect_error(400, "invalid_request");
        let only = |grant| move |app: &mut oauth_core::client::Registration| app.grant_types = vec![grant];
        let codes = server.register(ClientType::Confidential, only(GrantType::AuthorizationCode)).await;
        let itself = server.register(ClientType::Confidential, only(GrantType::ClientCredentials)).await;
        server.client_credentials(&codes, "read").await.expect_error(400, "unauthorized_client");
        server.refresh(&codes, "whatever").await.expect_error(400, "unauthorized_client");
        let code = server.approved(&app, app.ask("read")).await;
        server.redeem(&itself, &code).await.expect_error(400, "unauthorized_client");
        server.client_credentials(&itself, "read").await.expect(200);
        server.redeem(&app, &code).await.expect(200);
    }

    async fn r_186_no_refresh_token_for_a_client_without_that_grant(server: &Server) {
        let only_codes = |app: &mut oauth_core::client::Registration| {
            app.grant_types = vec![GrantType::AuthorizationCode];
        };
        for client_type in [ClientType::Confidential, ClientType::Public] {
            let app = server.register(client_type, only_codes).await;
            let code = server.approved(&app, app.ask("read")).await;
            let answer = server.redeem(&app, &code).await.expect(200);
            assert!(answer.json().get("refresh_token").is_none(), "{answer}");
            let refreshing = server.register(client_type, |_| ()).await;
            let code = server.approved(&refreshing, refreshing.ask("read")).await;
            server.redeem(&refreshing, &code).await.expect(200).member("refresh_token");
        }
    }

    async fn r_186_the_grant_is_asked_at_every_refresh(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        let mut without = app.client.clone();
        without.grant_types.retain(|grant| *grant != GrantType::RefreshToken);
        assert!(server.put_client(&without).await);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "unauthorized_client");
        assert!(server.put_client(&app.client).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    // proves: R-063
    async fn r_038_r_039_the_shape_of_a_success(server: &Server) {
        let app = server.confidential().await;
        let code = server.approved(&app, app.ask("write read")).await;
        let redeemed = server.redeem(&app, &code).await.expect(200);
        let refreshed = server.refresh(&app, &redeemed.member("refresh_token")).await.expect(200);
        let alone = server.client_credentials(&app, "read write").await.expect(200);
        for answer in [redeemed, refreshed, alone] {
            expect_not_kept(&answer);
            let body = answer.json();
            assert_eq!(body["token_type"], "Bearer");
            assert_eq!(body["expires_in"], Value::from(3_600_u64), "an hour, as a number");
            let mut scope: Vec<String> = answer.member("scope").split(' ').map(str::to_owned).collect();
            scope.sort();
            assert_eq!(scope, ["read", "write"]);
            assert!(server.is_alive(&answer.member("access_token")).await);
            let known = ["access_token", "token_type", "expires_in", "scope", "refresh_token"];
            assert!(body.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{answer}");
        }
    }

    async fn r_038_r_040_the_shape_of_an_error(server: &Server) {
        let app = server.confidential().await;
        let path = "/oauth/token";
        let wrong = server.post(path).basic(&app.id, "wrong").form([("grant_type", "client_credentials")]).await;
        let wrong = wrong.expect_error(401, "invalid_client");
        assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic realm="), "{wrong}");
        let refused = server.client_credentials(&app, "nonsense").await.expect_error(400, "invalid_scope");
        let malformed = server.post(path).body("text/plain", "grant_type=").await.expect_error(400, "invalid_request");
        let unknown = server.refresh(&app, "nonsense").await.expect_error(400, "invalid_grant");
        assert_eq!(refused.header("www-authenticate"), None);
        for answer in [wrong, refused, malformed, unknown] {
            expect_not_kept(&answer);
            let body = answer.json();
            let known = ["error", "error_description", "error_uri"];
            assert!(body.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{answer}");
            let description = answer.member("error_description");
            let safe = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(description.bytes().all(safe), "RFC 6749 5.2: {description}");
        }
        server.client_credentials(&app, "read").await.expect(200);
    }

    // proves: R-038
    async fn answers_of_introspection_are_not_kept_either(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.approved_tokens(&app, "read").await;
        for token in [&tokens.access, &tokens.refresh] {
            expect_not_kept(&server.introspect(&app, token).await.expect(200));
        }
        let path = server.config().paths.introspection_path();
        expect_not_kept(&server.post(&path).form([("token", &tokens.access)]).await.expect(401));
    }
}

on_every_server! {
    config |config| config.error_uri = Some("https://help.example/errors/".to_owned());

    async fn r_040_an_error_names_its_page_where_there_is_one(server: &Server) {
        let app = server.confidential().await;
        let refused = server.refresh(&app, "nonsense").await.expect_error(400, "invalid_grant");
        assert_eq!(refused.member("error_uri"), "https://help.example/errors/4011");
    }
}
