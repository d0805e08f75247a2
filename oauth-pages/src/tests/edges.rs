//! What is almost right, and a server that has no time.

use super::*;
use http::header::RETRY_AFTER;
use oauth_core::password::PasswordHasher;
use std::sync::Condvar;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Every hashing thread, and every place in the queue before them, is taken until this is let go.
struct Held {
    open: Arc<(Mutex<bool>, Condvar)>,
    jobs: Vec<tokio::task::JoinHandle<bool>>,
}

impl Held {
    async fn hold(hasher: &PasswordHasher) -> Self {
        let (open, begun) = (Arc::new((Mutex::new(false), Condvar::new())), Arc::new(AtomicUsize::new(0)));
        let threads = std::thread::available_parallelism().unwrap().get();
        let mut held = Self { open, jobs: Vec::new() };
        for _ in 0..100 {
            // What comes once all threads are held fills the queue, and finds no place at last.
            let all_held = begun.load(Ordering::SeqCst) >= threads;
            for _ in 0..200 {
                let (hasher, open, begun) = (hasher.clone(), held.open.clone(), begun.clone());
                let wait = move || {
                    begun.fetch_add(1, Ordering::SeqCst);
                    let (is_open, changed) = &*open;
                    drop(changed.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
                    false
                };
                held.jobs.push(tokio::spawn(async move { hasher.verify("x", None, wait, |_| ()).await.is_ok() }));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            if all_held && held.jobs.last().unwrap().is_finished() {
                return held;
            }
        }
        panic!("the queue has no end");
    }

    async fn let_go(self) {
        *self.open.0.lock().unwrap() = true;
        self.open.1.notify_all();
        for job in self.jobs {
            job.await.unwrap();
        }
    }
}

// proves: vuln_45, vuln_55, R-184
#[tokio::test]
async fn f_49_f_53_every_name_costs_a_hash_and_a_busy_server_says_when_to_come_back() {
    let site = Site::new().await;
    site.accounts().set_enabled("eve", false).await.unwrap();
    let hasher = &site.provider.app().config().passwords;
    let held = Held::hold(hasher).await;
    for name in ["ada", "eve", "nobody", "no body at all\n", ""] {
        let mut browser = site.browser();
        let answer = browser.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{name:?} waits for a hash");
        assert_eq!(answer.headers()[RETRY_AFTER], "5", "{name:?}");
    }
    held.let_go().await;
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
