use super::*;
use oauth_core::store::{GrantFilter, GrantStore, Page};
use std::time::Duration;

/// Signs in by way of the authorization endpoint and gives the consent page.
async fn consent_page(browser: &mut Browser<'_>, ask: &str) -> Response<Bytes> {
    let page = browser.get(ask).await;
    assert_eq!(page.status(), StatusCode::OK, "{}", location(&page));
    if !text(&page).contains("id=\"sign-in\"") {
        return page;
    }
    let answer = browser.submit(&page, "/oauth/sign-in", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    browser.get(location(&answer)).await
}

#[tokio::test]
async fn from_nobody_to_a_code() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    assert!(element(&page, "client-name").unwrap().contains("Notes"));
    assert!(element(&page, "redirect-host").unwrap().contains("app.example"));
    assert!(text(&page).contains("See your data"), "scopes stand there in words");
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let back = browser.get(location(&answer)).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert!(location(&back).starts_with("https://app.example/callback?code="), "{}", location(&back));
    let filter = GrantFilter::Subject(site.ada.subject.clone());
    let grants =
        site.store.grants(&filter, &Page::first(9), Timestamp::from_unix_seconds(1_800_000_000)).await.unwrap();
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].auth_time, Some(Timestamp::from_unix_seconds(1_800_000_000)));
    assert_eq!(grants[0].attributes.get("username").map(String::as_str), Some("ada"));
    assert_eq!(grants[0].scope.to_string(), "read write");
}

#[tokio::test]
async fn r_022_what_is_unticked_is_not_granted() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    let ticked = [("decision", "allow"), ("scope:read", "on"), ("scope:admin", "on")];
    let answer = browser.submit(&page, "/oauth/consent", &ticked).await;
    let back = browser.get(location(&answer)).await;
    assert!(location(&back).contains("code="));
    let filter = GrantFilter::Subject(site.ada.subject.clone());
    let grants =
        site.store.grants(&filter, &Page::first(9), Timestamp::from_unix_seconds(1_800_000_000)).await.unwrap();
    assert_eq!(grants[0].scope.to_string(), "read");

    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    let answer = browser.submit(&page, "/oauth/consent", &[("decision", "allow")]).await;
    let back = browser.get(location(&answer)).await;
    assert!(location(&back).contains("error=access_denied"), "nothing ticked is a refusal: {}", location(&back));
}

#[tokio::test]
async fn deny_goes_back_as_access_denied() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    let answer = browser.submit(&page, "/oauth/consent", &[("decision", "deny")]).await;
    let back = browser.get(location(&answer)).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert!(location(&back).starts_with("https://app.example/callback?error=access_denied"), "{}", location(&back));
    assert!(location(&back).contains("state=xyz"));
}

#[tokio::test]
async fn r_050_vuln_29_every_request_is_asked_for_and_a_decision_counts_once() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    let again = location(&answer).to_owned();
    assert!(location(&browser.get(&again).await).contains("code="));
    let second = browser.get(&again).await;
    assert_eq!(second.status(), StatusCode::OK, "the second time it is a question again");
    assert!(text(&second).contains("id=\"allow\""));

    let answer = browser.submit(&second, "/oauth/consent", &ALLOW).await;
    site.clock.advance(Duration::from_secs(61));
    assert_eq!(browser.get(location(&answer)).await.status(), StatusCode::OK, "it waits a minute only");
}

#[tokio::test]
async fn r_047_vuln_27_consent_needs_the_token_of_this_session() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let ask = authorization("notes", &[]);
    let mut ada = site.browser();
    let page = consent_page(&mut ada, &ask).await;
    let mut eve = site.signed_in("eve").await;
    let of_eve = hidden(&eve.get(&ask).await, "/oauth/consent");
    let csrf_of_eve = of_eve.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    for token in ["", "x", csrf_of_eve.as_str()] {
        let fields = [&ALLOW[..], &[("csrf", token)][..]].concat();
        let answer = ada.submit(&page, "/oauth/consent", &fields).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(element(&answer, "error-number").as_deref(), Some("6001"));
    }
    // Neither the whole form of somebody else nor a form without a session decides anything.
    let mut fields = of_eve;
    fields.extend(pairs(&ALLOW));
    assert_eq!(ada.post("/oauth/consent", &fields).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.browser().submit(&page, "/oauth/consent", &ALLOW).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.get(&ask).await.status(), StatusCode::OK, "nothing was decided");
}

#[tokio::test]
async fn vuln_25_a_request_changed_in_the_form_is_refused() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    site.client("other", |_| ()).await;
    let mut browser = site.browser();
    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    let shown = hidden(&page, "/oauth/consent").into_iter().find(|(name, _)| name == "request").unwrap().1;
    let tampered = [
        shown.replace("client_id=notes", "client_id=other"),
        shown.replace("state=xyz", "state=abc"),
        format!("{shown}&nonce=1"),
        String::new(),
    ];
    for request in tampered {
        let fields = [&ALLOW[..], &[("request", request.as_str())][..]].concat();
        let answer = browser.submit(&page, "/oauth/consent", &fields).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{request}");
        let asked = browser.get(&format!("/oauth/authorize?{request}")).await;
        assert!(!location(&asked).contains("code="));
    }
    let answer = browser.submit(&page, "/oauth/consent", &[("decision", "perhaps")]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn vuln_33_a_decision_is_taken_by_the_browser_that_made_it() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut ada = site.browser();
    let page = consent_page(&mut ada, &authorization("notes", &[])).await;
    let answer = ada.submit(&page, "/oauth/consent", &ALLOW).await;
    let back = location(&answer).to_owned();
    let mut eve = site.signed_in("eve").await;
    assert_eq!(eve.get(&back).await.status(), StatusCode::OK, "eve is asked herself");
    assert_eq!(site.browser().get(&back).await.status(), StatusCode::OK, "nobody is asked to sign in");
    let mut second_browser_of_ada = site.signed_in("ada").await;
    assert_eq!(second_browser_of_ada.get(&back).await.status(), StatusCode::OK, "another session of hers, too");
    assert!(location(&ada.get(&back).await).contains("code="));
}

#[tokio::test]
async fn vuln_34_signing_in_as_another_takes_nothing_along() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let ask = authorization("notes", &[]);
    let page = consent_page(&mut browser, &ask).await;
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    let back = location(&answer).to_owned();
    // Before the browser follows, somebody else takes the keyboard.
    let out = browser.submit(&page, "/oauth/sign-out", &[]).await;
    assert!(location(&out).starts_with("/oauth/"));
    browser.sign_in("eve", PASSWORD).await;
    let asked = browser.get(&back).await;
    assert_eq!(asked.status(), StatusCode::OK);
    assert!(element(&asked, "signed-in-as").unwrap().contains("eve"));
    // A page that was shown to ada is not decided by eve: she is asked.
    let again = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert!(location(&again).starts_with("/oauth/authorize?"));
    assert!(element(&browser.get(&ask).await, "allow").is_some());
}

/// Somebody who knows her password, or has the page that another browser of hers was shown, decides nothing here.
#[tokio::test]
async fn r_047_a_form_of_another_session_of_the_same_person_decides_nothing() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let ask = authorization("notes", &[]);
    let (mut elsewhere, mut here) = (site.signed_in("ada").await, site.signed_in("ada").await);
    let shown = consent_page(&mut elsewhere, &ask).await;
    consent_page(&mut here, &ask).await;
    let answer = here.submit(&shown, "/oauth/consent", &ALLOW).await;
    assert!(!location(&answer).contains("code="), "{}", location(&answer));
    assert!(element(&here.get(&ask).await, "allow").is_some(), "she is asked");
}

#[tokio::test]
async fn use_another_account_comes_back_to_the_same_request() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let page = consent_page(&mut browser, &authorization("notes", &[])).await;
    let form = text(&page).split("<form ").skip(1).map(|form| form.to_owned()).collect::<Vec<_>>();
    let leave = form.iter().find(|form| form.contains("use-another-account")).unwrap();
    let input = leave.split("<input ").find(|input| input.contains("\"continue\"")).unwrap();
    let continued = attribute(input, "value").unwrap();
    let answer = browser.submit(&page, "/oauth/sign-out", &[("continue", &continued)]).await;
    assert!(location(&answer).starts_with("/oauth/authorize?client_id=notes"), "{}", location(&answer));
    assert!(text(&browser.get(location(&answer)).await).contains("id=\"sign-in\""));
}

#[tokio::test]
async fn a_posted_request_looks_for_the_session_as_a_link() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let ask = authorization("notes", &[]);
    let form = ask.split_once('?').unwrap().1.to_owned();
    let mut signed_in = site.signed_in("ada").await;
    let answer = site.browser().send(Method::POST, "/oauth/authorize", Some(form)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let link = location(&answer).to_owned();
    assert!(text(&site.browser().get(&link).await).contains("id=\"sign-in\""));
    assert!(text(&signed_in.get(&link).await).contains("id=\"allow\""));
}

#[tokio::test]
async fn long_requests_pass_through_the_form() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut browser = site.browser();
    let long = "%".repeat(4_000);
    let page = browser.get(&authorization("notes", &[("nonce", &long)])).await;
    let typed = [("username", "ada"), ("password", PASSWORD)];
    // A link of this length would be more than proxies take in an answer's head.
    let page = browser.submit(&page, "/oauth/sign-in", &typed).await;
    let page = browser.submit(&page, "/oauth/authorize", &[]).await;
    let page = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    assert!(location(&browser.submit(&page, "/oauth/authorize", &[]).await).contains("code="));
}
