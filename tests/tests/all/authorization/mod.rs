//! The authorization endpoint (RFC 6749 §3.1, §4.1; OAuth 2.1 §4.1), and who decides there.

mod answers;
mod loopback;
mod methods;
mod owner;
mod pages;
mod parameters;
mod pkce;
mod pkce_verifier;
mod prompt;
mod redirect_uris;
mod registration;
mod remembered;
mod scope;
mod smuggling;
mod state;
mod tampering;
mod unavailable;

use oauth_tests::{Answer, Ask, Server};

/// What a request is answered with where nobody is signed in, by GET and by POST.
pub(crate) async fn both_ways(server: &Server, ask: &Ask) -> [Answer; 2] {
    [server.authorize(ask).await, server.authorize_by_post(ask).await]
}

/// Requires that nothing sends the browser anywhere.
#[track_caller]
pub(crate) fn stays(answer: &Answer) {
    assert_eq!((answer.location(), answer.header("refresh")), (None, None), "{answer}");
    assert!(!answer.text().contains("http-equiv"), "{answer}");
}
