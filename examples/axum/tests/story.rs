//! The example as it is run: from a wrong password to a token that opens the protected route.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use oauth_core::config::Paths;
use oauth_tests::{Ask, Browser, CALLBACK, Call, Form, Tokens, free_address, text_of};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// The running example; ends with the test.
struct Example {
    process: Child,
    address: SocketAddr,
}

impl Example {
    async fn start() -> Self {
        let address = free_address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_axum-example"));
        command.arg(address.to_string()).stdout(Stdio::null());
        let example = Self { process: command.spawn().unwrap(), address };
        for _ in 0..500 {
            if TcpStream::connect(address).await.is_ok() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        example
    }

    fn call(&self, method: http::Method, target: &str) -> Call {
        Call::new(self.address, method, target)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_wrong_password_and_serves_the_right_one() {
    let example = Example::start().await;
    let browser = Browser::new(example.address, Paths::under("/oauth"));
    for (username, password) in [("ada", "Lovelace"), ("ada", ""), ("bob", "lovelace")] {
        let refused = browser.try_to_sign_in(username, password).await;
        assert!(!refused.status.is_redirection(), "{refused}");
    }
    let page = browser.open("/oauth/applications/register").await;
    assert!(!page.text().contains("redirect-uris"), "nobody is signed in: {page}");

    assert!(browser.try_to_sign_in("ada", "lovelace").await.status.is_redirection());
    let page = browser.open("/oauth/applications/register").await.expect(200);
    let form = Form::with(&page.text(), "register").fill("name", "Notes").fill("redirect-uris", CALLBACK);
    let form = form.press("client-type-public").press("grant-authorization_code").press("register");
    let shown = browser.submit(&form).await.expect(200);
    let client_id = text_of(&shown.text(), "client-id").unwrap();

    let ask = Ask::new(&client_id, CALLBACK, "read");
    let code = browser.authorize(&ask).await.allow().await.parameter("code").unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", &client_id),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &ask.verifier),
    ];
    let tokens = Tokens::from(example.call(http::Method::POST, "/oauth/token").form(fields).await);

    example.call(http::Method::GET, "/hello").await.expect_error(401, "unauthorized");
    let hello = example.call(http::Method::GET, "/hello").bearer(&tokens.access).await.expect(200);
    assert_eq!(hello.text(), format!("hello from {client_id}"));
}

#[test]
fn it_has_at_most_40_lines() {
    assert!(include_str!("../src/main.rs").lines().count() <= 40);
}
