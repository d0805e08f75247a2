//! Every way of not being authenticated, each at every endpoint, beside the way that works.

use super::{Attempt, ENDPOINTS, Endpoint, expect_let_in, let_in, refused};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_core::client::SecretHash;
use oauth_core::store::{ClientStore as _, PasswordHash};
use oauth_tests::{Server, on_every_server};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

on_every_server! {
    config |config| config.insecure_no_throttling = true;

    async fn r_014_by_basic_and_by_the_form(server: &Server) {
        let app = server.confidential().await;
        let_in(server, &Attempt::encoded_basic(&app.id, app.secret())).await;
        let_in(server, &Attempt::form(&app.id, app.secret())).await;
        let_in(server, &Attempt::basic(&app.id, app.secret()).field("client_id", &app.id)).await;
        let_in(server, &Attempt::basic(&app.id, app.secret()).field("client_secret", "")).await;
        let credentials = STANDARD.encode(format!("{}:{}", app.id, app.secret()));
        for scheme in ["Basic", "basic", "BASIC"] {
            let_in(server, &Attempt::header(format!("{scheme} {credentials}"))).await;
        }
    }

    // proves: R-020
    async fn r_019_without_the_right_secret(server: &Server) {
        let app = server.confidential().await;
        let (id, secret) = (app.id.as_str(), app.secret());
        let longer = format!("{secret}x");
        let wrong = ["", "null", "wrong", &secret[1..], &secret[..42], &longer, &secret.to_lowercase(), "\0"];
        for wrong in wrong.iter().filter(|wrong| **wrong != secret) {
            refused(server, &Attempt::basic(id, wrong), 401, "invalid_client").await;
            refused(server, &Attempt::form(id, wrong), 401, "invalid_client").await;
        }
        refused(server, &Attempt::nothing(), 401, "invalid_client").await;
        refused(server, &Attempt::nothing().field("client_id", id), 401, "invalid_client").await;
        refused(server, &Attempt::nothing().field("client_secret", secret), 401, "invalid_client").await;
        refused(server, &Attempt::basic("", secret), 401, "invalid_client").await;
        refused(server, &Attempt::basic(id, secret).field("client_id", &app.client.name), 400, "invalid_request").await;
        let_in(server, &Attempt::basic(id, secret)).await;
    }

    // proves: R-019
    async fn no_grant_goes_without_the_secret(server: &Server) {
        let app = server.confidential().await;
        let nobody = oauth_tests::App { secret: None, ..app.clone() };
        let code = server.approved(&app, app.ask("read")).await;
        server.redeem(&nobody, &code).await.expect_error(401, "invalid_client");
        server.client_credentials(&nobody, "read").await.expect_error(401, "invalid_client");
        let tokens = oauth_tests::Tokens::from(server.redeem(&app, &code).await);
        server.refresh(&nobody, &tokens.refresh).await.expect_error(401, "invalid_client");
        server.revoke(&nobody, &tokens.refresh).await.expect_error(401, "invalid_client");
        server.introspect(&nobody, &tokens.access).await.expect_error(401, "invalid_client");
        assert!(server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect(200);
    }

    async fn malformed_headers(server: &Server) {
        let app = server.confidential().await;
        let credentials = STANDARD.encode(format!("{}:{}", app.id, app.secret()));
        let without_padding = credentials.trim_end_matches('=').to_owned();
        let mut bytes = format!("{}:{}", app.id, app.secret()).into_bytes();
        bytes.push(0xFF);
        let malformed = [
            "Basic".to_owned(), "Basic ".to_owned(), "Basic =".to_owned(), "Basic !!!!".to_owned(), credentials.clone(),
            format!("Basic {credentials}="), format!("Basic {credentials}===="), format!("Basic {credentials}AAA"),
            format!("Basic {credentials},Basic {credentials}"), format!("Basic {} {credentials}", app.id),
            format!("Basic {}", STANDARD.encode(&app.id)), format!("Basic {}:{}", app.id, app.secret()),
            format!("Basic {}", STANDARD.encode(&bytes)), format!("Bearer {}", app.secret()), format!("Bearer {credentials}"),
            format!("Digest username=\"{}\"", app.id), format!("Basic\u{a0}{credentials}"), format!("Basic{credentials}"),
        ];
        for header in malformed {
            refused(server, &Attempt::header(header), 401, "invalid_client").await;
        }
        if without_padding != credentials {
            refused(server, &Attempt::header(format!("Basic {without_padding}")), 401, "invalid_client").await;
        }
        refused(server, &Attempt::header([b"Basic \xE9".as_slice()].concat()), 401, "invalid_client").await;
        let good = format!("Basic {credentials}");
        refused(server, &Attempt::header(good.clone()).and(good.clone()), 400, "invalid_request").await;
        refused(server, &Attempt::header("Bearer x").and(good.clone()), 400, "invalid_request").await;
        let_in(server, &Attempt::header(good)).await;
    }

    async fn r_017_one_method_in_a_request(server: &Server) {
        let app = server.confidential().await;
        let (basic, form) = (Attempt::basic(&app.id, app.secret()), Attempt::form(&app.id, app.secret()));
        let both = basic.clone().field("client_secret", app.secret());
        refused(server, &both, 400, "invalid_request").await;
        refused(server, &both.field("client_id", &app.id), 400, "invalid_request").await;
        let asserted = |attempt: &Attempt| {
            attempt.clone().field("client_assertion_type", ASSERTION).field("client_assertion", "e30.e30.e30")
        };
        refused(server, &asserted(&basic), 400, "invalid_request").await;
        refused(server, &asserted(&form), 400, "invalid_request").await;
        refused(server, &basic.clone().field("client_assertion_type", ASSERTION), 400, "invalid_request").await;
        let alone = asserted(&Attempt::nothing().field("client_id", &app.id));
        refused(server, &alone, 401, "invalid_client").await;
        let public = server.public().await;
        refused(server, &asserted(&Attempt::nothing().field("client_id", &public.id)), 401, "invalid_client").await;
        let_in(server, &basic).await;
        let_in(server, &form).await;
    }

    async fn identifiers_that_are_not_the_clients(server: &Server) {
        let (app, other) = (server.confidential().await, server.confidential().await);
        let basic = Attempt::basic(&app.id, app.secret());
        refused(server, &basic.clone().field("client_id", &other.id), 400, "invalid_request").await;
        refused(server, &basic.clone().field("client_id", "unknown"), 400, "invalid_request").await;
        refused(server, &Attempt::basic(&other.id, app.secret()), 401, "invalid_client").await;
        let padded = format!("{} ", app.id);
        let unknown = ["unknown", "\u{e9}", "\0", "%", "*", "' OR '1'='1", &app.id.repeat(20), &app.id[1..], &padded];
        let cased = [app.id.to_uppercase(), app.id.to_lowercase()];
        for id in unknown.into_iter().chain(cased.iter().map(String::as_str).filter(|id| *id != app.id)) {
            refused(server, &Attempt::basic(id, app.secret()), 401, "invalid_client").await;
            refused(server, &Attempt::form(id, app.secret()), 401, "invalid_client").await;
        }
        let_in(server, &basic).await;
    }

    async fn r_016_credentials_are_not_taken_from_the_address(server: &Server) {
        let app = server.confidential().await;
        let query = format!("client_id={}&client_secret={}", app.id, app.secret());
        refused(server, &Attempt::nothing().query(&query), 400, "invalid_request").await;
        let named = Attempt::nothing().field("client_id", &app.id);
        refused(server, &named.clone().query(&format!("client_secret={}", app.secret())), 400, "invalid_request").await;
        // In another spelling it is a parameter of no meaning.
        refused(server, &named.query(&format!("client%5Fsecret={}", app.secret())), 401, "invalid_client").await;
        refused(server, &Attempt::nothing().query(&format!("client_id={}", app.id)), 401, "invalid_client").await;
        let userinfo = format!("http://{}:{}@{}/oauth/token", app.id, app.secret(), server.address());
        let raw = format!(
            "POST {userinfo} HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\nContent-Length: 29\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=client_credentials"
        );
        assert!(server.raw(raw).await.status.is_client_error());
        let_in(server, &Attempt::form(&app.id, app.secret())).await;
    }

    // proves: R-020
    async fn public_clients(server: &Server) {
        let app = server.public().await;
        let by_name = Attempt::nothing().field("client_id", &app.id);
        for attempt in [by_name, Attempt::basic(&app.id, "")] {
            for endpoint in [Endpoint::Token, Endpoint::Revocation] {
                expect_let_in(endpoint, &attempt, attempt.at(server, endpoint).await);
            }
            // RFC 7662 section 2.1: who asks about tokens must be known.
            attempt.at(server, Endpoint::Introspection).await.expect_error(401, "invalid_client");
        }
        refused(server, &Attempt::form(&app.id, "a secret"), 401, "invalid_client").await;
        refused(server, &Attempt::basic(&app.id, "a secret"), 401, "invalid_client").await;
    }

    async fn disabled_and_deleted_clients(server: &Server) {
        let app = server.confidential().await;
        let right = Attempt::basic(&app.id, app.secret());
        let mut disabled = app.client.clone();
        disabled.enabled = false;
        let_in(server, &right).await;
        assert!(server.put_client(&disabled).await);
        refused(server, &right, 400, "unauthorized_client").await;
        refused(server, &Attempt::basic(&app.id, "wrong"), 401, "invalid_client").await;
        assert!(server.put_client(&app.client).await);
        let_in(server, &right).await;
        assert!(server.store().delete_client(&app.client.id, server.now()).await.unwrap());
        refused(server, &right, 401, "invalid_client").await;
    }

    async fn a_renewed_secret_takes_the_place_of_the_old_one(server: &Server) {
        let mut app = server.confidential().await;
        let new = app.client.renew_secret().unwrap();
        let_in(server, &Attempt::basic(&app.id, app.secret())).await;
        assert!(server.put_client(&app.client).await);
        refused(server, &Attempt::basic(&app.id, app.secret()), 401, "invalid_client").await;
        let_in(server, &Attempt::basic(&app.id, new.expose())).await;
    }

    // proves: R-019
    async fn a_confidential_client_without_any_secret_is_never_let_in(server: &Server) {
        let mut app = server.confidential().await;
        app.client.secrets = Vec::new();
        assert!(server.put_client(&app.client).await);
        for secret in ["", "null", app.secret()] {
            refused(server, &Attempt::basic(&app.id, secret), 401, "invalid_client").await;
            refused(server, &Attempt::form(&app.id, secret), 401, "invalid_client").await;
        }
        refused(server, &Attempt::nothing().field("client_id", &app.id), 401, "invalid_client").await;
        let known = server.confidential().await;
        let_in(server, &Attempt::basic(&known.id, known.secret())).await;
    }

    async fn vuln_69_a_corrupt_hash_matches_nothing(server: &Server) {
        let corrupt = [
            "", "nonsense", "$argon2id$", "$argon2id$v=19$m=4294967295,t=4294967295,p=4294967295$AAAAAAAAAAA$AAAA",
            "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$", "$argon2id$v=99$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$2b$12$", "$argon2id$v=19$m=0,t=0,p=0$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "\u{e9}\0",
        ];
        let mut app = server.confidential().await;
        let right = app.client.secrets.clone();
        for text in corrupt {
            app.client.secrets = vec![SecretHash::Argon2(PasswordHash::from_phc(text))];
            assert!(server.put_client(&app.client).await);
            for secret in [app.secret(), text, ""] {
                refused(server, &Attempt::form(&app.id, secret), 401, "invalid_client").await;
            }
        }
        app.client.secrets = [app.client.secrets.as_slice(), &right].concat();
        assert!(server.put_client(&app.client).await);
        let_in(server, &Attempt::form(&app.id, app.secret())).await;
        assert_eq!(ENDPOINTS.len(), 3);
    }
}

on_every_server! {
    config |config| config.accept_credentials_twice = true;

    /// Old clients send the same twice; anything else is refused as ever.
    async fn r_017_the_same_twice_is_taken_where_the_setting_says_so(server: &Server) {
        let (app, other) = (server.confidential().await, server.confidential().await);
        let basic = Attempt::basic(&app.id, app.secret());
        let twice = basic.clone().field("client_id", &app.id).field("client_secret", app.secret());
        let_in(server, &twice).await;
        let_in(server, &basic.clone().field("client_secret", app.secret())).await;
        refused(server, &basic.clone().field("client_secret", other.secret()), 400, "invalid_request").await;
        let without = Attempt::basic(&app.id, "").field("client_secret", app.secret());
        refused(server, &without, 400, "invalid_request").await;
        let wrong = Attempt::basic(&app.id, "wrong").field("client_secret", "wrong");
        refused(server, &wrong, 401, "invalid_client").await;
        let elsewhere = basic.clone().field("client_id", &other.id).field("client_secret", app.secret());
        refused(server, &elsewhere, 400, "invalid_request").await;
        let asserted = twice.field("client_assertion_type", ASSERTION).field("client_assertion", "e30.e30.e30");
        refused(server, &asserted, 400, "invalid_request").await;
    }
}
