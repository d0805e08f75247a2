//! What an administrator finds among all applications, and does to several at once.

use super::*;
use oauth_core::store::{ClientFilter, Page};

const CHANGE: &str = "/oauth/applications/change";

/// Finds the applications that a list shows.
async fn listed(browser: &mut Browser<'_>, query: &str) -> Vec<String> {
    let page = browser.get(&format!("/oauth/applications?{query}")).await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = text(&page);
    html.split("id=\"application-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn read(site: &Site, id: &str) -> Client {
    site.store.client(&id.to_owned().try_into().unwrap()).await.unwrap().unwrap()
}

/// Ticks applications in the list and goes on, to the page that asks whether it is meant.
async fn choose(browser: &mut Browser<'_>, action: &str, ids: &[&str]) -> Response<Bytes> {
    let list = browser.get("/oauth/applications").await;
    let names: Vec<String> = ids.iter().map(|id| format!("client:{id}")).collect();
    let mut fields = vec![("action", action)];
    fields.extend(names.iter().map(|name| (name.as_str(), "on")));
    browser.submit(&list, CHANGE, &fields).await
}

async fn some(site: &Site) {
    let owner = site.ada.subject.clone();
    site.client("a-notes", |client| client.owner = Some(owner)).await;
    site.client("b-mail", |client| {
        client.name = "Mail Reader".to_owned();
        client.trusted = true;
    })
    .await;
    site.client("c-off", |client| client.enabled = false).await;
    site.client("d-blocked", |client| client.block("spam")).await;
    site.client("e-good", |client| client.sanctioned = true).await;
}

#[tokio::test]
async fn an_administrator_searches_and_filters_all() {
    let site = Site::new().await;
    some(&site).await;
    let mut root = site.signed_in("root").await;
    let by_subject = format!("owner={}", site.ada.subject);
    for (query, expected) in [
        ("", &["a-notes", "b-mail", "c-off", "d-blocked", "e-good"][..]),
        ("search=mail", &["b-mail"]),
        ("search=READER", &["b-mail"]),
        ("search=off", &["c-off"]),
        ("search=nothing", &[]),
        ("show=enabled", &["a-notes", "b-mail", "e-good"]),
        ("show=disabled", &["c-off"]),
        ("show=blocked", &["d-blocked"]),
        ("show=trusted", &["b-mail"]),
        ("show=sanctioned", &["e-good"]),
        ("show=nonsense&search=notes", &["a-notes", "c-off", "d-blocked", "e-good"]),
        ("owner=ada", &["a-notes"]),
        (by_subject.as_str(), &["a-notes"]),
        ("owner=nobody", &[]),
        ("owner=ada&show=trusted", &[]),
        ("after=c-off", &["d-blocked", "e-good"]),
    ] {
        assert_eq!(listed(&mut root, query).await, expected, "{query}");
    }
    let page = root.get("/oauth/applications?search=%22%3E%3Cb%3E&owner=%3Ci%3E").await;
    assert!(!text(&page).contains("<b>") && !text(&page).contains("<i>"), "what was typed is escaped");
    assert!(text(&root.get("/oauth/applications").await).contains("<bdi>ada</bdi>"), "owners are named");
}

#[tokio::test]
async fn r_202_whoever_is_no_administrator_searches_among_the_own_only() {
    let site = Site::new().await;
    some(&site).await;
    let (mut ada, mut eve) = (site.signed_in("ada").await, site.signed_in("eve").await);
    for query in ["", "owner=root", "show=all", "search=notes"] {
        assert_eq!(listed(&mut ada, query).await, ["a-notes"], "{query}");
        assert!(listed(&mut eve, query).await.is_empty(), "{query}");
    }
    assert!(listed(&mut eve, "owner=ada").await.is_empty());
    let page = ada.get("/oauth/applications").await;
    assert!(!text(&page).contains(CHANGE) && !text(&page).contains("choose-"));
}

#[tokio::test]
async fn a_search_reads_so_many_and_goes_on_by_a_link() {
    let site = Site::new().await;
    for number in 0..2_050 {
        site.client(&format!("c{number:04}"), |client| {
            client.name = if number % 40 == 1 { format!("Sought {number}") } else { "Other".to_owned() }
        })
        .await;
    }
    let mut root = site.signed_in("root").await;
    let (mut found, mut pages, mut next) = (Vec::new(), 0, Some("/oauth/applications?search=sought".to_owned()));
    while let Some(address) = next {
        let page = root.get(&address).await;
        let html = text(&page);
        let ids = html.split("id=\"application-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        found.extend(ids);
        next = html.split("id=\"next-page\" ").nth(1).and_then(|link| attribute(link, "href"));
        pages += 1;
    }
    let expected: Vec<String> = (0..2_050).filter(|number| number % 40 == 1).map(|n| format!("c{n:04}")).collect();
    assert_eq!(found, expected, "each once");
    assert_eq!(pages, 2, "50 on the first");
    let none = root.get("/oauth/applications?search=c204").await;
    assert!(text(&none).contains("None so far"), "2,000 are read for one request");
    let next = text(&none).split("id=\"next-page\" ").nth(1).and_then(|link| attribute(link, "href")).unwrap();
    assert!(text(&root.get(&next).await).contains("id=\"application-c2049\""));
}

#[tokio::test]
async fn f_43_a_pasted_client_identifier_is_found_first() {
    let site = Site::new().await;
    for number in 0..2_050 {
        site.client(&format!("c{number:04}"), |client| {
            client.owner = (number >= 2_000).then(|| site.ada.subject.clone());
            client.enabled = number != 2_048;
        })
        .await;
    }
    site.client("c2049-of-eve", |_| ()).await;
    let (mut root, mut ada, mut eve) =
        (site.signed_in("root").await, site.signed_in("ada").await, site.signed_in("eve").await);
    for id in ["c0000", "c1999", "c2049"] {
        assert_eq!(listed(&mut root, &format!("search={id}")).await.first().unwrap(), id);
    }
    assert_eq!(listed(&mut root, "search=+c2049+").await, ["c2049"], "spaces around it were pasted too");
    assert_eq!(listed(&mut root, "search=c2048&show=disabled").await, ["c2048"]);
    assert!(listed(&mut root, "search=c2048&show=enabled").await.is_empty(), "the filter holds");
    assert_eq!(listed(&mut root, "search=c2049&owner=ada").await, ["c2049"]);
    assert!(listed(&mut root, "search=c2049&owner=eve").await.is_empty());
    assert_eq!(listed(&mut ada, "search=c2049").await, ["c2049"], "it stands there once");
    assert!(listed(&mut eve, "search=c2049").await.is_empty(), "another person's is not found");
    let next = listed(&mut root, "search=c2049&after=c1999").await;
    assert_eq!(next, ["c2049-of-eve"], "the next page does not repeat it");
}

#[tokio::test]
async fn what_is_ticked_is_changed_once_it_is_confirmed() {
    let site = Site::new().await;
    some(&site).await;
    let mut root = site.signed_in("root").await;
    let all = ["a-notes", "b-mail", "c-off", "d-blocked", "e-good"];
    type Wanted = fn(&Client) -> bool;
    let cases: [(&str, &[&str], Wanted); 6] = [
        ("disable", &["a-notes", "b-mail", "e-good"], |client| !client.enabled),
        ("enable", &["a-notes", "b-mail", "c-off", "e-good"], |client| client.enabled),
        ("trust", &["a-notes", "c-off", "d-blocked", "e-good"], |client| client.trusted),
        ("untrust", &all, |client| !client.trusted),
        ("sanction", &["a-notes", "b-mail", "c-off", "d-blocked"], |client| client.sanctioned),
        ("unsanction", &all, |client| !client.sanctioned),
    ];
    for (action, changing, wanted) in cases {
        let before = site.recorded(|event| matches!(event, Event::ClientChanged { .. }));
        let confirm = choose(&mut root, action, &all).await;
        assert_eq!(confirm.status(), StatusCode::OK);
        assert!(element(&confirm, "effect").is_some());
        for id in all {
            assert_eq!(
                text(&confirm).contains(&format!("id=\"changes-{id}\"")),
                changing.contains(&id),
                "{action} {id}"
            );
            assert_eq!(
                text(&confirm).contains(&format!("id=\"stays-{id}\"")),
                !changing.contains(&id),
                "{action} {id}"
            );
        }
        assert_eq!(site.recorded(|event| matches!(event, Event::ClientChanged { .. })), before, "nothing happened yet");
        let done = root.submit(&confirm, CHANGE, &[]).await;
        assert_eq!((done.status(), location(&done)), (StatusCode::SEE_OTHER, "/oauth/applications"));
        for id in changing {
            assert!(wanted(&read(&site, id).await), "{action} {id}");
        }
        let told = site.recorded(|event| matches!(event, Event::ClientChanged { .. }));
        assert_eq!(told - before, changing.len(), "{action}");
    }
    assert!(!read(&site, "d-blocked").await.enabled, "what is blocked is switched on by nobody");
    let nothing = root.submit(&root.clone().get("/oauth/applications").await, CHANGE, &[("action", "trust")]).await;
    assert_eq!(nothing.status(), StatusCode::SEE_OTHER, "nothing was ticked");
}

#[tokio::test]
async fn blocking_needs_a_reason_and_unblocking_takes_it_back() {
    let site = Site::new().await;
    some(&site).await;
    let mut root = site.signed_in("root").await;
    let confirm = choose(&mut root, "block", &["a-notes", "d-blocked"]).await;
    for reason in ["", "   ", "a\nb", &"x".repeat(501)] {
        let answer = root.submit(&confirm, CHANGE, &[("reason", reason)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(element(&answer, "form-error").unwrap().starts_with("reason:"));
    }
    assert!(read(&site, "a-notes").await.enabled);
    root.submit(&confirm, CHANGE, &[("reason", " it asks for <too> much ")]).await;
    let blocked = read(&site, "a-notes").await;
    assert_eq!((blocked.enabled, blocked.blocked.as_deref()), (false, Some("it asks for <too> much")));
    assert_eq!(read(&site, "d-blocked").await.blocked.as_deref(), Some("spam"), "that one stays as it was");
    let asked = root.get(&authorization("a-notes", &[])).await;
    assert!(text(&asked).contains("it asks for &#60;too&#62; much"));

    let confirm = choose(&mut root, "unblock", &["a-notes", "b-mail"]).await;
    assert!(text(&confirm).contains("id=\"stays-b-mail\""));
    root.submit(&confirm, CHANGE, &[]).await;
    let unblocked = read(&site, "a-notes").await;
    assert_eq!((unblocked.enabled, unblocked.blocked), (true, None));
}

#[tokio::test]
async fn what_others_change_at_the_same_time_is_not_undone() {
    let site = Site::new().await;
    some(&site).await;
    let mut root = site.signed_in("root").await;
    let confirm = choose(&mut root, "trust", &["a-notes", "c-off", "e-good"]).await;
    let mut renamed = read(&site, "a-notes").await;
    renamed.name = "Renamed".to_owned();
    renamed.sanctioned = true;
    site.store.update_client(&renamed).await.unwrap();
    let gone = "c-off".to_owned().try_into().unwrap();
    site.store.delete_client(&gone, Timestamp::from_unix_seconds(1_800_000_000)).await.unwrap();
    let done = root.submit(&confirm, CHANGE, &[]).await;
    assert_eq!(done.status(), StatusCode::CONFLICT);
    let notes = read(&site, "a-notes").await;
    assert_eq!(
        (notes.name.as_str(), notes.sanctioned, notes.trusted),
        ("Renamed", true, false),
        "F-78: it was not shown"
    );
    assert!(text(&done).contains("Renamed") && !text(&done).contains("id=\"changes-e-good\""));
    root.submit(&done, CHANGE, &[]).await;
    assert!(read(&site, "a-notes").await.trusted, "it is confirmed as it is now");
    assert!(read(&site, "e-good").await.trusted);
    assert!(site.store.client(&gone).await.unwrap().is_none());
}

#[tokio::test]
async fn r_202_only_an_administrator_changes_several() {
    let site = Site::new().await;
    some(&site).await;
    let mut ada = site.signed_in("ada").await;
    let page = ada.get("/oauth/applications").await;
    for action in ["enable", "disable", "trust", "untrust", "sanction", "unsanction", "block", "unblock"] {
        for confirmed in ["", "yes"] {
            let mut fields = hidden(&page, "/oauth/sign-out");
            let more = [("action", action), ("client:a-notes", "on"), ("reason", "x"), ("confirmed", confirmed)];
            fields.extend(pairs(&more));
            let answer = ada.post(CHANGE, &fields).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            assert_eq!(element(&answer, "error-number").as_deref(), Some("6007"), "{action}");
        }
    }
    let notes = read(&site, "a-notes").await;
    assert_eq!((notes.enabled, notes.trusted, notes.sanctioned, notes.blocked), (true, false, false, None));
    let mut root = site.signed_in("root").await;
    let confirm = choose(&mut root, "trust", &["a-notes"]).await;
    let forged = root.submit(&confirm, CHANGE, &[("csrf", "x")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN, "R-047");
    assert_eq!(root.submit(&confirm, CHANGE, &[("action", "rule")]).await.status(), StatusCode::FORBIDDEN);
    let elsewhere = root.submit(&confirm, CHANGE, &[("back", "https://evil.example/\r\nx: y")]).await;
    assert!(location(&elsewhere).starts_with("/oauth/applications?https"), "{}", location(&elsewhere));
}

#[tokio::test]
async fn an_administrator_changes_one_from_its_own_page() {
    let site = Site::new().await;
    some(&site).await;
    let mut root = site.signed_in("root").await;
    let page = root.get("/oauth/applications/show?client_id=d-blocked").await;
    assert!(element(&page, "unblock").is_some() && element(&page, "enable").is_none());
    let confirm = root.submit(&page, CHANGE, &[("action", "unblock")]).await;
    root.submit(&confirm, CHANGE, &[]).await;
    assert!(read(&site, "d-blocked").await.enabled);
    let mut ada = site.signed_in("ada").await;
    assert!(!text(&ada.get("/oauth/applications/show?client_id=a-notes").await).contains(CHANGE));
}

#[tokio::test]
async fn f_42_names_and_reasons_that_nobody_can_see_are_refused() {
    let site = Site::new().await;
    some(&site).await;
    let mut root = site.signed_in("root").await;
    let confirm = choose(&mut root, "block", &["a-notes"]).await;
    let before = site.store.clients(&ClientFilter::default(), &Page::first(100)).await.unwrap();
    for unseen in ["\u{200b}", "\u{3164}", "\u{feff}", "it\u{202e}sends spam"] {
        let answer = root.submit(&confirm, CHANGE, &[("reason", unseen)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "a reason {unseen:?}");
        let answer = super::applications::register(&mut root, &[("name", unseen)]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "an application {unseen:?}");
    }
    assert_eq!(site.store.clients(&ClientFilter::default(), &Page::first(100)).await.unwrap(), before);
}
