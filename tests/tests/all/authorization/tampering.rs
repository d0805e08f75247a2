//! What passes through the browser between two pages can be changed there (RFC 9700 §4.11).

use oauth_core::event::Event;
use oauth_tests::{ADA, Answer, Form, PASSWORD, Server, on_every_server};

/// Requires that a page of ours, if anything, sends the browser to another page of ours.
#[track_caller]
fn stays_here(answer: &Answer) {
    let here = |location: &str| {
        location.starts_with("/oauth/") && !location.contains('\\') && !location.starts_with("/oauth//")
    };
    assert!(answer.location().is_none_or(here), "{answer}");
    assert_eq!(answer.header("refresh"), None, "{answer}");
}

const ELSEWHERE: [&str; 14] = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/oauth/../../evil",
    "https://evil.example/?client_id=1",
    "client_id=1\r\nLocation: https://evil.example",
    "//evil.example/?client_id=1&x",
    "@evil.example",
    "https://127.0.0.1@evil.example/&client_id=2",
];

on_every_server! {
    async fn vuln_25_nothing_on_the_consent_form_can_be_changed(server: &Server) {
        let app = server.public().await;
        let other = server.confidential().await;
        let ada = server.ada().await;
        let form = ada.authorize(&app.ask("read")).await.form().press("allow");
        let request = form.fields.iter().find(|(name, _)| name == "request").unwrap().1.clone();
        let swap = |from: &str, to: &str| {
            let changed = request.replace(from, to);
            assert_ne!(changed, request, "{from} is in {request}");
            changed
        };
        let changed = [
            swap("scope=read", "scope=read+write"), swap("response_type=code", "response_type=token"), swap(&app.id, &other.id),
            swap("client.example", "evil.example"), swap("code_challenge=", "code_challenge=A"), swap("S256", "plain"), swap("the+state", "another"),
            format!("{request}&nonce=1"), format!("{request}&prompt=none"), format!("{request}&scope=write"), format!(" {request}"), format!("?{request}"),
            format!("{request}#"), String::new(), "https://evil.example/".to_owned(),
        ];
        for changed in &changed {
            ada.post(&form.clone().forge("request", changed)).await.expect_page(403, 6001);
        }
        for (name, value) in &form.fields {
            for forged in ["", "x", &value[..value.len() - 1], &format!("{value}x"), &value.to_uppercase()] {
                if forged == value || name.starts_with("scope:") {
                    continue;
                }
                let answer = ada.post(&form.clone().forge(name, forged)).await;
                assert!(answer.error_number() == Some(6001), "{name}={forged} {answer}");
            }
            let mut missing = form.clone();
            missing.fields.retain(|(other, _)| other != name);
            if !name.starts_with("scope:") {
                ada.post(&missing).await.expect_page(403, 6001);
            }
            let mut twice = form.clone();
            twice.fields.push((name.clone(), "x".to_owned()));
            ada.post(&twice).await.expect_page(400, 1001);
        }
        assert_eq!(server.events().count(|event| matches!(event, Event::Approved { .. })), 0);
        // A box that was not on the page allows nothing.
        let more = form.clone().forge("scope:write", "on").forge("scope:admin", "on").forge("subject", "subject-eve");
        let answer = ada.submit(&more).await;
        let code = answer.parameter("code").unwrap_or_else(|| panic!("{answer}"));
        let stored = oauth_core::store::CodeStore::code(server.store(), &oauth_core::secret::AuthorizationCode::new(&code).digest()).await.unwrap().unwrap();
        assert_eq!((stored.grant.scope.to_string().as_str(), stored.grant.subject.as_str()), ("read", "subject-ada"));
    }

    // proves: R-162
    async fn vuln_25_the_sign_in_form_leads_nowhere_else(server: &Server) {
        let app = server.public().await;
        for elsewhere in ELSEWHERE {
            let browser = server.browser();
            let page = browser.authorize(&app.ask("read")).await.answer.expect(200);
            let form = Form::with(&page.text(), "sign-in").fill("username", ADA).fill("password", PASSWORD);
            let answer = browser.post(&form.forge("continue", elsewhere)).await.expect(303);
            stays_here(&answer);
        }
        let browser = server.browser();
        let page = browser.authorize(&app.ask("read")).await.answer.expect(200);
        let form = Form::with(&page.text(), "sign-in").fill("username", ADA).fill("password", PASSWORD);
        for forged in ["", "x", &"A".repeat(43)] {
            browser.post(&form.clone().forge("csrf", forged)).await.expect_page(403, 6001);
        }
        // The request goes on changed as it was, and is checked anew: no client, no redirect.
        let request = form.fields.iter().find(|(name, _)| name == "continue").unwrap().1.clone();
        let answer = browser.post(&form.clone().forge("continue", &request.replace("client.example", "evil.example"))).await.expect(303);
        stays_here(&answer);
        browser.open(answer.location().unwrap()).await.expect_page(400, 3002);
        let honest = server.browser();
        let page = honest.authorize(&app.ask("read")).await.answer.expect(200);
        let form = Form::with(&page.text(), "sign-in").fill("username", ADA).fill("password", PASSWORD);
        Form::with(&honest.submit(&form).await.expect(200).text(), "allow");
    }

    async fn r_162_no_page_is_an_open_redirector(server: &Server) {
        let ada = server.ada().await;
        let fresh = server.browser();
        let names = ["continue", "next", "return_to", "redirect", "redirect_to", "redirect_uri", "redirect_url", "post_logout_redirect_uri", "url", "target", "goto"];
        for page in ["/oauth/", "/oauth/sign-in", "/oauth/applications", "/oauth/connected", "/oauth/password"] {
            for elsewhere in ELSEWHERE {
                let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(names.map(|name| (name, elsewhere))).finish();
                for browser in [ada, &fresh] {
                    stays_here(&browser.open(&format!("{page}?{query}")).await);
                }
            }
        }
        let leaving = server.browser();
        for elsewhere in ELSEWHERE {
            leaving.sign_in(ADA).await;
            let form = Form::with(&leaving.open("/oauth/").await.text(), "sign-out").forge("continue", elsewhere).forge("post_logout_redirect_uri", elsewhere);
            stays_here(&leaving.post(&form).await.expect(303));
        }
        let on = fresh.open("/oauth/sign-in?continue=connected").await.expect(200);
        let form = Form::with(&on.text(), "sign-in").fill("username", ADA).fill("password", PASSWORD);
        assert_eq!(fresh.post(&form).await.expect(303).location(), Some("/oauth/connected"), "a page of ours is where it goes");
    }
}
