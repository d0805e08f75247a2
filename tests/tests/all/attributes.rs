//! Free attributes: given at the consent, copied to every token, and returned where that is wanted.

use oauth_core::config::Config;
use oauth_core::store::grants_having;
use oauth_tests::{App, Server, Tokens, on_every_server};

/// Has Ada allow it with attributes, and gives the tokens.
async fn allowed(server: &Server, app: &App, attributes: &[(&str, &str)]) -> Tokens {
    let (mut grant, record, code) = server.approval(app, app.ask("read"));
    grant.attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    server.save(&grant, &record).await;
    server.redeem(app, &code).await.into()
}

on_every_server! {
    config |config| config.introspected_attributes = vec!["school".to_owned(), "role".to_owned()];

    async fn introspection_returns_those_that_are_wanted(server: &Server) {
        let app = server.confidential().await;
        let tokens = allowed(server, &app, &[("school", "12 \u{f6} \"'"), ("role", ""), ("secret", "x"), ("sub", "eve"), ("active", "no")]).await;
        let refreshed = Tokens::from(server.refresh(&app, &tokens.refresh).await);
        for token in [&tokens.access, &refreshed.access] {
            let said = server.introspect(&app, token).await.expect(200).json();
            assert_eq!((said["school"].as_str(), said["role"].as_str()), (Some("12 \u{f6} \"'"), Some("")));
            assert!(said.get("secret").is_none(), "{said}");
            assert_eq!((said["sub"].as_str(), said["active"].as_bool()), (Some("subject-ada"), Some(true)), "{said}");
        }
        let plain = allowed(server, &app, &[]).await;
        let said = server.introspect(&app, &plain.access).await.expect(200).json();
        assert!(said.get("school").is_none() && said.get("role").is_none(), "{said}");
    }

    async fn grants_are_found_by_any_of_them(server: &Server) {
        let (app, other) = (server.confidential().await, server.public().await);
        for (app, school) in [(&app, "12"), (&app, "13"), (&other, "12")] {
            allowed(server, app, &[("school", school), ("class", "5b")]).await;
        }
        let found = async |name: &str, value: &str| {
            let asked = [(name.to_owned(), value.to_owned())];
            let found = grants_having(server.store(), &asked, None, 1_000, server.now()).await.unwrap();
            (found.grants.len(), found.next)
        };
        assert_eq!(found("school", "12").await, (2, None));
        assert_eq!(found("class", "5b").await, (3, None));
        assert_eq!(found("school", "1").await, (0, None));
    }
}

on_every_server! {
    async fn none_is_returned_unless_it_is_wanted(server: &Server) {
        let app = server.confidential().await;
        let tokens = allowed(server, &app, &[("school", "12")]).await;
        let said = server.introspect(&app, &tokens.access).await.expect(200).json();
        assert!(said.get("school").is_none(), "{said}");
    }
}

#[test]
fn what_has_a_meaning_is_no_attribute() {
    for name in ["active", "sub", "scope", "exp", "aud", "cnf", "username"] {
        let mut config = Config::new("https://id.example").unwrap();
        config.introspected_attributes = vec!["organisation".to_owned(), name.to_owned()];
        assert_eq!(config.check().unwrap_err().key, "introspected_attributes", "{name}");
    }
}
