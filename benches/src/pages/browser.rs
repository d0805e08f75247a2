use crate::Error;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{Method, Request, Response};
use oauth_core::http::PeerAddress;
use oauth_core::provider::Service;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Browser {
    provider: Arc<dyn Service>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(super) async fn signed_in(provider: &Arc<dyn Service>, username: &str) -> Result<Self, Error> {
        let mut browser = Self { provider: Arc::clone(provider), cookies: BTreeMap::new() };
        let page = browser.call(Method::GET, "/oauth/sign-in", "").await?;
        browser.keep(&page)?;
        let form = [("csrf", &*csrf_in(&page)?), ("username", username), ("password", "correct horse")];
        let answer = browser.call(Method::POST, "/oauth/sign-in", &form_of(&form)).await?;
        browser.keep(&answer)?;
        Ok(browser)
    }

    /// Gets a page; anything else is an error.
    pub(super) async fn get(&self, target: &str) -> Result<Bytes, Error> {
        let answer = self.call(Method::GET, target, "").await?;
        if answer.status() != 200 {
            return Err(format!("{target}: {}", answer.status()).into());
        }
        Ok(answer.into_body())
    }

    pub(super) async fn post(&self, target: &str, fields: &[(&str, &str)]) -> Result<(), Error> {
        let answer = self.call(Method::POST, target, &form_of(fields)).await?;
        if answer.status() != 303 {
            return Err(format!("{target}: {}", answer.status()).into());
        }
        Ok(())
    }

    pub(super) async fn csrf(&self, target: &str) -> Result<String, Error> {
        csrf_in(&self.call(Method::GET, target, "").await?)
    }

    async fn call(&self, method: Method, target: &str, form: &str) -> Result<Response<Bytes>, Error> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .extension(PeerAddress(Ipv4Addr::LOCALHOST.into()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookies.join("; "))
            .body(Bytes::from(form.to_owned()))?;
        Ok(self.provider.call(request).await)
    }

    fn keep(&mut self, answer: &Response<Bytes>) -> Result<(), Error> {
        for line in answer.headers().get_all(SET_COOKIE) {
            let pair = line.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("a cookie has a value")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }
}

fn form_of(fields: &[(&str, &str)]) -> String {
    // None of them needs an escape but the space.
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
    pairs.join("&")
}

fn csrf_in(page: &Response<Bytes>) -> Result<String, Error> {
    let html = String::from_utf8_lossy(page.body());
    let field = html.split("name=\"csrf\" value=\"").nth(1).ok_or("the page has a form")?;
    Ok(field.split('"').next().unwrap_or_default().to_owned())
}
