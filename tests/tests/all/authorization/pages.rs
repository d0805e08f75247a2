//! What every page carries, and what never becomes a part of one (RFC 9700 §4.2.4, §4.16).

use super::stays;
use oauth_core::client::ClientType;
use oauth_core::config::Issuer;
use oauth_tests::{ADA, Answer, Form, Server, on_every_server, text_of};

const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "{{7*7}}${7*7}<%= 7*7 %><!--",
];

#[track_caller]
fn is_sealed(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("no policy: {answer}"));
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{answer}");
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{answer}");
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer}");
    let html = answer.text();
    for word in [
        "<script",
        "<iframe",
        "<img",
        "<object",
        "<embed",
        "<base",
        "<meta http-equiv",
        "onload=",
        "src=",
        "@import",
        "url(",
    ] {
        assert!(!html.contains(word), "{word} in {answer}");
    }
    for link in html.split("<link").skip(1) {
        assert!(link.starts_with(" rel=\"stylesheet\" href=\"/oauth/style.css\">"), "{answer}");
    }
}

on_every_server! {
    // proves
    async fn r_176_every_page_is_sealed(server: &Server) {
        let app = server.public().await;
        let (ada, fresh) = (server.ada().await, server.browser());
        let register = ada.open("/oauth/applications/register").await.expect(200);
        let mut pages = vec![
            fresh.open("/oauth/sign-in").await.expect(200),
            fresh.authorize(&app.ask("read")).await.answer.expect(200),
            fresh.try_to_sign_in(ADA, "wrong").await.expect(403),
            ada.authorize(&app.ask("read")).await.answer.expect(200),
            server.authorize(&app.ask("read").set("redirect_uri", "https://evil.example/")).await.expect(400),
            server.authorize(&app.ask("read").set("client_id", "nobody")).await.expect(400),
            server.get("/oauth/nothing").await.expect(404),
            server.call("PUT", "/oauth/authorize").await.expect(405),
            server.call("PUT", "/oauth/sign-in").await.expect(405),
            server.post("/oauth/consent").form([("a", "b")]).await.expect(403),
            register,
        ];
        for path in ["", "applications", "connected", "password", "errors", "errors/3002"] {
            pages.push(ada.open(&format!("/oauth/{path}")).await.expect(200));
        }
        server.faults().fail("client");
        pages.push(server.authorize(&app.ask("read")).await.expect(503));
        server.faults().heal();
        for page in &pages {
            stays(page);
            is_sealed(page);
        }
        let redirect = fresh.open("/oauth/").await.expect(303);
        assert_eq!((redirect.header("cache-control"), redirect.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
    }

    // proves: vuln_28
    async fn r_049_what_is_shown_is_text(server: &Server) {
        let (ada, fresh) = (server.ada().await, server.browser());
        for hostile in HOSTILE {
            let app = server.register(ClientType::Public, |app| app.name = hostile.to_owned()).await;
            let ask = app.ask("read").set("state", hostile).set("nonce", hostile).set("login_hint", hostile).set("x", hostile);
            let consent = ada.authorize(&ask).await.answer.expect(200);
            assert_eq!(text_of(&consent.text(), "client-name").as_deref(), Some(hostile));
            let sign_in = fresh.authorize(&ask).await.answer.expect(200);
            let form = Form::with(&sign_in.text(), "sign-in");
            assert_eq!(form.controls["username"].1, hostile, "the hint is typed in, and is text");
            let wrong = fresh.try_to_sign_in(hostile, hostile).await.expect(403);
            ada.authorize(&ask).await.allow().await;
            let connected = ada.open("/oauth/connected").await.expect(200);
            let application = ada.open(&format!("/oauth/applications/show?client_id={}", app.id)).await.expect(200);
            let edit = ada.open(&format!("/oauth/applications/edit?client_id={}", app.id)).await.expect(200);
            assert_eq!(Form::with(&edit.text(), "save").controls["name"].1, hostile);
            let list = ada.open("/oauth/applications").await.expect(200);
            let delete = ada.open(&format!("/oauth/applications/delete?client_id={}", app.id)).await.expect(200);
            let encoded: String = form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
            let queries = ["error", "error_hint", "error_description", "continue", "client_id", "after"].map(|name| format!("{name}={encoded}"));
            let mut pages = vec![consent, sign_in, wrong, connected, application, edit, list, delete];
            for query in queries {
                pages.push(ada.open(&format!("/oauth/applications/show?{query}")).await);
                pages.push(fresh.open(&format!("/oauth/errors/3002?{query}")).await);
                pages.push(fresh.open(&format!("/oauth/sign-in?{query}")).await);
            }
            for page in pages {
                assert!(!page.text().contains(hostile), "{hostile} {page}");
            }
        }
    }

    async fn r_206_cookies_are_for_this_server_only(server: &Server) {
        let page = server.get("/oauth/sign-in").await.expect(200);
        let cookie = page.header("set-cookie").unwrap();
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain") && !cookie.contains("Secure"), "plain http on loopback has no Secure: {cookie}");
    }
}

on_every_server! {
    config |config| config.issuer = Issuer::new("https://id.example").unwrap();

    async fn r_206_over_https_cookies_are_secure_and_bound_to_the_host(server: &Server) {
        let browser = server.browser();
        let visit = browser.open("/oauth/sign-in").await.expect(200).header("set-cookie").unwrap().to_owned();
        let signed_in = browser.try_to_sign_in(ADA, oauth_tests::PASSWORD).await.expect(303);
        let cookies = signed_in.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
        let cookies: Vec<String> = cookies.chain([visit]).collect();
        assert_eq!(cookies.len(), 3, "the session, and what stands for the browser");
        for cookie in cookies {
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Secure"] {
                assert!(cookie.contains(attribute), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
}
