use super::*;
use http::header::{ALLOW as ALLOW_HEADER, CACHE_CONTROL};
use oauth_core::error::TABLE;

fn is_sealed(answer: &Response<Bytes>, what: &str) {
    let header = |name| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {part} in {policy:?}");
    }
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("cache-control"), "no-store", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    let html = text(answer);
    for foreign in ["<script", "<img", "<iframe", "style=", "src=", "onclick", "@import"] {
        assert!(!html.contains(foreign), "{what} has {foreign}");
    }
    assert!(html.is_empty() || html.contains("<html lang=\"en\">") && html.contains("<title>"), "{what}");
    let inputs = html.split(['<']).filter(|tag| tag.starts_with("input ") || tag.starts_with("textarea "));
    for input in inputs.filter(|input| attribute(input, "type").as_deref() != Some("hidden")) {
        let label = format!("<label for=\"{}\"", attribute(input, "id").unwrap());
        assert!(html.contains(&label), "{what}: {input} has no label");
    }
}

#[tokio::test]
async fn r_173_r_176_every_answer_is_sealed() {
    let site = Site::new().await;
    site.client("notes", |client| client.owner = Some(site.ada.subject.clone())).await;
    let mut ada = site.signed_in("ada").await;
    let authorize = authorization("notes", &[]);
    let pages = [
        "/oauth/",
        "/oauth/applications",
        "/oauth/applications/register",
        "/oauth/applications/show?client_id=notes",
        "/oauth/applications/edit?client_id=notes",
        "/oauth/applications/delete?client_id=notes",
        "/oauth/connected",
        "/oauth/password",
        "/oauth/errors",
        "/oauth/errors/3002",
        "/oauth/nothing/here",
        "/oauth/authorize?client_id=nobody",
        "/oauth/consent",
        authorize.as_str(),
    ];
    for page in pages {
        is_sealed(&ada.get(page).await, page);
        is_sealed(&site.browser().get(page).await, page);
    }
    let mut root = site.signed_in("root").await;
    let list = root.get("/oauth/applications?search=notes").await;
    is_sealed(&list, "an administrator's list");
    let change = "/oauth/applications/change";
    is_sealed(&root.submit(&list, change, &[("action", "block"), ("client:notes", "on")]).await, "a question");
    is_sealed(&site.browser().get("/oauth/sign-in").await, "sign in");
    is_sealed(&site.browser().sign_in("ada", "wrong").await, "a failed sign-in");
    is_sealed(&site.browser().sign_in("ada", PASSWORD).await, "a sign-in");
    is_sealed(&ada.post("/oauth/consent", &[]).await, "a refused form");
    let form = ada.get("/oauth/applications/register").await;
    is_sealed(&ada.submit(&form, "/oauth/applications/register", &[]).await, "a refused registration");
    let page = ada.get(&authorize).await;
    is_sealed(&ada.submit(&page, "/oauth/consent", &ALLOW).await, "a consent");
}

#[tokio::test]
async fn forms_may_leave_only_where_they_end_at_a_client() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let authorize = authorization("notes", &[]);
    let policy = |answer: &Response<Bytes>| answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let mut ada = site.signed_in("ada").await;
    assert!(!policy(&ada.get(&authorize).await).contains("form-action"));
    assert!(!policy(&site.browser().get(&authorize).await).contains("form-action"));
    assert!(policy(&ada.get("/oauth/applications/register").await).contains("form-action 'self'"));
    assert!(policy(&site.browser().get("/oauth/sign-in").await).contains("form-action 'self'"));
}

#[tokio::test]
async fn r_172_wrong_methods_are_405_and_head_is_get_without_a_body() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    for page in
        ["consent", "sign-out", "applications/secret", "applications/switch", "applications/change", "connected/revoke"]
    {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            let answer = ada.send(method, &format!("/oauth/{page}"), None).await;
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{page}");
            assert_eq!(answer.headers()[ALLOW_HEADER], "POST");
        }
    }
    let answer = ada.send(Method::TRACE, "/oauth/sign-in", None).await;
    assert_eq!(answer.headers()[ALLOW_HEADER], "GET, HEAD, POST");
    assert_eq!(ada.post("/oauth/connected", &[]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    for page in ["", "/", "/applications", "/applications/", "/connected", "/errors/1001/", "/sign-in"] {
        let target = format!("/oauth{page}");
        let (get, head) = (ada.get(&target).await, ada.send(Method::HEAD, &target, None).await);
        assert_eq!(get.status(), head.status(), "{page}");
        assert!(head.body().is_empty());
    }
}

#[tokio::test]
async fn odd_bodies_are_refused_and_never_5xx() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    for target in ["/oauth/sign-in", "/oauth/consent", "/oauth/applications/register", "/oauth/password"] {
        let big = format!("a={}", "x".repeat(65 * 1024));
        for body in ["csrf=1&csrf=2", "csrf=%zz", "csrf=%ff", "=", "&&&", "csrf", big.as_str()] {
            let answer = ada.send(Method::POST, target, Some(body.to_owned())).await;
            assert!(answer.status().is_client_error(), "{target} {body:.20}");
        }
        let request = Request::builder().method(Method::POST).uri(target).header(CONTENT_TYPE, "application/json");
        let answer = site.provider.call(request.body(Bytes::from_static(b"{}")).unwrap()).await;
        assert_eq!(element(&answer, "error-number").as_deref(), Some("1007"));
    }
    for target in ["/oauth/applications/show", "/oauth/applications/show?client_id=%zz", "/oauth/errors/x"] {
        assert!(ada.get(target).await.status().is_client_error());
    }
}

#[tokio::test]
async fn every_error_is_explained_under_its_error_uri() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let list = browser.get("/oauth/errors").await;
    for entry in TABLE {
        assert!(text(&list).contains(&format!("/oauth/errors/{}\"", entry.number)));
        let page = browser.get(&format!("/oauth/errors/{}", entry.number)).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(element(&page, "error-number"), Some(entry.number.to_string()));
        assert!(element(&page, "error-description").is_some());
    }
    let config = site.provider.app().config();
    assert_eq!(config.error_uri.as_deref(), Some("https://id.example/oauth/errors/"));
    let styles = browser.get("/oauth/style.css").await;
    assert_eq!(styles.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
    assert_eq!(styles.headers()[CACHE_CONTROL], "max-age=300");
}

#[tokio::test]
async fn vuln_36_no_header_of_the_request_makes_a_link() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let authorize = authorization("notes", &[]);
    for target in ["/oauth/", "/oauth/sign-in", "/oauth/errors", "/oauth/nothing", authorize.as_str()] {
        let request = Request::get(target)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "gopher")
            .header("forwarded", "host=evil.example")
            .header("x-original-url", "https://evil.example/");
        let answer = site.provider.call(request.body(Bytes::new()).unwrap()).await;
        assert!(!text(&answer).contains("evil.example"), "{target}");
        assert!(!format!("{:?}", answer.headers()).contains("evil.example"), "{target}");
    }
}

#[tokio::test]
async fn pages_follow_the_base_path() {
    let site = Site::at("https://id.example/tenant", |config| {
        config.paths = oauth_core::config::Paths::under("/v1/oauth2");
    })
    .await;
    let mut browser = site.browser();
    let page = browser.get("/v1/oauth2/sign-in").await;
    let fields = [("username", "ada"), ("password", PASSWORD)];
    let answer = browser.submit(&page, "/v1/oauth2/sign-in", &fields).await;
    assert_eq!(location(&answer), "/v1/oauth2/");
    assert!(text(&browser.get("/v1/oauth2/").await).contains("href=\"/v1/oauth2/style.css\""));
}

/// Accounts that cannot be asked.
struct Unreachable;

impl crate::Accounts for Unreachable {
    async fn sign_in(&self, _: &str, _: &Password) -> oauth_core::store::Result<Option<crate::Person>> {
        Err(oauth_core::store::StoreError::new("look an account up", "the directory is down"))
    }

    async fn person(&self, _: &oauth_core::identifier::Subject) -> oauth_core::store::Result<Option<crate::Person>> {
        Err(oauth_core::store::StoreError::new("look an account up", "the directory is down"))
    }
}

#[tokio::test]
async fn a_store_that_fails_is_503_and_says_when_to_try_again() {
    let config = Config::new("https://id.example").unwrap();
    let provider = Provider::new(PagesProvider::new(config, MemoryStore::new(), Unreachable)).unwrap();
    let page = provider.call(Request::get("/oauth/sign-in").body(Bytes::new()).unwrap()).await;
    let mut fields = hidden(&page, "/oauth/sign-in");
    fields.extend(pairs(&[("username", "ada"), ("password", PASSWORD)]));
    let cookie = page.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    for _ in 0..20 {
        let request = Request::post("/oauth/sign-in")
            .header(COOKIE, &cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(encode(&fields)));
        let answer = provider.call(request.unwrap()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "and no failure is counted");
        assert_eq!(answer.headers()["retry-after"], "5");
        assert!(!text(&answer).contains("directory"), "what failed stays in the log");
        is_sealed(&answer, "unavailable");
    }
    // Without a change of passwords there is no page for it.
    let page = provider.call(Request::get("/oauth/password").body(Bytes::new()).unwrap()).await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
}
