//! Requests as clients, browsers and people send them.

use super::request::Request;
use super::seeds::Seeds;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_core::config::Paths;
use oauth_tests::{ADA, App, Form, Numbers, PASSWORD};

/// Makes requests that are whole, though not all of them are granted.
pub(super) struct Valid<'a> {
    pub(super) paths: &'a Paths,
    pub(super) seeds: &'a Seeds,
}

impl Valid<'_> {
    pub(super) fn request(&self, numbers: &mut Numbers) -> Request {
        match numbers.below(16) {
            0..=4 => self.token(numbers),
            5 | 6 => self.about_a_token(numbers),
            7..=9 => self.authorization(numbers),
            10..=12 => self.page(numbers),
            13 | 14 => self.api(numbers),
            _ => self.elsewhere(numbers),
        }
    }

    fn app(&self, position: usize) -> &App {
        if position.is_multiple_of(2) { &self.seeds.confidential } else { &self.seeds.public }
    }

    fn token(&self, numbers: &mut Numbers) -> Request {
        let (seeds, wrong) = (self.seeds, numbers.one_in(8));
        let request = |kind| Request::new(kind, "POST", &self.paths.token_path());
        match numbers.below(4) {
            0 => {
                let position = numbers.below(seeds.codes.len());
                let code = &seeds.codes[position];
                let fields = [
                    ("grant_type", "authorization_code"),
                    ("code", code.code.as_str()),
                    ("redirect_uri", code.redirect_uri.as_str()),
                    ("code_verifier", if wrong { "wrong" } else { code.verifier.as_str() }),
                ];
                authenticated(request("code"), self.app(position), &fields, numbers)
            }
            1 | 2 => {
                let position = numbers.below(seeds.refresh.len());
                let fields = [("grant_type", "refresh_token"), ("refresh_token", seeds.refresh[position].as_str())];
                let position = if wrong { position + 1 } else { position };
                authenticated(request("refresh"), self.app(position), &fields, numbers)
            }
            _ => {
                let scope = numbers.pick(&["read", "write", "read write", "admin", "", "\"", "read  write"]);
                let grant = numbers.pick(&["client_credentials", "client_credentials", "password", ""]);
                let fields = [("grant_type", grant), ("scope", scope)];
                authenticated(request("client credentials"), &seeds.confidential, &fields, numbers)
            }
        }
    }

    fn about_a_token(&self, numbers: &mut Numbers) -> Request {
        let position = numbers.below(self.seeds.access.len());
        let token = match numbers.below(8) {
            0 => "unknown",
            1 => &self.seeds.refresh[position],
            _ => &self.seeds.access[position],
        };
        let fields = [("token", token), ("token_type_hint", numbers.pick(&["access_token", "refresh_token", "x", ""]))];
        // Revoked are few of them, so that the others remain to be asked about.
        let request = if position < 20 && numbers.one_in(2) {
            Request::new("revocation", "POST", &self.paths.revocation_path())
        } else {
            Request::new("introspection", "POST", &self.paths.introspection_path())
        };
        authenticated(request, self.app(position), &fields, numbers)
    }

    fn authorization(&self, numbers: &mut Numbers) -> Request {
        let position = numbers.below(2);
        let mut ask = self.app(position).ask(numbers.pick(&["read", "read write", "unknown", ""]));
        ask = match numbers.below(12) {
            0 => ask.set("client_id", "unknown"),
            1 => ask.set("redirect_uri", "https://evil.example/"),
            2 => ask.without("response_type"),
            3 => ask.without_pkce(),
            4 => ask.set("prompt", numbers.pick(&["none", "login", "consent", "x"])),
            5 => ask.and("scope", "read"),
            6 => ask.set("state", "caf\u{e9} \"'<>&%"),
            7 => ask.set("resource", "https://elsewhere.example/"),
            8 => ask.set("max_age", numbers.pick(&["0", "x", "3600"])),
            _ => ask,
        };
        let path = self.paths.authorization_path();
        let request = if numbers.one_in(4) {
            let fields: Vec<_> = ask.fields().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Request::new("authorization by POST", "POST", &path).form(&fields)
        } else {
            Request::new("authorization", "GET", &format!("{path}?{}", ask.query()))
        };
        if numbers.one_in(3) { request } else { self.signed_in(request) }
    }

    fn page(&self, numbers: &mut Numbers) -> Request {
        const PAGES: [&str; 15] = [
            "",
            "style.css",
            "sign-in",
            "sign-out",
            "consent",
            "applications",
            "applications/register",
            "applications/show?client_id=unknown",
            "applications/edit?client_id=unknown",
            "connected",
            "password",
            "errors",
            "errors/1001",
            "errors/1002",
            "unknown",
        ];
        let cookie = &self.seeds.visit;
        match numbers.below(12) {
            0 => {
                let password = numbers.pick(&[PASSWORD, "wrong"]);
                let form = self.seeds.sign_in.clone().fill("username", ADA).fill("password", password);
                posted("sign in", &form.press("sign-in")).header("Cookie", cookie.as_str())
            }
            1 => {
                let form = self.seeds.consent.clone().press(numbers.pick(&["allow", "deny"]));
                self.signed_in(posted("consent", &form))
            }
            2 => {
                let path = format!("{}?{}", self.paths.authorization_path(), self.seeds.asked);
                self.signed_in(Request::new("consented authorization", "GET", &path))
            }
            3 => {
                let csrf = self.seeds.consent.fields.iter().find(|(name, _)| name == "csrf");
                let csrf = if numbers.one_in(4) { "forged" } else { &csrf.unwrap().1 };
                let fields = [
                    ("csrf", csrf),
                    ("name", numbers.pick(&["Reader", "", "<b>"])),
                    ("client-type", numbers.pick(&["public", "confidential"])),
                    ("grant:authorization_code", "on"),
                    ("redirect-uris", numbers.pick(&["https://client.example/", "http://client.example/", "x"])),
                ];
                let path = self.paths.join("applications/register");
                self.signed_in(Request::new("registration", "POST", &path).form(&fields))
            }
            _ => {
                let method = numbers.pick(&["GET", "GET", "GET", "HEAD", "POST"]);
                let request = Request::new("page", method, &self.paths.join(numbers.pick(&PAGES)));
                if numbers.one_in(2) { request } else { self.signed_in(request) }
            }
        }
    }

    fn api(&self, numbers: &mut Numbers) -> Request {
        let (method, target) = numbers.pick(&[
            ("GET", "/api/profile"),
            ("GET", "/api/notes"),
            ("HEAD", "/api/notes"),
            ("POST", "/api/notes"),
            ("GET", "/api/profile?access_token=x"),
        ]);
        let request = Request::new("API", method, target);
        let token = &self.seeds.access[numbers.below(self.seeds.access.len())];
        match numbers.below(10) {
            0 => request,
            1 => request.header("Authorization", "Bearer never-issued"),
            2 => request.header("Authorization", "Bearer two tokens"),
            3 => request.header("Authorization", "Basic YTpi"),
            4 => request.header("Authorization", format!("bEARER  {token}")),
            5 => request.form(&[("access_token", token)]),
            6 => request.header("Authorization", format!("Bearer {}", self.seeds.refresh[0])),
            _ => request.header("Authorization", format!("Bearer {token}")),
        }
    }

    fn elsewhere(&self, numbers: &mut Numbers) -> Request {
        let known = "/.well-known/oauth-authorization-server";
        let targets = [known, known, "/.well-known/oauth-authorization-server/x", "/", "/api", "/nothing", "/oauthx"];
        let method = numbers.pick(&["GET", "GET", "HEAD", "POST"]);
        Request::new("metadata and elsewhere", method, numbers.pick(&targets))
    }

    fn signed_in(&self, request: Request) -> Request {
        request.header("Cookie", self.seeds.session.as_str())
    }
}

fn posted(kind: &'static str, form: &Form) -> Request {
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Request::new(kind, "POST", &form.action).header("Origin", "null").form(&fields)
}

/// Adds what a client proves itself with: by HTTP Basic, in the form, or badly.
fn authenticated(request: Request, app: &App, fields: &[(&str, &str)], numbers: &mut Numbers) -> Request {
    let id = ("client_id", app.id.as_str());
    let Some(secret) = &app.secret else { return request.form(&[fields, &[id]].concat()) };
    match numbers.below(10) {
        0 => request.form(fields),
        1 => request.form(&[fields, &[id, ("client_secret", "wrong")]].concat()),
        2 | 3 => request.form(&[fields, &[id, ("client_secret", secret)]].concat()),
        _ => {
            let credentials = STANDARD.encode(format!("{}:{secret}", app.id));
            request.header("Authorization", format!("Basic {credentials}")).form(fields)
        }
    }
}
