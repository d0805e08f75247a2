//! The Cookie header, which every page and form shares with other software.

use super::*;
use http::HeaderValue;

/// What else stands in the header: in UTF-8, in Latin-1, and a byte that no charset has, first and last.
const FOREIGN: [&[u8]; 5] = [
    "utm_campaign=Undersøgelse".as_bytes(),
    b"utm_campaign=Unders\xf8gelse",
    b"x=\xff\xfe",
    "ø".as_bytes(),
    b"; ;=;\t==",
];

const PAGES: [&str; 6] = ["", "/applications", "/applications/register", "/connected", "/people", "/password"];

impl Browser<'_> {
    /// Sends a request with cookies of others around ours.
    async fn beside(&self, foreign: &[u8], first: bool, method: Method, target: &str, form: &str) -> Response<Bytes> {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let ours = pairs.join("; ").into_bytes();
        let parts: [&[u8]; 2] = if first { [foreign, &ours] } else { [&ours, foreign] };
        let line = HeaderValue::from_bytes(&parts.join(&b"; "[..])).unwrap();
        let request = Request::builder().method(method).uri(target).extension(PeerAddress(self.address));
        let request = request.header(COOKIE, line).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.service.call(request.body(Bytes::from(form.to_owned())).unwrap()).await
    }

    fn named(&self, kind: &str) -> (String, String) {
        let found = self.cookies.iter().find(|(name, _)| name.contains(kind));
        found.map(|(name, value)| (name.clone(), value.clone())).unwrap()
    }
}

#[tokio::test]
async fn f_20_a_foreign_cookie_changes_nothing_about_ours() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let root = site.signed_in("root").await;
    let mut visitor = site.browser();
    let page = visitor.get("/oauth/sign-in").await;
    let mut fields = hidden(&page, "/oauth/sign-in");
    fields.extend(pairs(&[("username", "ada"), ("password", PASSWORD)]));
    for foreign in FOREIGN {
        for first in [true, false] {
            for page in PAGES {
                let answer = root.beside(foreign, first, Method::GET, &format!("/oauth{page}"), "").await;
                assert_eq!(answer.status(), StatusCode::OK, "{page}, {foreign:?}");
            }
            let ask = authorization("notes", &[]);
            let consent = root.beside(foreign, first, Method::GET, &ask, "").await;
            assert!(element(&consent, "allow").is_some(), "{foreign:?}");
            let form = encode(&[&hidden(&consent, "/oauth/consent")[..], &pairs(&ALLOW)].concat());
            let decided = root.beside(foreign, first, Method::POST, "/oauth/consent", &form).await;
            assert_eq!(decided.status(), StatusCode::SEE_OTHER, "{foreign:?}");
            let answer = root.beside(foreign, first, Method::GET, &ask, "").await;
            assert!(location(&answer).starts_with(CALLBACK), "{foreign:?}");
            let signed_in = visitor.beside(foreign, first, Method::POST, "/oauth/sign-in", &encode(&fields)).await;
            assert_eq!((signed_in.status(), location(&signed_in)), (StatusCode::SEE_OTHER, "/oauth/"), "{foreign:?}");
        }
    }
}

#[tokio::test]
async fn our_cookie_counts_byte_for_byte_and_once() {
    let site = Site::new().await;
    let ada = site.signed_in("ada").await;
    let (name, value) = ada.named("oauth-session");
    let mut request = site.browser();
    let mut status = async |line: &str| {
        request.cookies.clear();
        request.beside(line.as_bytes(), true, Method::GET, "/oauth/", "").await.status()
    };
    for good in [format!("{name}={value}"), format!("a=b;\t {name}={value}\t ; c=d")] {
        assert_eq!(status(&good).await, StatusCode::OK, "{good}");
    }
    let twice = format!("{name}={value}; {name}={value}");
    let plain = name.trim_start_matches("__Host-");
    let others = [
        twice,
        format!("\u{a0}{name}={value}"),
        format!("\u{2003}{name}={value}"),
        format!("{name}\u{a0}={value}"),
        format!("{plain}={value}"),
        format!("{}={value}", name.to_lowercase()),
        format!("{name}={value}ø"),
        format!("{name}=\"{value}\""),
        format!("{name}{value}"),
    ];
    for wrong in others {
        assert_eq!(status(&wrong).await, StatusCode::SEE_OTHER, "{wrong}");
    }
}

#[tokio::test]
async fn f_31_two_issuers_of_one_host_keep_their_own_cookies() {
    for issuers in
        [["http://127.0.0.1:8000", "http://127.0.0.1:8001"], ["https://id.example", "https://id.example:8443"]]
    {
        let sites = [Site::at(issuers[0], |_| ()).await, Site::at(issuers[1], |_| ()).await];
        let mut jar = BTreeMap::new();
        for (site, person) in sites.iter().zip(["ada", "eve"]) {
            let mut browser = site.browser();
            browser.cookies.clone_from(&jar);
            browser.sign_in(person, PASSWORD).await;
            jar = browser.cookies;
        }
        assert_eq!(jar.len(), 4, "a session and a visit for each: {jar:?}");
        for (site, person) in sites.iter().zip(["ada", "eve"]) {
            let mut browser = site.browser();
            browser.cookies.clone_from(&jar);
            let home = browser.get("/oauth/").await;
            assert_eq!(home.status(), StatusCode::OK, "{person}");
            assert!(element(&home, "signed-in-as").unwrap().contains(person));
            browser.submit(&home, "/oauth/sign-out", &[]).await;
            jar = browser.cookies;
        }
        assert_eq!(jar.len(), 2, "each signed out of its own: {jar:?}");
    }
}

#[tokio::test]
async fn a_cookie_with_a_foreign_digest_is_ignored() {
    let (site, other) = (Site::new().await, Site::at("https://id.example:8443", |_| ()).await);
    let ada = site.signed_in("ada").await;
    let theirs = other.signed_in("ada").await.named("oauth-session").0;
    let (ours, value) = ada.named("oauth-session");
    assert!(theirs.starts_with("__Host-oauth-session-") && theirs != ours, "{theirs} and {ours}");
    let mut browser = site.browser();
    browser.cookies.insert(theirs, value);
    browser.cookies.insert("__Host-oauth-session".to_owned(), ada.session().unwrap().to_owned());
    assert_eq!(browser.get("/oauth/").await.status(), StatusCode::SEE_OTHER);
}
