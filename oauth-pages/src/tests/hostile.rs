use super::*;
use oauth_core::identifier::Resource;

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "a\r\nSet-Cookie: oauth-session=planted\r\n\r\n<b>",
    "\u{202E}gro.elpmaxe\u{2066}<i>",
    "&lt;script&gt;{{ 7*7 }}{% raw %}",
    "</title><script>alert(1)</script>",
];

/// Tells whether a page has markup that came from outside.
fn is_inert(page: &Response<Bytes>, payload: &str) {
    let html = text(page);
    for foreign in ["<script", "<img", "<svg", "<b>", "<i>", "&lt;script&gt;"] {
        assert!(!html.contains(foreign), "{foreign} of {payload:?} in {html}");
    }
    assert!(page.headers().values().all(|value| !value.as_bytes().contains(&b'\n')));
    assert!(page.headers().get_all(SET_COOKIE).iter().all(|cookie| !cookie.to_str().unwrap().contains("planted")));
}

#[tokio::test]
async fn r_049_vuln_28_hostile_names_are_inert() {
    let site = Site::at("https://id.example", |config| {
        config.scopes.insert("x<script>".to_owned(), "<script>alert(1)</script>".to_owned());
    })
    .await;
    let mut browser = site.signed_in("ada").await;
    for (number, payload) in HOSTILE.into_iter().enumerate() {
        // A store of one's own may hold what registration would refuse.
        let id = format!("\"><script>{number}</script>'");
        site.client(&id, |client| {
            client.name = payload.to_owned();
            client.uri = Some(format!("javascript:alert(1)//{payload}"));
            client.owner = Some(site.ada.subject.clone());
            client.resources = Resource::new("https://x.example/'onload=alert(1)").into_iter().collect();
        })
        .await;
        // Control characters in a nonce are refused before there is a page.
        let nonce = payload.replace(char::is_control, "");
        let ask = authorization(&id, &[("scope", "read x<script>"), ("state", "</form><script>"), ("nonce", &nonce)]);
        let consent = browser.get(&ask).await;
        assert!(text(&consent).contains("id=\"allow\""), "{}", text(&consent));
        is_inert(&consent, payload);
        assert!(!text(&consent).contains("href=\"javascript:"));
        assert!(text(&consent).contains("<strong id=\"client-name\"><bdi>"), "directions do not leak out of a name");
        let fields = [("decision", "allow"), ("scope:x<script>", "on")];
        let answer = browser.submit(&consent, "/oauth/consent", &fields).await;
        let back = browser.get(location(&answer)).await;
        assert!(location(&back).starts_with("https://app.example/callback?code="), "{}", location(&back));
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("client_id", &id).finish();
        for page in ["show", "edit", "delete"] {
            let page = browser.get(&format!("/oauth/applications/{page}?{query}")).await;
            assert_eq!(page.status(), StatusCode::OK);
            is_inert(&page, payload);
        }
        for page in ["/oauth/applications", "/oauth/connected"] {
            is_inert(&browser.get(page).await, payload);
        }
    }
}

#[tokio::test]
async fn r_049_what_is_typed_comes_back_inert() {
    let site = Site::new().await;
    for payload in HOSTILE {
        is_inert(&site.browser().sign_in(payload, payload).await, payload);
        let mut browser = site.signed_in("ada").await;
        let form = browser.get("/oauth/applications/register").await;
        let mut fields = vec![("name", payload), ("site", payload), ("redirect-uris", payload), ("scope", payload)];
        fields.push(("resources", payload));
        let answer = browser.submit(&form, "/oauth/applications/register", &fields).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        is_inert(&answer, payload);
        site.client(&format!("c{}", payload.len()), |_| ()).await;
        let hinted = authorization(&format!("c{}", payload.len()), &[("login_hint", payload)]);
        is_inert(&site.browser().get(&hinted).await, payload);
    }
}

#[tokio::test]
async fn the_site_of_a_client_is_a_link_without_referrer() {
    let site = Site::new().await;
    site.client("notes", |client| client.uri = Some("https://app.example/".to_owned())).await;
    let mut browser = site.signed_in("ada").await;
    let page = text(&browser.get(&authorization("notes", &[])).await);
    assert!(page.contains("href=\"https://app.example/\" rel=\"noreferrer noopener\""));
}
