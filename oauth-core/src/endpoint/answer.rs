use super::authorization::with_headers;
use super::implicit;
use super::known::may_redirect;
use crate::client::Client;
use crate::config::Config;
use crate::error::{ErrorCode, Rejection};
use crate::event::Event;
use crate::http::{self as wire, Parameters};
use crate::owner::{AuthorizationRequest, UnsentError};
use crate::redirect::RedirectTarget;
use crate::server::{AuthorizationProvider, ErrorPages, Server};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};

/// How the client is answered: by redirect to its own URI, always with `state` and `iss`
/// (RFC 6749 §4.1.2, RFC 9207 §2).
pub(super) struct Answer<'a> {
    config: &'a Config,
    client: &'a Client,
    target: &'a RedirectTarget,
    state: Option<&'a str>,
    status: StatusCode,
    /// Whether it goes into the fragment, errors too (RFC 6749 §4.2.2.1).
    in_fragment: bool,
    /// Who shows errors here, if they may not be sent to the client.
    here: Option<&'a dyn ErrorPages>,
}

impl<'a> Answer<'a> {
    /// Answers a request that may be wrong in anything but its client and its redirect URI.
    pub(super) fn new(
        config: &'a Config,
        method: &Method,
        client: &'a Client,
        target: &'a RedirectTarget,
        parameters: &'a Parameters,
    ) -> Self {
        // A state that must not be there is not sent back altered, but not at all (OAuth 2.1 A.5).
        let state = parameters.get("state").filter(|state| is_printable(state));
        let in_fragment = implicit::is_asked(config, parameters);
        Self { config, client, target, state, status: status_after(method), in_fragment, here: None }
    }

    /// Answers a request that is as it should be.
    pub(super) fn to(config: &'a Config, request: &Request<Bytes>, ask: &'a AuthorizationRequest) -> Self {
        Self {
            config,
            client: &ask.client,
            target: &ask.target,
            state: ask.state.as_deref(),
            status: status_after(request.method()),
            in_fragment: ask.implicit,
            here: None,
        }
    }

    /// Shows errors here, unless they [may be sent](may_redirect) to the client.
    pub(super) async fn only_to_known<P: AuthorizationProvider>(
        mut self,
        server: &'a Server<P>,
        request: &Request<Bytes>,
        silent: bool,
    ) -> Self {
        if !may_redirect(server, request, self.client, silent).await {
            self.here = Some(server);
        }
        self
    }

    /// What a person decided on a form is answered with 303, what is remembered with 302.
    pub(super) fn decided(&self, remembered: bool) -> Self {
        let status = if remembered { StatusCode::FOUND } else { StatusCode::SEE_OTHER };
        Self { status, ..*self }
    }

    pub(super) fn success(&self, answer: &[(String, String)], headers: HeaderMap) -> Response<Bytes> {
        let answer: Vec<_> = answer.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.redirect(&answer, headers)
    }

    pub(super) fn error(&self, rejection: Rejection, headers: HeaderMap) -> Response<Bytes> {
        let number = rejection.entry().number;
        self.config.events.record(&Event::Denied { client_id: self.client.id.clone(), number });
        let description = rejection.description();
        let uri = self.config.error_uri.as_ref().map(|prefix| format!("{prefix}{number}"));
        let mut answer = vec![("error", rejection.code().as_str()), ("error_description", description.as_str())];
        if rejection.code() == ErrorCode::AccessDenied {
            answer.truncate(1);
        } else if let Some(uri) = &uri {
            answer.push(("error_uri", uri));
        }
        match self.here {
            Some(pages) => {
                let (client, host) = (self.client, self.target.host());
                let unsent = UnsentError { client, host, rejection, location: &self.location(&answer) };
                with_headers(pages.unsent_page(&unsent), headers)
            }
            None => self.redirect(&answer, headers),
        }
    }

    fn redirect(&self, answer: &[(&str, &str)], headers: HeaderMap) -> Response<Bytes> {
        wire::redirect(self.status, &self.location(answer), headers)
    }

    fn location(&self, answer: &[(&str, &str)]) -> String {
        let mut answer = answer.to_vec();
        answer.extend(self.state.map(|state| ("state", state)));
        answer.push(("iss", self.config.issuer.as_str()));
        if self.in_fragment { self.target.with_fragment(&answer) } else { self.target.with_query(&answer) }
    }
}

fn status_after(method: &Method) -> StatusCode {
    if method == Method::POST { StatusCode::SEE_OTHER } else { StatusCode::FOUND }
}

pub(super) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}
