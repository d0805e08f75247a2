//! What stands between a browser and the pages: a proxy that takes a prefix away, and one that takes no long headers.

use super::*;
use crate::accounts::Accounts as _;
use oauth_core::config::Issuer;
use oauth_core::identifier::Subject;

const PREFIX: &str = "/auth";

/// A browser behind a proxy that takes the prefix away.
struct Proxied<'a>(Browser<'a>);

impl Proxied<'_> {
    fn behind(target: &str) -> &str {
        target.strip_prefix(PREFIX).unwrap_or_else(|| panic!("{target:?} does not lead through the proxy"))
    }

    async fn get(&mut self, target: &str) -> Response<Bytes> {
        let answer = self.0.get(Self::behind(target)).await;
        only_prefixed(&answer);
        answer
    }

    async fn submit(&mut self, page: &Response<Bytes>, target: &str, others: &[(&str, &str)]) -> Response<Bytes> {
        let mut fields = hidden(page, target);
        fields.extend(pairs(others));
        let answer = self.0.post(Self::behind(target), &fields).await;
        only_prefixed(&answer);
        answer
    }
}

/// Every address of ours on a page, and every redirect to one, goes through the proxy.
fn only_prefixed(answer: &Response<Bytes>) {
    let html = text(answer);
    let addresses = ["href=\"", "action=\""].into_iter().flat_map(|name| html.split(name).skip(1));
    let addresses = addresses.filter_map(|rest| rest.split('"').next());
    for address in addresses.chain([location(answer)]).filter(|address| address.starts_with('/')) {
        assert!(address.starts_with("/auth/oauth/"), "{address}");
    }
}

#[tokio::test]
async fn f_33_a_proxy_that_strips_a_prefix_stands_before_the_whole_flow() {
    let site = Site::with(|config| {
        config.issuer = Issuer::new("https://id.example/auth").unwrap();
        config.paths.public_prefix = PREFIX.to_owned();
    })
    .await;
    site.client("app", |client| client.owner = Some(site.ada.subject.clone())).await;
    let mut browser = Proxied(site.browser());
    let ask = format!("{PREFIX}{}", authorization("app", &[]));
    let page = browser.get(&ask).await;
    assert_eq!(page.status(), 200);
    assert!(text(&page).contains("href=\"/auth/oauth/style.css\""));
    let typed = [("username", "ada"), ("password", PASSWORD)];
    let onward = browser.submit(&page, "/auth/oauth/sign-in", &typed).await;
    let page = browser.get(location(&onward)).await;
    let onward = browser.submit(&page, "/auth/oauth/consent", &ALLOW).await;
    let answer = browser.get(location(&onward)).await;
    assert!(location(&answer).starts_with("https://app.example/callback?code="), "{answer:?}");
    for page in [
        "",
        "/applications",
        "/applications/register",
        "/applications/show?client_id=app",
        "/connected",
        "/errors/1001",
        "/password",
    ] {
        assert_eq!(browser.get(&format!("/auth/oauth{page}")).await.status(), 200, "{page}");
    }
    assert!(
        location(&browser.get(&format!("{PREFIX}{}", authorization("app", &[("scope", "x")]))).await)
            .contains("error_uri=https%3A%2F%2Fid.example%2Fauth%2Foauth%2Ferrors%2F4016")
    );
    let home = browser.get("/auth/oauth/").await;
    let out = browser.submit(&home, "/auth/oauth/sign-out", &[]).await;
    assert_eq!(location(&out), "/auth/oauth/sign-in");
    let out = browser.get("/auth/oauth/applications").await;
    assert_eq!(location(&out), "/auth/oauth/sign-in?continue=applications");
}

#[tokio::test]
async fn f_12_an_error_of_an_application_of_anybody_is_a_page_with_a_link() {
    let site = Site::new().await;
    site.client("eve", |client| client.owner = Subject::new("somebody").ok()).await;
    let root = site.accounts().person_named("root").await.unwrap().unwrap().subject;
    site.client("of-root", |client| client.owner = Some(root)).await;
    let wrong = |client| authorization(client, &[("response_type", "x")]);
    let page = site.browser().get(&wrong("eve")).await;
    assert_eq!((page.status().as_u16(), location(&page)), (400, ""));
    assert_eq!(element(&page, "client-name").as_deref(), Some("<bdi>Notes</bdi>"));
    let html = text(&page);
    let link = attribute(html.split("<a id=\"back-to-client\"").nth(1).unwrap(), "href").unwrap();
    assert!(link.starts_with("https://app.example/callback?error=unsupported_response_type&"), "{link}");
    assert!(link.contains("&state=xyz&iss=https%3A%2F%2Fid.example"), "{link}");
    assert!(html.contains("<bdi id=\"redirect-host\">app.example</bdi>"));
    for answer in [
        site.signed_in("ada").await.get(&wrong("eve")).await,
        site.browser().get(&wrong("of-root")).await,
        site.browser().get(&authorization("eve", &[("prompt", "none")])).await,
    ] {
        assert!(location(&answer).starts_with("https://app.example/callback?error="), "{answer:?}");
    }
}

/// A request of 16 KB, as a form of the client's site posts it.
fn long() -> Vec<(String, String)> {
    let target = authorization("app", &[]);
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(target.split_once('?').unwrap().1.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    fields.extend((0..4).map(|number| (format!("claims-{number}"), "x".repeat(4_000))));
    fields
}

/// What a form of another site brings: no Lax cookie.
async fn from_elsewhere(browser: &mut Browser<'_>) -> Response<Bytes> {
    let cookies = std::mem::take(&mut browser.cookies);
    let answer = browser.post("/oauth/authorize", &long()).await;
    let planted = std::mem::replace(&mut browser.cookies, cookies);
    browser.cookies.extend(planted);
    answer
}

#[tokio::test]
async fn f_44_a_post_that_is_too_long_for_a_link_continues_by_a_page() {
    let site = Site::new().await;
    site.client("app", |_| ()).await;
    for mut browser in [site.browser(), site.signed_in("ada").await] {
        let is_signed_in = browser.session().is_some();
        let mut answer = from_elsewhere(&mut browser).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (200, ""));
        assert_eq!(hidden(&answer, "/oauth/authorize").len(), long().len(), "the same request");
        answer = browser.submit(&answer, "/oauth/authorize", &[]).await;
        if !is_signed_in {
            let typed = [("username", "ada"), ("password", PASSWORD)];
            answer = browser.submit(&answer, "/oauth/sign-in", &typed).await;
            assert_eq!((answer.status().as_u16(), location(&answer)), (200, ""));
            answer = browser.submit(&answer, "/oauth/authorize", &[]).await;
        }
        answer = browser.submit(&answer, "/oauth/consent", &ALLOW).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (200, ""));
        answer = browser.submit(&answer, "/oauth/authorize", &[]).await;
        assert!(location(&answer).starts_with("https://app.example/callback?code="), "{answer:?}");
    }
}

#[tokio::test]
async fn f_44_a_short_post_goes_on_by_redirect() {
    let site = Site::new().await;
    site.client("app", |_| ()).await;
    let target = authorization("app", &[]);
    let query = target.split_once('?').unwrap().1.to_owned();
    let answer = site.browser().send(Method::POST, "/oauth/authorize", Some(query)).await;
    assert_eq!(answer.status(), 303);
    assert!(location(&answer).starts_with("/oauth/authorize?"));
}

#[tokio::test]
async fn f_37_head_says_the_length_of_get() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    for page in
        ["/oauth/", "/oauth/applications", "/oauth/style.css", "/oauth/errors/1001", "/oauth/nowhere", "/oauth/consent"]
    {
        let (get, head) = (ada.get(page).await, ada.send(Method::HEAD, page, None).await);
        assert_eq!(get.status(), head.status(), "{page}");
        assert_eq!(head.headers()["content-length"], get.body().len().to_string(), "{page}");
        assert!(head.body().is_empty());
    }
}
