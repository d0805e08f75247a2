//! What somebody finds who steals the database (RFC 6819 §5.1.4.1), and what answers give away.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oauth_core::secret::Digest;
use oauth_tests::{Backend, PASSWORD, Server, on_every_server};

/// Every way in which a stored digest may be written.
fn forms(secret: &str) -> Vec<String> {
    let digest = *Digest::of(secret).as_bytes();
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![hexadecimal.to_uppercase(), hexadecimal, URL_SAFE_NO_PAD.encode(digest), STANDARD.encode(digest)]
}

on_every_server! {
    // proves: R-189
    async fn vuln_53_what_is_stored_opens_nothing(server: &Server) {
        let app = server.confidential().await;
        let code = server.code(&app, "read").await;
        let tokens = server.tokens(&app, "read").await;
        for stored in forms(app.secret()) {
            let answer = server.post("/oauth/token").basic(&app.id, &stored).form([("grant_type", "client_credentials")]).await;
            answer.expect_error(401, "invalid_client");
        }
        for stored in forms(&tokens.access) {
            assert!(matches!(server.get("/api/profile").bearer(&stored).await.status.as_u16(), 400 | 401));
            assert_eq!(server.introspect(&app, &stored).await.expect(200).text(), r#"{"active":false}"#);
            server.revoke(&app, &stored).await.expect(200);
        }
        for stored in forms(&tokens.refresh) {
            server.refresh(&app, &stored).await.expect_error(400, "invalid_grant");
        }
        for stored in forms(&code.code) {
            let stolen = oauth_tests::Code { code: stored, ..code.clone() };
            server.redeem(&app, &stolen).await.expect_error(400, "invalid_grant");
        }
        for stored in forms(&code.verifier) {
            let guessed = oauth_tests::Code { verifier: stored, ..code.clone() };
            server.redeem(&app, &guessed).await.expect_error(400, "invalid_grant");
        }
        assert!(server.is_alive(&tokens.access).await, "the OK cases");
        server.refresh(&app, &tokens.refresh).await.expect(200);
        server.redeem(&app, &code).await.expect(200);
    }

    // proves: R-189
    async fn r_189_a_stored_password_or_session_signs_nobody_in(server: &Server) {
        let account = server.account("grace").await;
        let browser = server.browser();
        let refused = browser.try_to_sign_in("grace", account.password.as_phc()).await;
        assert!(!refused.status.is_redirection(), "{refused}");
        browser.sign_in("grace").await;
        let (name, session) = browser.session().expect("signed in");
        for stored in forms(&session) {
            let answer = server.get("/oauth/").header("cookie", format!("{name}={stored}")).await;
            assert!(answer.status.is_redirection(), "sent to sign in: {answer}");
        }
        server.get("/oauth/").header("cookie", format!("{name}={session}")).await.expect(200);
    }

    // proves: R-182
    async fn vuln_51_no_answer_repeats_a_secret(server: &Server) {
        let app = server.confidential().await;
        let tokens = server.tokens(&app, "read").await;
        let code = server.code(&app, "read").await;
        let wrong = oauth_tests::Code { verifier: oauth_tests::verifier(), ..code.clone() };
        let pages = server.ada().await;
        let answers = [
            server.redeem(&app, &wrong).await,
            server.introspect(&app, &tokens.access).await,
            server.revoke(&app, "unknown").await,
            server.get("/api/profile").bearer(&tokens.access).await,
            pages.open("/oauth/applications").await,
            pages.open(&format!("/oauth/applications/show?client_id={}", app.id)).await.expect(200),
            pages.open(&format!("/oauth/applications/edit?client_id={}", app.id)).await.expect(200),
            pages.open("/oauth/connected").await.expect(200),
        ];
        let secrets = [app.secret(), &tokens.access, &tokens.refresh, &code.code, &code.verifier, PASSWORD];
        for answer in answers {
            for secret in secrets {
                assert!(!format!("{answer} {:?}", answer.headers).contains(secret), "{answer}");
                for stored in forms(secret) {
                    assert!(!answer.text().contains(&stored), "nor its digest: {answer}");
                }
            }
        }
    }
}

/// Makes every kind of secret on a server, and looks for each in the files that its records are in.
async fn search_the_files(backend: Backend) {
    let server = Server::start(backend, |_| ()).await;
    let app = server.confidential().await;
    let code = server.code(&app, "read").await;
    let first = server.tokens(&app, "read").await;
    let second = server.refresh(&app, &first.refresh).await.expect(200);
    let browser = server.browser();
    server.account("grace").await;
    browser.sign_in("grace").await;
    let (_, session) = browser.session().expect("signed in");
    let (access, refresh) = (second.member("access_token"), second.member("refresh_token"));
    let issued = [
        app.secret(),
        &code.code,
        &code.verifier,
        &first.access,
        &first.refresh,
        &access,
        &refresh,
        PASSWORD,
        &session,
    ];
    let files: Vec<String> = server.database_files().await.iter().map(|file| text(file)).collect();
    assert!(files.iter().any(|file| file.contains(&app.id)), "the search finds what is there");
    for digested in [&code.code, &first.access, &refresh, &session] {
        let digest = Digest::of(digested);
        let (bytes, encoded) = (text(digest.as_bytes()), URL_SAFE_NO_PAD.encode(digest.as_bytes()));
        let is_there = |file: &String| file.contains(&bytes) || file.contains(&encoded);
        assert!(files.iter().any(is_there), "the digest of each is there");
    }
    for secret in issued {
        let raw = URL_SAFE_NO_PAD.decode(secret).unwrap_or_default();
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for file in &files {
            assert!(!file.contains(secret), "an issued value is in the file");
            assert!(!file.contains(&STANDARD.encode(secret)), "nor in base64");
            assert!(!file.contains(&hexadecimal(secret.as_bytes())), "nor in hexadecimal");
            assert!(raw.len() < 16 || !file.contains(&text(&raw)), "nor are its bytes");
            assert!(raw.len() < 16 || !file.contains(&hexadecimal(&raw)), "nor are they in hexadecimal");
        }
    }
}

/// Gives each byte as a character, because searching a text is what the standard library does fast.
fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_182_f_54_nothing_usable_is_in_the_files_of_sqlite() {
    search_the_files(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_182_f_54_nothing_usable_is_in_the_files_of_postgres() {
    search_the_files(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_182_f_54_nothing_usable_is_in_the_files_of_mariadb() {
    search_the_files(Backend::Mariadb).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_182_f_54_nothing_usable_is_in_the_files_of_redis() {
    search_the_files(Backend::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_182_f_54_nothing_usable_is_in_the_files_of_cluster() {
    search_the_files(Backend::Cluster).await;
}
