use crate::{Ask, Browser, CALLBACK, Call, Form, Tokens, text_of};
use http::Method;
use oauth_core::config::Paths;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// A small example as it is run: a provider under `/oauth` whose one user is `ada`, and `/hello`, which
/// wants a token that allows `read`. Ends with the test.
pub struct Example {
    process: Child,
    address: SocketAddr,
}

impl Example {
    /// Starts its program, which is told to listen there.
    pub async fn start(mut command: Command, address: SocketAddr) -> Self {
        let example = Self { process: command.stdout(Stdio::null()).spawn().unwrap(), address };
        for _ in 0..500 {
            if TcpStream::connect(address).await.is_ok() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        example
    }

    /// Goes the whole way: from a wrong password to a token that opens the protected route.
    pub async fn from_a_wrong_password_to_hello(&self) {
        let browser = Browser::new(self.address, Paths::under("/oauth"));
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
        let tokens = Tokens::from(Call::new(self.address, Method::POST, "/oauth/token").form(fields).await);

        let hello = || Call::new(self.address, Method::GET, "/hello");
        hello().await.expect_error(401, "unauthorized");
        let greeting = hello().bearer(&tokens.access).await.expect(200);
        assert_eq!(greeting.text(), format!("hello from {client_id}"));
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
