use super::*;
use http::header::RETRY_AFTER;
use std::time::Duration;

// proves: R-172
#[tokio::test]
async fn signs_in_and_out_with_303() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let answer = browser.sign_in("ada", PASSWORD).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/"));
    let home = browser.get("/oauth").await;
    assert_eq!(home.status(), StatusCode::OK);
    assert!(element(&home, "signed-in-as").unwrap().contains("ada"));

    let session = browser.session().unwrap().to_owned();
    let answer = browser.submit(&home, "/oauth/sign-out", &[]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/sign-in"));
    assert_eq!(browser.session(), None);
    // The server forgot it too: the old cookie opens nothing.
    browser.cookies.insert(SESSION.to_owned(), session);
    assert!(location(&browser.get("/oauth/").await).starts_with("/oauth/sign-in"));
    assert_eq!(site.recorded(|event| matches!(event, Event::SignedIn { .. })), 1);
    assert_eq!(site.recorded(|event| matches!(event, Event::SignedOut { .. })), 1);
}

#[tokio::test]
async fn vuln_55_a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let wrong = browser.sign_in("ada", "wrong horse").await;
    let unknown = browser.sign_in("ida", "wrong horse").await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    assert_eq!(element(&wrong, "error-number").as_deref(), Some("6002"));
    assert_eq!(text(&wrong).replace("\"ada\"", ""), text(&unknown).replace("\"ida\"", ""));
    assert!(!text(&wrong).contains("wrong horse"));
    assert_eq!(browser.session(), None);
    assert_eq!(site.recorded(|event| matches!(event, Event::SignInFailed { .. })), 2);
}

#[tokio::test]
async fn r_047_sign_in_needs_the_token_of_this_browser() {
    let site = Site::new().await;
    let (mut victim, mut attacker) = (site.browser(), site.browser());
    let page = victim.get("/oauth/sign-in").await;
    let of_the_attacker = hidden(&attacker.get("/oauth/sign-in").await, "/oauth/sign-in");
    let credentials = [("username", "ada"), ("password", PASSWORD)];
    for token in ["", "x", of_the_attacker[0].1.as_str()] {
        let fields = [&[("csrf", token)][..], &credentials[..]].concat();
        let answer = victim.submit(&page, "/oauth/sign-in", &fields).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(element(&answer, "error-number").as_deref(), Some("6001"));
        assert_eq!(victim.session(), None);
    }
    // The token without the cookie is nothing either.
    let mut stranger = site.browser();
    assert_eq!(stranger.submit(&page, "/oauth/sign-in", &credentials).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(victim.submit(&page, "/oauth/sign-in", &credentials).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn vuln_35_the_session_changes_at_every_sign_in() {
    let site = Site::new().await;
    let planted = "A".repeat(43);
    let mut browser = site.browser();
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    browser.sign_in("ada", PASSWORD).await;
    let first = browser.session().unwrap().to_owned();
    assert_ne!(first, planted);

    // Signing in on a page that was still open ends the session before.
    let mut other = browser.clone();
    let mut visit = browser.clone();
    visit.cookies.remove(SESSION);
    let page = visit.get("/oauth/sign-in").await;
    let answer = browser.submit(&page, "/oauth/sign-in", &[("username", "eve"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_ne!(browser.session().unwrap(), first);
    assert!(location(&other.get("/oauth/").await).starts_with("/oauth/sign-in"), "the first session is over");
}

#[tokio::test]
async fn r_162_continue_leads_nowhere_else() {
    let site = Site::new().await;
    let elsewhere = [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/oauth/applications",
        "../..",
        "applications/../..",
        "\r\nLocation: https://evil.example",
        "%0d%0aLocation:%20https://evil.example",
        "https://evil.example/?x=client_id",
        "@evil.example",
        ".evil.example",
    ];
    for value in elsewhere {
        let mut browser = site.browser();
        let page = browser.get("/oauth/sign-in").await;
        let fields = [("continue", value), ("username", "ada"), ("password", PASSWORD)];
        let answer = browser.submit(&page, "/oauth/sign-in", &fields).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/oauth/"), "{value:?}");
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("continue", value).finish();
        let answer = browser.get(&format!("/oauth/sign-in?{query}")).await;
        assert_eq!(location(&answer), "/oauth/", "{value:?} although signed in");
    }
    // What looks like an authorization request stays data, at our own endpoint.
    let mut browser = site.browser();
    let page = browser.get("/oauth/sign-in").await;
    let hostile = "client_id=a&x=\r\nLocation: https://evil.example/#";
    let fields = [("continue", hostile), ("username", "ada"), ("password", PASSWORD)];
    let answer = browser.submit(&page, "/oauth/sign-in", &fields).await;
    let expected = "/oauth/authorize?client_id=a&x=%0D%0ALocation%3A+https%3A%2F%2Fevil.example%2F%23";
    assert_eq!(location(&answer), expected);
}

#[tokio::test]
async fn goes_on_to_the_page_that_was_asked_for() {
    let site = Site::new().await;
    for page in ["applications", "connected", "password"] {
        let mut browser = site.browser();
        let to_sign_in = browser.get(&format!("/oauth/{page}")).await;
        assert_eq!(to_sign_in.status(), StatusCode::SEE_OTHER);
        let form = browser.get(location(&to_sign_in)).await;
        let answer = browser.submit(&form, "/oauth/sign-in", &[("username", "ada"), ("password", PASSWORD)]).await;
        assert_eq!(location(&answer), format!("/oauth/{page}"));
    }
}

#[tokio::test]
async fn r_206_cookies_are_bound_to_the_host_and_hidden_from_scripts() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let visit = browser.get("/oauth/sign-in").await;
    let signed_in = browser.sign_in("ada", PASSWORD).await;
    for (answer, name) in [(&visit, "__Host-oauth-visit-"), (&signed_in, "__Host-oauth-session-")] {
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;"] {
            assert!(cookie.contains(attribute), "{attribute} in {cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }

    let local = Site::at("http://127.0.0.1:8000", |_| ()).await;
    let mut browser = local.browser();
    let answer = browser.sign_in("ada", PASSWORD).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("oauth-session-") && !cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"));
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_after_12_hours_and_with_the_account() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    site.clock.advance(Duration::from_secs(12 * 3600 - 1));
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::OK);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::SEE_OTHER);

    let mut browser = site.signed_in("ada").await;
    site.accounts().set_enabled("ada", false).await.unwrap();
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::SEE_OTHER);
    let refused = site.browser().sign_in("ada", PASSWORD).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "a right password, but a closed account");
}

#[tokio::test]
async fn two_cookies_of_one_name_are_none() {
    let site = Site::new().await;
    let mut browser = site.signed_in("ada").await;
    let session = browser.session().unwrap().to_owned();
    let twice = format!("{session}; {SESSION}={}", "A".repeat(43));
    browser.cookies.insert(SESSION.to_owned(), twice);
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn r_184_throttling_stops_the_guesser_and_not_the_owner() {
    let site = Site::at("https://id.example", |config| config.failures_per_client = 3).await;
    let mut attacker = site.browser();
    for spelling in ["ada", "ADA", " ada "] {
        assert_eq!(attacker.sign_in(spelling, "guess").await.status(), StatusCode::FORBIDDEN);
    }
    // Also the right password is not tried from there any more.
    let answer = attacker.sign_in("ada", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()[RETRY_AFTER], "60");
    assert_eq!(element(&answer, "error-number").as_deref(), Some("2009"));
    assert_eq!(site.recorded(|event| matches!(event, Event::Throttled { .. })), 1);

    let mut owner = site.browser();
    owner.address = "192.0.2.2".parse().unwrap();
    assert_eq!(owner.sign_in("ada", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    let other = attacker.clone().sign_in("eve", PASSWORD).await;
    assert_eq!(other.status(), StatusCode::SEE_OTHER, "others are not locked out");
    site.clock.advance(Duration::from_secs(61));
    assert_eq!(attacker.sign_in("ada", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_184_guesses_at_the_same_time_do_not_overrun_the_limit() {
    let site = Arc::new(Site::at("https://id.example", |config| config.failures_per_client = 3).await);
    let guesses = (0..12).map(|_| {
        let site = Arc::clone(&site);
        tokio::spawn(async move { site.browser().sign_in("ada", "guess").await.status() })
    });
    let mut tried = 0;
    for guess in guesses.collect::<Vec<_>>() {
        tried += usize::from(guess.await.unwrap() == StatusCode::FORBIDDEN);
    }
    assert_eq!(tried, 3);
}

#[tokio::test]
async fn r_210_prompt_login_is_one_sign_in_for_one_request() {
    let site = Site::new().await;
    site.client("notes", |client| client.trusted = true).await;
    let ask = authorization("notes", &[("prompt", "login")]);
    let mut browser = site.signed_in("ada").await;
    for _ in 0..2 {
        let page = browser.get(&ask).await;
        assert!(text(&page).contains("id=\"sign-in\""), "{}", location(&page));
        assert!(text(&page).contains("value=\"ada\""), "who is signed in need not type the name");
        let fields = [("username", "ada"), ("password", PASSWORD)];
        let answer = browser.submit(&page, "/oauth/sign-in", &fields).await;
        let back = browser.get(location(&answer)).await;
        assert!(location(&back).contains("code="), "{}", location(&back));
    }
    let other = browser.get(&authorization("notes", &[("prompt", "login"), ("nonce", "x")])).await;
    assert!(text(&other).contains("id=\"sign-in\""), "another request is worth another sign-in");
}

#[tokio::test]
async fn who_may_not_authorize_can_sign_in_and_allow_nothing() {
    let site = Site::new().await;
    site.client("notes", |client| client.trusted = true).await;
    let mut browser = site.signed_in("ada").await;
    assert!(location(&browser.get(&authorization("notes", &[])).await).contains("code="));
    site.accounts().set_api_access("ada", false).await.unwrap();
    let page = browser.get(&authorization("notes", &[])).await;
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    let answer = browser.submit(&page, "/oauth/consent", &ALLOW).await;
    assert!(location(&browser.get(location(&answer)).await).contains("error=access_denied"));
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::OK);
    site.accounts().set_api_access("ada", true).await.unwrap();
    assert!(location(&browser.get(&authorization("notes", &[])).await).contains("code="));
}

#[tokio::test]
async fn r_210_a_sign_in_is_for_the_request_that_asked_for_it() {
    let site = Site::new().await;
    site.client("notes", |client| client.trusted = true).await;
    let mut browser = site.signed_in("ada").await;
    let page = browser.get(&authorization("notes", &[("prompt", "login")])).await;
    let answer = browser.submit(&page, "/oauth/sign-in", &[("username", "ada"), ("password", PASSWORD)]).await;
    let other = browser.get(&authorization("notes", &[("prompt", "login"), ("nonce", "x")])).await;
    assert!(text(&other).contains("id=\"sign-in\""), "{}", location(&other));
    assert!(location(&browser.get(location(&answer)).await).contains("code="), "its own is answered");
}

#[tokio::test]
async fn f_72_the_first_empty_field_has_the_focus() {
    let focused = |page: &Response<Bytes>| {
        let page = text(page);
        let inputs: Vec<&str> = page.split("<input ").filter_map(|rest| rest.split('>').next()).collect();
        let focused: Vec<_> = inputs.iter().filter(|input| input.ends_with(" autofocus")).collect();
        assert_eq!(focused.len(), 1, "{page}");
        attribute(focused[0], "name").unwrap()
    };
    for (organisations, typed) in [
        (
            true,
            &[
                ("", "", "organisation"),
                ("north", "", "username"),
                ("north", "ada", "password"),
                ("", "ada", "password"),
            ][..],
        ),
        (false, &[("", "", "username"), ("", "ada", "password")]),
    ] {
        let site = Site::with(|config| config.organisations = organisations).await;
        let mut browser = site.browser();
        let first = browser.get("/oauth/sign-in").await;
        for (organisation, username, expected) in typed {
            let answer = browser.sign_in_at(organisation, username, "wrong password").await;
            assert_eq!(focused(&answer), *expected, "{organisation:?} {username:?}");
        }
        assert_eq!(focused(&first), if organisations { "organisation" } else { "username" });
    }
}
