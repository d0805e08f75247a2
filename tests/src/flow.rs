//! The ways tokens are had, as a client goes them.

use crate::{Answer, App, Call, Server};
use oauth_core::secret::{Digest, random_bytes};

/// An authorization request before it is sent.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The verifier that its challenge was made of.
    pub verifier: String,
    fields: Vec<(String, String)>,
}

impl Ask {
    /// Makes a request as it should be, with a new verifier.
    pub fn new(client_id: &str, redirect_uri: &str, scope: &str) -> Self {
        let verifier = verifier();
        let fields = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("state", "the state"),
            ("code_challenge", &challenge_of(&verifier)),
            ("code_challenge_method", "S256"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { verifier, fields: fields.to_vec() }
    }

    /// Sets a parameter, in the place of one of the same name.
    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a parameter, beside one of the same name.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self
    }

    /// Leaves PKCE out.
    #[must_use]
    pub fn without_pkce(self) -> Self {
        self.without("code_challenge").without("code_challenge_method")
    }

    /// Gives a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Gives all parameters, in their order.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// Writes it as a query.
    pub fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

/// A code, with what is needed to redeem it.
#[derive(Clone, Debug)]
pub struct Code {
    /// The code.
    pub code: String,
    /// The verifier of the request that got it.
    pub verifier: String,
    /// The redirect URI that it was sent to.
    pub redirect_uri: String,
}

/// Tokens, with the answer they came in.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token; empty where none came.
    pub refresh: String,
    /// The whole answer.
    pub answer: Answer,
}

impl From<Answer> for Tokens {
    #[track_caller]
    fn from(answer: Answer) -> Self {
        let answer = answer.expect(200);
        let refresh = answer.json()["refresh_token"].as_str().unwrap_or_default().to_owned();
        Self { access: answer.member("access_token"), refresh, answer }
    }
}

/// Makes a fresh code verifier (RFC 7636 §4.1).
pub fn verifier() -> String {
    Digest::from_bytes(random_bytes()).to_base64url()
}

/// Computes the S256 challenge of a verifier (RFC 7636 §4.2).
pub fn challenge_of(verifier: &str) -> String {
    Digest::of(verifier).to_base64url()
}

impl Server {
    /// Has Ada allow a scope, and gives the code.
    pub async fn code(&self, app: &App, scope: &str) -> Code {
        self.code_for(app, app.ask(scope)).await
    }

    /// Has Ada allow a request, and gives the code.
    pub async fn code_for(&self, app: &App, ask: Ask) -> Code {
        let answer = self.ada().await.authorize(&ask).await.allow_if_asked().await;
        let code = answer.parameter("code").unwrap_or_else(|| panic!("no code: {answer}"));
        let redirect_uri = ask.parameter("redirect_uri").unwrap_or(&app.redirect_uri).to_owned();
        Code { code, verifier: ask.verifier, redirect_uri }
    }

    /// Has Ada allow a scope, redeems the code, and gives the tokens.
    pub async fn tokens(&self, app: &App, scope: &str) -> Tokens {
        let code = self.code(app, scope).await;
        self.redeem(app, &code).await.into()
    }

    /// Opens the authorization endpoint as a browser does in which nobody is signed in.
    pub fn authorize(&self, ask: &Ask) -> Call {
        self.get(&format!("{}?{}", self.config().paths.authorization_path(), ask.query()))
    }

    /// Posts a request to the authorization endpoint, from a browser in which nobody is signed in.
    pub fn authorize_by_post(&self, ask: &Ask) -> Call {
        let fields = ask.fields().iter().map(|(name, value)| (name, value));
        self.post(&self.config().paths.authorization_path()).form(fields)
    }

    /// Redeems a code as its client should.
    pub fn redeem(&self, app: &App, code: &Code) -> Call {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code.code),
            ("redirect_uri", &code.redirect_uri),
            ("code_verifier", &code.verifier),
        ];
        self.token(app, fields)
    }

    /// Refreshes as a client should.
    pub fn refresh(&self, app: &App, refresh_token: &str) -> Call {
        self.token(app, [("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
    }

    /// Asks for a token without a person (RFC 6749 §4.4).
    pub fn client_credentials(&self, app: &App, scope: &str) -> Call {
        self.token(app, [("grant_type", "client_credentials"), ("scope", scope)])
    }

    /// Posts to the token endpoint, authenticated as the client is.
    pub fn token<'f>(&self, app: &'f App, fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Call {
        self.as_client(app, &self.config().paths.token_path(), fields)
    }

    /// Revokes a token as its client should (RFC 7009).
    pub fn revoke(&self, app: &App, token: &str) -> Call {
        self.as_client(app, &self.config().paths.revocation_path(), [("token", token)])
    }

    /// Introspects a token (RFC 7662).
    pub fn introspect(&self, app: &App, token: &str) -> Call {
        self.as_client(app, &self.config().paths.introspection_path(), [("token", token)])
    }

    /// Posts a form to a path, authenticated as the client is: by HTTP Basic, or by its identifier.
    pub fn as_client<'f>(
        &self,
        app: &'f App,
        path: &str,
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Call {
        let call = self.post(path);
        match &app.secret {
            Some(secret) => call.basic(&app.id, secret).form(fields),
            None => call.form(fields.into_iter().chain([("client_id", app.id.as_str())])),
        }
    }

    /// Tells whether an access token opens the API.
    pub async fn is_alive(&self, access_token: &str) -> bool {
        let answer = self.get("/api/profile").bearer(access_token).await;
        assert!(matches!(answer.status.as_u16(), 200 | 401), "{answer}");
        answer.status == 200
    }
}
