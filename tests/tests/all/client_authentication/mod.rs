//! Client authentication (RFC 6749 §2.3) at the token, revocation and introspection endpoints, which
//! must not differ in it.

mod odd_secrets;
mod refusals;
mod throttling;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_core::client::SecretHash;
use oauth_core::secret::ClientSecret;
use oauth_tests::{Answer, App, Call, Server};

/// One way to say who one is.
#[derive(Clone, Debug, Default)]
struct Attempt {
    authorization: Vec<Vec<u8>>,
    fields: Vec<(String, String)>,
    query: String,
    forwarded_for: Option<String>,
}

impl Attempt {
    /// Says nothing.
    fn nothing() -> Self {
        Self::default()
    }

    /// By HTTP Basic, with these bytes between the colon and before it.
    fn basic(id: &str, secret: &str) -> Self {
        Self::header(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
    }

    /// By HTTP Basic, form-encoded as RFC 6749 §2.3.1 says.
    fn encoded_basic(id: &str, secret: &str) -> Self {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        Self::basic(&encode(id), &encode(secret))
    }

    /// By any `Authorization` header.
    fn header(value: impl Into<Vec<u8>>) -> Self {
        Self { authorization: vec![value.into()], ..Self::default() }
    }

    /// By the form.
    fn form(id: &str, secret: &str) -> Self {
        Self::nothing().field("client_id", id).field("client_secret", secret)
    }

    /// Adds a field of the form.
    fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds an `Authorization` header.
    fn and(mut self, value: impl Into<Vec<u8>>) -> Self {
        self.authorization.push(value.into());
        self
    }

    /// Puts something into the address.
    fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// Comes through a proxy from an address.
    fn from(mut self, address: &str) -> Self {
        self.forwarded_for = Some(address.to_owned());
        self
    }

    /// Prepares it for an endpoint, with a request that is refused or does nothing where it is let in.
    fn at(&self, server: &Server, endpoint: Endpoint) -> Call {
        let paths = &server.config().paths;
        let (path, fields): (String, &[(&str, &str)]) = match endpoint {
            Endpoint::Token => (paths.token_path(), &[("grant_type", "refresh_token"), ("refresh_token", "nonsense")]),
            Endpoint::Revocation => (paths.revocation_path(), &[("token", "nonsense")]),
            Endpoint::Introspection => (paths.introspection_path(), &[("token", "nonsense")]),
        };
        let target = if self.query.is_empty() { path } else { format!("{path}?{}", self.query) };
        let own = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut call = server.post(&target).form(fields.iter().copied().chain(own));
        for value in &self.authorization {
            call = call.header("authorization", value);
        }
        if let Some(address) = &self.forwarded_for {
            call = call.header("x-forwarded-for", address);
        }
        call
    }
}

/// Where clients authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Token,
    Revocation,
    Introspection,
}

const ENDPOINTS: [Endpoint; 3] = [Endpoint::Token, Endpoint::Revocation, Endpoint::Introspection];

/// Requires that a client is let in: what it then asks for does not exist.
#[track_caller]
fn expect_let_in(endpoint: Endpoint, attempt: &Attempt, answer: Answer) {
    let shown = format!("{endpoint:?} {attempt:?} {answer}");
    match endpoint {
        Endpoint::Token => {
            assert_eq!((answer.status.as_u16(), answer.member("error").as_str()), (400, "invalid_grant"), "{shown}")
        }
        Endpoint::Revocation => assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "{}"), "{shown}"),
        Endpoint::Introspection => {
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, r#"{"active":false}"#), "{shown}");
        }
    }
}

/// Requires that an attempt is let in everywhere.
async fn let_in(server: &Server, attempt: &Attempt) {
    for endpoint in ENDPOINTS {
        expect_let_in(endpoint, attempt, attempt.at(server, endpoint).await);
    }
}

/// Requires that an attempt is refused everywhere, with a status and a code, and never more.
async fn refused(server: &Server, attempt: &Attempt, status: u16, code: &str) {
    for endpoint in ENDPOINTS {
        let answer = attempt.at(server, endpoint).await;
        assert_eq!(answer.status.as_u16(), status, "{endpoint:?} {attempt:?} {answer}");
        assert_eq!(answer.member("error"), code, "{endpoint:?} {attempt:?} {answer}");
        let challenge = answer.header("www-authenticate").map(|value| value.starts_with("Basic realm="));
        assert_eq!(challenge, (status == 401).then_some(true), "{endpoint:?} {attempt:?} {answer}");
    }
}

/// Registers a confidential client with a secret of one's own.
async fn with_secret(server: &Server, secret: &str) -> App {
    let mut app = server.confidential().await;
    app.client.secrets = vec![SecretHash::Sha256(ClientSecret::new(secret).digest())];
    app.secret = Some(secret.to_owned());
    assert!(server.put_client(&app.client).await);
    app
}
