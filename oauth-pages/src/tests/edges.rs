//! What is almost right, and a server that has no time.

use super::*;
use http::header::RETRY_AFTER;
use oauth_core::password::{PasswordHasher, in_share_of};
use oauth_core::store::PasswordHash;
use std::net::IpAddr;
use std::time::Duration;

/// A hash that takes seconds to compare.
const SLOW: &str = "$argon2id$v=19$m=131072,t=32,p=1$bm9ib2R5IGhhcyB0aGlz$Z0mGjGdTZm7dFMyNHFnPgvJdJIPqVsuA7hiD1tpuHHw";

/// Every hashing thread, and every place in the queue of a network before them, is taken until this is let go.
struct Held(tokio::task::JoinSet<bool>);

impl Held {
    async fn hold(hasher: &PasswordHasher, address: IpAddr) -> Self {
        let mut jobs = tokio::task::JoinSet::new();
        for _ in 0..100 {
            for _ in 0..200 {
                let hasher = hasher.clone();
                jobs.spawn(async move {
                    let slow = PasswordHash::from_phc(SLOW);
                    in_share_of(Some(address), hasher.verify("x", Some(&slow))).await.is_ok()
                });
            }
            // Once the threads have begun, what comes finds no place.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let refused = std::iter::from_fn(|| jobs.try_join_next()).count();
            if refused == 200 {
                return Self(jobs);
            }
        }
        panic!("the queue has no end");
    }

    /// Hangs up: what waits is not hashed any more.
    async fn let_go(mut self) {
        self.0.shutdown().await;
    }
}

// proves: vuln_45, vuln_55, R-184
#[tokio::test]
async fn f_49_f_53_every_name_costs_a_hash_and_a_busy_server_says_when_to_come_back() {
    let site = Site::new().await;
    site.accounts().set_enabled("eve", false).await.unwrap();
    let hasher = &site.provider.app().config().passwords;
    let held = Held::hold(hasher, site.browser().address).await;
    for name in ["ada", "eve", "nobody", "no body at all\n", ""] {
        let mut browser = site.browser();
        let answer = browser.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{name:?} waits for a hash");
        assert_eq!(answer.headers()[RETRY_AFTER], "5", "{name:?}");
    }
    held.let_go().await;
    // The threads end what they have begun, and find that nobody waits for the rest.
    for _ in 0..600 {
        if site.browser().sign_in("ada", PASSWORD).await.status() != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(site.browser().sign_in("ada", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(site.browser().sign_in("eve", PASSWORD).await.status(), StatusCode::FORBIDDEN);
}

/// What is almost the token: all but its last character, another last character, and more than all.
fn almost(token: &str) -> Vec<String> {
    let (start, last) = token.split_at(token.len() - 1);
    let other = if last == "A" { "B" } else { "A" };
    let first = if token.starts_with('A') { "B" } else { "A" };
    vec![
        start.to_owned(),
        format!("{start}{other}"),
        format!("{token}A"),
        format!("{first}{}", &token[1..]),
        token[..1].to_owned(),
        token.to_lowercase(),
        token.to_uppercase(),
    ]
}

// proves: R-047
#[tokio::test]
async fn f_54_the_token_of_a_form_is_compared_whole() {
    let site = Site::new().await;
    let mut ada = site.signed_in("ada").await;
    let mut nobody = site.browser();
    let page = nobody.get("/oauth/sign-in").await;
    let credentials = [("username", "ada"), ("password", PASSWORD)];
    for token in almost(&hidden(&page, "/oauth/sign-in")[0].1) {
        let fields = [&[("csrf", token.as_str())][..], &credentials[..]].concat();
        assert_eq!(nobody.submit(&page, "/oauth/sign-in", &fields).await.status(), StatusCode::FORBIDDEN, "{token}");
    }
    for (path, target) in [("/oauth/password", "/oauth/password"), ("/oauth/", "/oauth/sign-out")] {
        let page = ada.get(path).await;
        let token = hidden(&page, target).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
        for token in almost(&token) {
            let answer = ada.submit(&page, target, &[("csrf", &token)]).await;
            // With another session's part it is a form whose session ended: it leads back, and does nothing.
            let leads_back = answer.status() == StatusCode::SEE_OTHER && location(&answer) != "/oauth/sign-in";
            assert!(answer.status() == StatusCode::FORBIDDEN || leads_back, "{target} with {token}");
        }
    }
    assert_eq!(ada.get("/oauth/").await.status(), StatusCode::OK, "she is still signed in");
}
