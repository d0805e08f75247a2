//! What an application can be registered with, on the page (RFC 6749 §2, §3.1.2; RFC 8252 §7, §8).

use super::{both_ways, stays};
use oauth_core::client::Client;
use oauth_core::config::{Config, Issuer};
use oauth_core::store::ClientStore as _;
use oauth_tests::{Answer, Browser, Form, Server, on_every_server, text_of};

async fn empty_form(ada: &Browser) -> Form {
    let page = ada.open("/oauth/applications/register").await.expect(200);
    Form::with(&page.text(), "register").fill("name", "An app")
}

fn public(form: Form) -> Form {
    form.forge("client-type", "public")
}

#[track_caller]
fn refused(answer: &Answer, word: &str) {
    let why = text_of(&answer.text(), "form-error").unwrap_or_else(|| panic!("not refused: {answer}"));
    assert!(why.contains(word), "{why}");
}

async fn edit_form(ada: &Browser, id: &str) -> Form {
    let page = ada.open(&format!("/oauth/applications/edit?client_id={id}")).await.expect(200);
    Form::with(&page.text(), "save")
}

async fn stored(server: &Server, id: &str) -> Client {
    let id = oauth_core::identifier::ClientId::new(id).unwrap();
    server.store().client(&id).await.unwrap().unwrap()
}

on_every_server! {
    // proves, vuln_50
    async fn r_198_a_redirect_uri_must_be_one_that_is_safe(server: &Server) {
        let ada = server.ada().await;
        let app = server.public().await;
        let bad = [
            ("/cb", "absolute"), ("cb", "absolute"), ("https://", "absolute"), ("https://h/cb#x", "fragment"), ("https://h/cb#", "fragment"),
            ("http://app.example/cb", "use https"), ("http://localhost.evil.example/", "use https"),
            ("myapp:/cb", "dot"), ("javascript:alert(1)", "never"), ("JavaScript:alert(1)", "never"), ("data:text/html,x", "never"),
            ("file:///etc/passwd", "never"), ("vbscript:x", "never"), ("blob:https://h/x", "never"), ("https://user@h/cb", "user name"),
            ("https://h/cb\nhttps://h/\u{e9}", "ASCII"), ("https://h/c b", "ASCII"), ("https://h/*\\", "ASCII"),
        ];
        let update = edit_form(ada, &app.id).await;
        for (bad, why) in bad {
            refused(&ada.post(&public(empty_form(ada).await).fill("redirect-uris", bad).press("register")).await, why);
            refused(&ada.post(&update.clone().fill("redirect-uris", bad).press("save")).await, why);
        }
        assert_eq!(stored(server, &app.id).await, app.client, "what was refused changed nothing");
        let good = "https://h/cb?a=1\ncom.ex.app:/cb\nhttp://127.0.0.1/cb\nhttp://[::1]:8/cb\nhttp://localhost:8000/cb\nhttp://127.0.0.2/cb";
        ada.post(&update.fill("redirect-uris", good).press("save")).await.expect(303);
        assert_eq!(stored(server, &app.id).await.redirect_uris.len(), 6);
        let ask = app.ask("read").set("redirect_uri", "com.ex.app:/cb");
        let answer = ada.authorize(&ask).await.allow().await;
        assert!(answer.location().unwrap().starts_with("com.ex.app:/cb?code="), "{answer}");
    }

    async fn r_010_the_code_flow_needs_a_redirect_uri(server: &Server) {
        let ada = server.ada().await;
        for kind in ["public", "confidential"] {
            let form = empty_form(ada).await.forge("client-type", kind);
            refused(&ada.post(&form.press("register")).await, "redirect URIs");
        }
        // Neither does one that came into the store some other way.
        let app = server.public().await;
        let mut client = app.client.clone();
        client.redirect_uris.clear();
        assert!(server.put_client(&client).await);
        for ask in [app.ask("read"), app.ask("read").without("redirect_uri"), app.ask("read").set("prompt", "none")] {
            for answer in both_ways(server, &ask).await {
                stays(&answer);
                answer.expect_page(400, 3001);
            }
        }
        assert!(server.put_client(&app.client).await);
        server.authorize(&app.ask("read")).await.expect(200);
    }

    // proves
    async fn r_205_a_public_application_gets_no_secret(server: &Server) {
        let ada = server.ada().await;
        let form = public(empty_form(ada).await).fill("redirect-uris", "https://client.example/callback").press("register");
        let page = ada.submit(&form).await.expect(200).text();
        assert_eq!((text_of(&page, "client-type").as_deref(), text_of(&page, "client-secret")), (Some("public"), None));
        let id = text_of(&page, "client-id").unwrap();
        let client = stored(server, &id).await;
        assert!(client.secrets.is_empty());
        let app = oauth_tests::App { id, secret: None, redirect_uri: "https://client.example/callback".to_owned(), client };
        assert!(server.is_alive(&server.tokens(&app, "read").await.access).await, "it works without one");
        let form = empty_form(ada).await.forge("client-type", "confidential").fill("redirect-uris", "https://client.example/callback").press("register");
        let page = ada.submit(&form).await.expect(200).text();
        assert_eq!(text_of(&page, "client-type").as_deref(), Some("confidential"));
        assert!(text_of(&page, "client-secret").is_some());
    }

    async fn vuln_50_the_same_rules_hold_when_it_is_changed(server: &Server) {
        let ada = server.ada().await;
        let app = server.public().await;
        let form = edit_form(ada, &app.id).await;
        refused(&ada.post(&form.clone().forge("grant:client_credentials", "on")).await, "confidential");
        refused(&ada.post(&form.clone().forge("insecure-without-pkce", "on")).await, "PKCE");
        refused(&ada.post(&form.clone().forge("scope", "read admin")).await, "scope");
        refused(&ada.post(&form.clone().forge("name", "")).await, "name");
        refused(&ada.post(&form.clone().forge("site", "javascript:alert(1)")).await, "site");
        refused(&ada.post(&form.clone().forge("resources", "https://api.example/#x")).await, "resources");
        for (omitted, why) in [("name", "name"), ("redirect-uris", "redirect URIs")] {
            let mut form = form.clone();
            form.fields.retain(|(name, _)| name != omitted);
            refused(&ada.post(&form).await, why);
        }
        let mut no_grant = form.clone();
        no_grant.fields.retain(|(name, _)| !name.starts_with("grant:"));
        refused(&ada.post(&no_grant).await, "grants");
        assert_eq!(stored(server, &app.id).await, app.client);
        ada.post(&form.press("save")).await.expect(303);
        assert_eq!(stored(server, &app.id).await, app.client, "saved as it was, it is as it was");
    }
}

on_every_server! {
    config |config| config.insecure_http_redirects = true;

    async fn r_161_the_option_that_names_the_risk_allows_http(server: &Server) {
        let ada = server.ada().await;
        let form = public(empty_form(ada).await);
        ada.post(&form.clone().fill("redirect-uris", "http://app.example/cb").press("register")).await.expect(303);
        refused(&ada.post(&public(empty_form(ada).await).fill("redirect-uris", "javascript:alert(1)").press("register")).await, "never");
    }
}

// proves
#[test]
fn r_051_an_issuer_is_https_or_on_this_machine() {
    for bad in [
        "http://id.example",
        "http://127.0.0.1.evil.example",
        "ftp://id.example",
        "https://id.example?a",
        "https://id.example#a",
        "https://id.example/tenant?a",
        "https://id.example/tenant#a",
        "https://id.example/",
        "id.example",
        "https://u@id.example",
        "https://ID.example",
        "https://id.example:443",
    ] {
        assert!(Issuer::new(bad).is_err() && Config::new(bad).is_err(), "{bad}");
    }
    for good in [
        "https://id.example",
        "https://id.example/tenant",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost:8000",
    ] {
        assert!(Issuer::new(good).is_ok(), "{good}");
    }
}

// proves: R-095
#[tokio::test]
async fn r_190_a_server_does_not_start_with_an_issuer_in_clear() {
    use oauth_core::store::MemoryStore;
    use oauth_pages::{PagesProvider, StoredAccounts};
    for (issuer, starts) in
        [("http://id.example", false), ("https://id.example?x", false), ("https://id.example", true)]
    {
        let figment = rocket::Config::figment().merge(("oauth.issuer", issuer)).merge(("log_level", "off"));
        let oauth = oauth_rocket::OAuth::new(|config: Config| {
            let store = MemoryStore::new();
            let accounts = StoredAccounts::new(store.clone(), &config);
            PagesProvider::new(config, store, accounts)
        });
        let ignited = rocket::custom(figment).attach(oauth).ignite().await;
        assert_eq!(ignited.is_ok(), starts, "{issuer}");
        if let Err(error) = ignited {
            let _ = error.kind(); // Rocket panics where nobody looks at why it did not start.
        }
    }
}
