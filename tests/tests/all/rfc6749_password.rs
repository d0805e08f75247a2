//! The password grant (RFC 6749 §4.3): absent by default, and where it is on, guarded against guessing.

use oauth_core::client::{ClientType, GrantType, Registration, RegistrationError};
use oauth_core::event::Event;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::store::ClientStore as _;
use oauth_tests::{ADA, App, CALLBACK, Call, PASSWORD, Race, Server, Tokens, on_every_server};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

fn fields<'a>(username: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [("grant_type", "password"), ("username", username), ("password", password), ("scope", "read")]
}

fn by_password<'a>(server: &Server, app: &'a App, username: &'a str, password: &'a str) -> Call {
    server.token(app, fields(username, password))
}

on_every_server! {
    // proves, vuln_46
    async fn r_034_it_is_off_unless_it_is_switched_on(server: &Server) {
        let mut asked = Registration::new("App", ClientType::Confidential);
        asked.redirect_uris = vec![CALLBACK.to_owned()];
        asked.grant_types = vec![GrantType::Password];
        assert_eq!(asked.register(server.config()).unwrap_err(), RegistrationError::PasswordOff);
        for client_type in [ClientType::Confidential, ClientType::Public] {
            let mut app = server.register(client_type, |_| ()).await;
            // A store may hold clients of a time when it was on.
            app.client.grant_types.push(GrantType::Password);
            server.store().delete_client(&app.client.id, server.now()).await.unwrap();
            server.store().create_client(&app.client).await.unwrap();
            by_password(server, &app, ADA, PASSWORD).await.expect_error(400, "unsupported_grant_type");
        }
        server.post("/oauth/token").form(fields(ADA, PASSWORD)).await.expect_error(401, "invalid_client");
        let document = server.get(WELL_KNOWN).await.json();
        assert!(!document["grant_types_supported"].to_string().contains("password"), "{document}");
    }
}

on_every_server! {
    config |config| config.insecure_password_grant = true;

    async fn r_034_a_confidential_client_gets_tokens_for_a_password(server: &Server) {
        let app = server.confidential().await;
        let tokens = Tokens::from(by_password(server, &app, ADA, PASSWORD).await);
        let said = server.get("/api/profile").bearer(&tokens.access).await.expect(200).json();
        assert_eq!((&said["subject"], &said["scope"]), (&"subject-ada".into(), &"read".into()), "{said}");
        assert_eq!(said["attributes"]["username"], ADA, "what the verifier says goes to the tokens: {said}");
        let refreshed = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        assert!(server.is_alive(&refreshed.access).await);
        server.revoke(&app, &refreshed.refresh).await.expect(200);
        assert!(!server.is_alive(&refreshed.access).await);
        let without_refresh = server.register(ClientType::Confidential, |app| app.grant_types = vec![GrantType::Password]).await;
        assert_eq!(Tokens::from(by_password(server, &without_refresh, ADA, PASSWORD).await).refresh, "");
        let document = server.get(WELL_KNOWN).await.json();
        assert!(document["grant_types_supported"].to_string().contains("\"password\""), "{document}");
    }

    async fn r_034_the_client_authenticates_with_its_secret(server: &Server) {
        let app = server.confidential().await;
        let form = || fields(ADA, PASSWORD);
        server.post("/oauth/token").form(form()).await.expect_error(401, "invalid_client");
        server.post("/oauth/token").form(form().into_iter().chain([("client_id", app.id.as_str())])).await.expect_error(401, "invalid_client");
        server.post("/oauth/token").basic(&app.id, "wrong").form(form()).await.expect_error(401, "invalid_client");
        let mut public = Registration::new("App", ClientType::Public);
        public.grant_types = vec![GrantType::Password];
        assert_eq!(public.register(server.config()).unwrap_err(), RegistrationError::PublicPassword);
        // A store may hold one of a time when that was allowed.
        let mut app = server.public().await;
        app.client.grant_types.push(GrantType::Password);
        server.store().delete_client(&app.client.id, server.now()).await.unwrap();
        server.store().create_client(&app.client).await.unwrap();
        by_password(server, &app, ADA, PASSWORD).await.expect_error(400, "unauthorized_client");
        let other = server.register(ClientType::Confidential, |_| ()).await;
        by_password(server, &other, ADA, PASSWORD).await.expect_error(400, "unauthorized_client");
    }

    // proves: R-018
    async fn f_80_thirty_right_passwords_at_once_get_tokens(server: &Server) {
        let app = server.confidential().await;
        let race = Race::run((0..30).map(|_| by_password(server, &app, ADA, PASSWORD))).await;
        assert_eq!(race.count(200), 30, "{race:?}");
    }

    // proves: R-018
    async fn r_034_guesses_are_counted_by_account_and_address(server: &Server) {
        let app = server.confidential().await;
        server.account("bob").await;
        for number in 0..10 {
            let name = if number % 2 == 0 { "bob" } else { " BOB " };
            by_password(server, &app, name, "wrong").await.expect_error(400, "invalid_grant");
        }
        let refused = by_password(server, &app, "bob", PASSWORD).await.expect_error(429, "temporarily_unavailable");
        assert!(refused.header("retry-after").is_some(), "{refused}");
        let page = server.browser().try_to_sign_in("bob", PASSWORD).await;
        assert_eq!(page.status, 429, "the sign-in page has the same count: {page}");
        by_password(server, &app, ADA, PASSWORD).await.expect(200);
        by_password(server, &app, "bob", PASSWORD).from("127.0.0.2").await.expect(200);
        assert!(server.events().count(|event| matches!(event, Event::SignInFailed { .. })) > 0);
        server.advance(60);
        by_password(server, &app, "bob", PASSWORD).await.expect(200);
        for number in 0..100 {
            by_password(server, &app, &format!("nobody{number}"), "wrong").await;
        }
        by_password(server, &app, ADA, PASSWORD).await.expect(429);
    }

    async fn r_034_what_is_wrong_is_said_without_a_hint(server: &Server) {
        let app = server.confidential().await;
        let wrong = by_password(server, &app, ADA, "wrong").await.expect_error(400, "invalid_grant");
        let unknown = by_password(server, &app, "nobody", PASSWORD).await.expect_error(400, "invalid_grant");
        assert_eq!(wrong.body, unknown.body, "nobody learns which names there are");
        for absent in ["username", "password"] {
            let sent = fields(ADA, PASSWORD).into_iter().filter(|(name, _)| *name != absent);
            server.token(&app, sent).await.expect_error(400, "invalid_request");
        }
        let bob = Subject::new("subject-bob").unwrap();
        server.account("bob").await;
        let tokens = Tokens::from(by_password(server, &app, "bob", PASSWORD).await);
        server.change_account(&bob, |account| account.enabled = false).await;
        by_password(server, &app, "bob", PASSWORD).await.expect_error(400, "invalid_grant");
        assert!(!server.is_alive(&tokens.access).await, "its grant ends with the account");
        server.token(&app, fields(ADA, PASSWORD).map(|(name, value)| (name, if name == "scope" { "unknown" } else { value }))).await.expect_error(400, "invalid_scope");
    }
}

on_every_server! {
    config |config| {
        config.insecure_password_grant = true;
        config.insecure_password_without_client_secret = true;
        config.insecure_password_client = ClientId::new("anybody").ok();
    };

    async fn a_secret_or_a_client_may_be_left_out_where_the_settings_say_so(server: &Server) {
        let public = server.register(ClientType::Public, |app| app.grant_types = vec![GrantType::Password]).await;
        assert!(server.is_alive(&Tokens::from(by_password(server, &public, ADA, PASSWORD).await).access).await);
        let anonymous = || server.post("/oauth/token").form(fields(ADA, PASSWORD));
        anonymous().await.expect_error(401, "invalid_client");
        let mut client = public.client.clone();
        client.id = ClientId::new("anybody").unwrap();
        server.store().create_client(&client).await.unwrap();
        let tokens = Tokens::from(anonymous().await);
        let said = server.get("/api/profile").bearer(&tokens.access).await.expect(200).json();
        assert_eq!(said["client_id"], "anybody");
        server.post("/oauth/token").basic("anybody", "wrong").form(fields(ADA, PASSWORD)).await.expect_error(401, "invalid_client");
        server.post("/oauth/token").form([("grant_type", "client_credentials")]).await.expect_error(401, "invalid_client");
        let confidential = server.confidential().await;
        let form = fields(ADA, PASSWORD).into_iter().chain([("client_id", confidential.id.as_str())]);
        server.post("/oauth/token").form(form).await.expect_error(401, "invalid_client");
        // Nobody stands for a client that has a secret.
        let mut secret = confidential.client.clone();
        secret.id = ClientId::new("anybody").unwrap();
        server.store().delete_client(&client.id, server.now()).await.unwrap();
        server.store().create_client(&secret).await.unwrap();
        anonymous().await.expect_error(401, "invalid_client");
    }
}
