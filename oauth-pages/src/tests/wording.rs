//! Sentences as people read them.

use super::*;

#[tokio::test]
async fn f_66_a_block_reason_ends_with_one_full_stop() {
    let site = Site::new().await;
    let mut root = site.signed_in("root").await;
    for (reason, shown) in [
        ("It sends spam.", "It sends spam.</bdi> Nothing"),
        ("It sends spam", "It sends spam</bdi>. Nothing"),
        ("Why does it ask?", "Why does it ask?</bdi> Nothing"),
    ] {
        let id = format!("c{}", reason.len());
        site.client(&id, |client| client.block(reason)).await;
        let page = root.get(&format!("/oauth/applications/show?client_id={id}")).await;
        assert!(text(&page).contains(shown), "{}", text(&page));
    }
}

#[tokio::test]
async fn f_68_each_form_error_begins_with_a_capital_or_names_its_field() {
    let site = Site::new().await;
    site.client("notes", |_| ()).await;
    let mut root = site.signed_in("root").await;
    let page = root.get("/oauth/password").await;
    let wrong = [("old-password", "wrong"), ("new-password", "a new password")];
    let short = [("old-password", PASSWORD), ("new-password", "short")];
    let list = root.get("/oauth/applications").await;
    let block = [("action", "block"), ("client:notes", "on"), ("confirmed", "yes")];
    let answers = [
        root.submit(&page, "/oauth/password", &wrong).await,
        root.submit(&page, "/oauth/password", &short).await,
        root.submit(&list, "/oauth/applications/change", &block).await,
    ];
    for answer in answers {
        let said = element(&answer, "form-error").unwrap_or_else(|| panic!("{}", text(&answer)));
        let first = said.chars().next().unwrap();
        assert!(first.is_uppercase() || said.split(' ').next().unwrap().ends_with(':'), "{said}");
    }
    let wrong = root.submit(&page, "/oauth/password", &wrong).await;
    assert_eq!(element(&wrong, "form-error").as_deref(), Some("The old password is wrong. Check it, and try again."));
}

#[tokio::test]
async fn f_67_the_list_of_errors_has_sentences_and_whole_codes() {
    let site = Site::new().await;
    let page = text(&site.browser().get("/oauth/errors").await);
    let rows: Vec<&str> = page.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), oauth_core::error::TABLE.len());
    for row in rows {
        let cells: Vec<&str> = row.split("<td").skip(1).map(|cell| cell.split_once('>').unwrap().1).collect();
        assert!(cells[1].starts_with("<code class=\"whole\">"), "{row}");
        for cell in &cells[2..] {
            let first = cell.chars().next().unwrap();
            assert!(!first.is_lowercase() || cell.split(' ').next().unwrap().ends_with(':'), "{cell}");
        }
    }
}
