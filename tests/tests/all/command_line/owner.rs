//! A person by script: signs in and allows, over plain forms.

use super::process::{Answer, Server};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use url::Url;

/// 43 characters, as short as RFC 7636 allows.
const VERIFIER: &str = "a-verifier-that-is-only-for-these-tests-000";

/// Somebody with an account, and a browser of their own.
pub(super) struct Person<'a> {
    server: &'a Server,
    username: &'a str,
    password: &'a str,
    /// What is typed as the organisation, where the page asks for one.
    pub(super) organisation: &'a str,
    cookies: RefCell<BTreeMap<String, String>>,
    /// The codes that came to the client.
    codes: RefCell<Vec<String>>,
}

impl<'a> Person<'a> {
    pub(super) fn new(server: &'a Server, username: &'a str, password: &'a str) -> Self {
        Self { server, username, password, organisation: "", cookies: RefCell::default(), codes: RefCell::default() }
    }

    /// Tells whether the sign-in page lets this person in.
    pub(super) fn can_sign_in(&self) -> bool {
        let page = self.visit("/oauth/sign-in");
        self.submit(&page, "/sign-in", &self.credentials()).status == 303
    }

    /// Signs in, allows a client what it asks, and gives the client's answer from the token endpoint.
    pub(super) fn tokens(&self, client: &Value) -> Answer {
        let redirect_uri = client["redirect_uris"][0].as_str().unwrap();
        let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", id), ("redirect_uri", redirect_uri)])
            .extend_pairs([("scope", "read write"), ("state", "s")])
            .extend_pairs([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")])
            .finish();
        let mut answer = self.visit(&format!("/oauth/authorize?{query}"));
        for (form, fields) in [("/sign-in", self.credentials().to_vec()), ("/consent", vec![("decision", "allow")])] {
            // What was allowed before is not asked again.
            if answer.header("location").starts_with(redirect_uri) {
                break;
            }
            answer = self.submit(&answer, form, &fields);
            if answer.header("location").starts_with('/') {
                answer = self.visit(answer.header("location"));
            }
        }
        let callback = Url::parse(answer.header("location")).unwrap_or_else(|_| panic!("no callback: {answer:?}"));
        let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        self.codes.borrow_mut().push(code.clone());
        let form = [("grant_type", "authorization_code"), ("redirect_uri", redirect_uri), ("code_verifier", VERIFIER)];
        self.server.token(id, secret, &[&form[..], &[("code", code.as_str())]].concat())
    }

    fn credentials(&self) -> [(&'a str, &'a str); 3] {
        [("organisation", self.organisation), ("username", self.username), ("password", self.password)]
    }

    /// Gives everything that nobody else may know: codes, the verifier and cookies.
    pub(super) fn secrets(&self) -> Vec<String> {
        let cookies = self.cookies.borrow();
        let cookies = cookies.values().filter(|value| !value.is_empty());
        cookies.chain(self.codes.borrow().iter()).cloned().chain([VERIFIER.to_owned()]).collect()
    }

    /// Opens a page, and follows redirects as long as they stay at the server's own pages.
    pub(super) fn visit(&self, path: &str) -> Answer {
        let answer = self.server.ask("GET", path, &[("Cookie", &self.cookie())], "");
        self.keep_cookies(&answer);
        match answer.header("location") {
            location if location.starts_with('/') => self.visit(location),
            _ => answer,
        }
    }

    /// Fills a form of a page and sends it.
    fn submit(&self, page: &Answer, action: &str, given: &[(&str, &str)]) -> Answer {
        let form = form(&page.body, action).unwrap_or_else(|| panic!("no form for {action}: {page:?}"));
        let hidden = fields(form);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let sent: Vec<_> = hidden
            .filter(|(name, _)| given.iter().all(|(known, _)| known != name))
            .chain(given.iter().copied())
            .collect();
        let answer = self.server.post(&format!("/oauth{action}"), &[("Cookie", &self.cookie())], &sent);
        self.keep_cookies(&answer);
        answer
    }

    fn cookie(&self) -> String {
        let cookies = self.cookies.borrow();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Finds the form of a page whose action ends so.
fn form<'a>(page: &'a str, action: &str) -> Option<&'a str> {
    let forms = page.split("<form ").skip(1).filter_map(|rest| rest.split("</form>").next());
    forms.into_iter().find(|form| attribute(form, "action").is_some_and(|given| given.ends_with(action)))
}

/// Reads what a form sends by itself: hidden fields, and boxes that are ticked.
fn fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
    inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let mut text = rest.split('"').next()?.to_owned();
    for (entity, character) in [("&#38;", "&"), ("&amp;", "&"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'")] {
        text = text.replace(entity, character);
    }
    Some(text)
}
