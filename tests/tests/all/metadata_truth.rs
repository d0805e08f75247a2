//! The metadata is true both ways, and nobody who asks can change it (RFC 8414 §3.3, RFC 9700 §4.13).

use oauth_core::client::ClientType;
use oauth_core::config::Issuer;
use oauth_tests::{ADA, Call, Form, PASSWORD, Server, on_every_server};
use serde_json::{Value, json};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

fn list(document: &Value, name: &str) -> Vec<String> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("no {name} in {document}"));
    list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// Pretends to come by way of another host.
fn spoofed(call: Call) -> Call {
    let call = call.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "https");
    let call = call
        .header("x-forwarded-port", "444")
        .header("x-forwarded-prefix", "/evil")
        .header("x-forwarded-server", "evil.example");
    let call =
        call.header("forwarded", "for=192.0.2.1;host=evil.example;proto=https").header("x-original-url", "/evil");
    call.header("x-rewrite-url", "/evil").header("x-host", "evil.example").set_header("host", "evil.example")
}

on_every_server! {
    // proves
    async fn r_099_the_document_has_what_it_must(server: &Server) {
        let answer = server.get(WELL_KNOWN).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        assert_eq!(document["issuer"], server.issuer());
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        for (name, value) in document.as_object().unwrap() {
            if name.ends_with("_endpoint") {
                let url = value.as_str().unwrap();
                assert!(url.starts_with(&format!("{}/", server.issuer())) && !url.contains(['#', '?']), "{name}: {url}");
                let path = url.strip_prefix(server.issuer()).unwrap();
                assert_ne!(server.get(path).await.status, 404, "{url}");
            } else if value.is_array() {
                assert!(!list(&document, name).is_empty(), "{name} is left out where it is empty");
            }
        }
        for name in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "introspection_endpoint"] {
            assert!(document[name].is_string(), "{name} in {document}");
        }
        assert_eq!(server.call("HEAD", WELL_KNOWN).await.expect(200).body.len(), 0);
    }

    // proves
    async fn r_101_what_is_listed_works_and_what_is_not_is_refused(server: &Server) {
        let document = server.get(WELL_KNOWN).await.json();
        let app = server.confidential().await;
        let mut grants = list(&document, "grant_types_supported");
        grants.sort();
        assert_eq!(grants, ["authorization_code", "client_credentials", "refresh_token"]);
        let tokens = server.tokens(&app, "read").await;
        server.refresh(&app, &tokens.refresh).await.expect(200);
        server.client_credentials(&app, "read").await.expect(200);
        for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba", "Authorization_Code"] {
            let fields = [("grant_type", grant), ("username", ADA), ("password", PASSWORD), ("scope", "read")];
            server.token(&app, fields).await.expect_error(400, "unsupported_grant_type");
        }
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(document["response_modes_supported"], json!(["query"]));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        for (name, value) in [("response_type", "token"), ("response_mode", "fragment"), ("response_mode", "form_post"), ("code_challenge_method", "plain"), ("request", "x"), ("request_uri", "https://x.example")] {
            assert!(server.authorize(&app.ask("read").set(name, value)).await.parameter("error").is_some(), "{name}={value}");
        }
        server.authorize(&app.ask("read").set("response_mode", "query")).await.expect(200);
        for scope in list(&document, "scopes_supported") {
            server.authorize(&app.ask(&scope)).await.expect(200);
        }
        server.authorize(&app.ask("openid")).await.expect_redirected_error("invalid_scope");
        for absent in ["jwks_uri", "registration_endpoint", "userinfo_endpoint", "device_authorization_endpoint", "pushed_authorization_request_endpoint"] {
            assert!(document[absent].is_null(), "{absent} is not there yet");
        }
        assert_eq!(server.config().grant_types().len(), grants.len());
    }

    async fn r_101_every_listed_way_to_authenticate_works(server: &Server) {
        let document = server.get(WELL_KNOWN).await.json();
        let mut methods = list(&document, "token_endpoint_auth_methods_supported");
        methods.sort();
        assert_eq!(methods, ["client_secret_basic", "client_secret_post", "none"]);
        let app = server.confidential().await;
        let grant = ("grant_type", "client_credentials");
        server.post("/oauth/token").basic(&app.id, app.secret()).form([grant]).await.expect(200);
        server.post("/oauth/token").form([grant, ("client_id", &app.id), ("client_secret", app.secret())]).await.expect(200);
        let public = server.public().await;
        server.tokens(&public, "read").await;
        server.post("/oauth/token").form([grant, ("client_id", &app.id)]).await.expect_error(401, "invalid_client");
        let assertion = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        server.post("/oauth/token").form([grant, assertion, ("client_assertion", "e30.e30.")]).await;
        let refused = server.post("/oauth/token").form([grant, ("client_id", &app.id), assertion, ("client_assertion", "e30.e30.")]).await;
        assert!(matches!(refused.status.as_u16(), 400 | 401), "{refused}");
        let tokens = server.client_credentials(&app, "read").await.member("access_token");
        assert!(list(&document, "revocation_endpoint_auth_methods_supported").contains(&"client_secret_basic".to_owned()));
        assert!(!list(&document, "introspection_endpoint_auth_methods_supported").contains(&"none".to_owned()));
        server.post("/oauth/introspect").form([("token", tokens.as_str()), ("client_id", &public.id)]).await.expect_error(401, "invalid_client");
        server.introspect(&app, &tokens).await.expect(200);
    }

    // proves: R-178, vuln_36
    async fn r_097_no_header_changes_who_this_is(server: &Server) {
        let plain = server.get(WELL_KNOWN).await.expect(200).body;
        assert!(spoofed(server.get(WELL_KNOWN)).await.expect(200).body == plain);
        let app = server.public().await;
        let query = app.ask("unknown").query();
        let answer = spoofed(server.get(&format!("/oauth/authorize?{query}"))).await.expect_redirected_error("invalid_scope");
        assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()));
        assert!(!answer.location().unwrap().contains("evil"), "{answer}");
        let query = app.ask("read").query();
        for target in [format!("/oauth/authorize?{query}"), "/oauth/sign-in".to_owned(), "/oauth/".to_owned(), "/oauth/nothing".to_owned()] {
            let answer = spoofed(server.get(&target)).await;
            assert!(!answer.to_string().contains("evil"), "{answer}");
        }
        let answer = spoofed(server.post("/oauth/authorize").form(app.ask("read").fields().iter().map(|(name, value)| (name, value)))).await.expect(303);
        assert!(answer.location().unwrap().starts_with("/oauth/authorize?"), "{answer}");
        let browser = server.browser();
        let page = browser.open("/oauth/sign-in").await;
        let form = Form::with(&page.text(), "sign-in").fill("username", ADA).fill("password", PASSWORD);
        let cookies: Vec<String> = browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let fields = form.fields.iter().map(|(name, value)| (name, value));
        let answer = spoofed(server.post("/oauth/sign-in").header("cookie", cookies.join("; ")).form(fields)).await.expect(303);
        assert_eq!(answer.location(), Some("/oauth/"), "{answer}");
    }

    async fn r_178_an_address_that_anyone_may_claim_is_not_believed(server: &Server) {
        let app = server.confidential().await;
        let guess = |number: usize| {
            let claimed = format!("192.0.2.{number}");
            let call = server.post("/oauth/token").basic(&app.id, "wrong").form([("grant_type", "client_credentials")]);
            call.header("x-forwarded-for", &claimed).header("x-real-ip", &claimed).header("forwarded", format!("for={claimed}"))
        };
        for number in 0..10 {
            guess(number).await.expect_error(401, "invalid_client");
        }
        assert!(guess(11).await.expect(429).header("retry-after").is_some());
        let elsewhere = server.post("/oauth/token").from("127.0.0.2").basic(&app.id, app.secret());
        elsewhere.form([("grant_type", "client_credentials")]).await.expect(200);
    }
}

on_every_server! {
    config |config| config.trusted_proxies = "127.0.0.1".parse().unwrap();

    async fn r_178_a_trusted_proxy_says_who_asks(server: &Server) {
        let app = server.confidential().await;
        let guess = |from: &'static str, claimed: &str| {
            let call = server.post("/oauth/token").from(from).basic(&app.id, "wrong").form([("grant_type", "client_credentials")]);
            call.header("x-forwarded-for", claimed)
        };
        for number in 0..12 {
            guess("127.0.0.1", &format!("192.0.2.{number}")).await.expect_error(401, "invalid_client");
        }
        for number in 0..10 {
            guess("127.0.0.3", &format!("198.51.100.{number}")).await.expect_error(401, "invalid_client");
        }
        guess("127.0.0.3", "198.51.100.99").await.expect(429);
    }
}

on_every_server! {
    config |config| config.issuer = Issuer::new(&format!("{}/tenant/one", config.issuer)).unwrap();

    // proves
    async fn r_139_an_issuer_with_a_path_is_the_same_everywhere(server: &Server) {
        let document = server.get(&format!("{WELL_KNOWN}/tenant/one")).await.expect(200).json();
        assert_eq!(document["issuer"], server.issuer());
        // Behind the issuer too, for proxies that pass nothing else on (F-33).
        assert_eq!(server.get(&format!("/tenant/one{WELL_KNOWN}")).await.expect(200).json(), document);
        for elsewhere in [WELL_KNOWN.to_owned(), format!("{WELL_KNOWN}/tenant"), format!("{WELL_KNOWN}/tenant/two")] {
            server.get(&elsewhere).await.expect(404);
        }
        let app = server.public().await;
        let answer = server.ada().await.authorize(&app.ask("read")).await.allow().await;
        assert_eq!(answer.parameter("iss").as_deref(), document["issuer"].as_str());
        assert!(answer.parameter("code").is_some());
    }
}

on_every_server! {
    config |config| {
        config.scopes.clear();
        config.default_scope = None;
    };

    async fn r_098_an_empty_list_is_left_out(server: &Server) {
        let document = server.get(WELL_KNOWN).await.expect(200).json();
        assert!(document.get("scopes_supported").is_none(), "{document}");
        let app = server.register(ClientType::Public, |_| ()).await;
        server.authorize(&app.ask("read")).await.expect_redirected_error("invalid_scope");
    }
}
