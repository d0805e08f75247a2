//! Errors of authorization requests: which clients they are sent to by redirect (RFC 9700 §4.11.2).

use super::{CALLBACK, Server, authorization, parameter};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response};
use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::config::{Config, ErrorsRedirect};
use oauth_core::identifier::Subject;
use oauth_core::provider::Service as _;
use oauth_core::redirect::RedirectUri;

const SETTINGS: [ErrorsRedirect; 2] = [ErrorsRedirect::SignedIn, ErrorsRedirect::Known];

/// Each error that a request can have once its redirect URI is known, as parameters beside the usual ones.
const ERRORS: [(&str, &[(&str, &str)]); 10] = [
    ("unsupported_response_type", &[("response_type", "x")]),
    ("invalid_request", &[("response_type", "")]),
    ("invalid_request", &[("response_mode", "form_post")]),
    ("invalid_request", &[("code_challenge_method", "plain")]),
    ("invalid_request", &[("code_challenge", ""), ("code_challenge_method", "")]),
    ("invalid_request", &[("max_age", "x")]),
    ("invalid_request", &[("request", "x.y.z")]),
    ("invalid_scope", &[("scope", "everything")]),
    ("invalid_target", &[("resource", "https://unknown.example/")]),
    ("invalid_request", &[("scope", "read"), ("scope", "write")]),
];

async fn ask(server: &Server, method: &Method, who: Option<&str>, more: &[(&str, &str)]) -> Response<Bytes> {
    let target = authorization(more);
    let (path, query) = target.split_once('?').unwrap();
    let mut request = match *method {
        Method::POST => Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
        _ => Request::get(&target),
    };
    if let Some(who) = who {
        request = request.header("x-signed-in", who);
    }
    let body = if *method == Method::POST { Bytes::from(query.to_owned()) } else { Bytes::new() };
    server.provider.call(request.body(body).unwrap()).await
}

/// A page that says who would be told what, and where; nothing leads away by itself.
fn expect_page(answer: &Response<Bytes>, error: &str) {
    assert_eq!(answer.status(), 400, "{answer:?}");
    assert!(!answer.headers().contains_key(LOCATION));
    let text = String::from_utf8_lossy(answer.body());
    assert!(text.contains("Notes at app.example") && text.contains(&format!("{CALLBACK}?error={error}&")), "{text}");
    assert!(text.contains("state=xyz&iss=https%3A%2F%2Fid.example"), "{text}");
}

async fn with_owner(server: &Server, owner: Option<&str>, trusted: bool) {
    let change = |client: &mut Client| {
        client.owner = owner.and_then(|owner| Subject::new(owner).ok());
        client.trusted = trusted;
    };
    server.register("app", change).await;
}

#[tokio::test]
async fn f_12_an_error_redirects_to_a_known_client_or_for_a_person_who_is_signed_in() {
    for errors_redirect in SETTINGS {
        for (owner, trusted) in [(None, false), (Some("root"), false), (Some("eve"), true), (Some("eve"), false)] {
            let server = Server::new(|config| config.errors_redirect = errors_redirect);
            with_owner(&server, owner, trusted).await;
            let is_known = trusted || owner != Some("eve");
            for who in [None, Some("ada")] {
                for method in [Method::GET, Method::POST] {
                    for (error, more) in ERRORS {
                        let answer = ask(&server, &method, who, more).await;
                        if is_known || who.is_some() {
                            assert_eq!(parameter(&answer, "error").as_deref(), Some(error), "{owner:?} {more:?}");
                        } else {
                            expect_page(&answer, error);
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn f_12_a_silent_request_is_answered_at_the_client_unless_the_setting_says_otherwise() {
    for errors_redirect in SETTINGS {
        for (owner, is_known) in [(None, true), (Some("root"), true), (Some("eve"), false)] {
            let server = Server::new(|config| config.errors_redirect = errors_redirect);
            with_owner(&server, owner, false).await;
            let silent = |more: &[(&'static str, &'static str)]| [&[("prompt", "none")][..], more].concat();
            let redirects = is_known || errors_redirect == ErrorsRedirect::SignedIn;
            let check = |answer: &Response<Bytes>, redirects: bool, error: &str| {
                if redirects {
                    assert_eq!(parameter(answer, "error").as_deref(), Some(error), "{answer:?}");
                } else {
                    expect_page(answer, error);
                }
            };
            check(&ask(&server, &Method::GET, None, &silent(&[])).await, redirects, "login_required");
            for who in [None, Some("ada")] {
                for (error, more) in ERRORS {
                    check(&ask(&server, &Method::GET, who, &silent(more)).await, redirects, error);
                }
            }
            // What the person has approved is known to them.
            server.code(&[]).await;
            for (error, more) in ERRORS {
                check(&ask(&server, &Method::GET, Some("ada"), &silent(more)).await, true, error);
                check(&ask(&server, &Method::GET, Some("bob"), &silent(more)).await, redirects, error);
            }
        }
    }
}

#[tokio::test]
async fn f_12_the_implicit_grant_keeps_errors_here_too() {
    let server = Server::new(|config: &mut Config| config.insecure_implicit_grant = true);
    let implicit = |client: &mut Client| {
        client.owner = Subject::new("eve").ok();
        client.client_type = ClientType::Public;
        client.grant_types = vec![GrantType::Implicit];
        client.redirect_uris = vec![RedirectUri::register(CALLBACK, false).unwrap()];
    };
    server.register("app", implicit).await;
    let wrong = [("response_type", "token"), ("scope", "everything")];
    let answer = ask(&server, &Method::GET, None, &wrong).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status() == 400 && text.contains(&format!("{CALLBACK}#error=invalid_scope")), "{text}");
    let signed_in = ask(&server, &Method::GET, Some("ada"), &wrong).await;
    assert!(signed_in.headers()[LOCATION].to_str().unwrap().contains("#error=invalid_scope"));
}

#[tokio::test]
async fn f_12_in_an_outage_the_page_answers_for_a_client_that_anybody_registered() {
    for (owner, redirects) in [(None, true), (Some("root"), false), (Some("eve"), false)] {
        let server = Server::new(|_| ());
        with_owner(&server, owner, false).await;
        for more in [&[][..], &[("prompt", "none")]] {
            let request = Request::get(authorization(more)).header("x-signed-in", "ada").header("x-outage", "1");
            let answer = server.provider.call(request.body(Bytes::new()).unwrap()).await;
            if redirects || !more.is_empty() {
                assert_eq!(parameter(&answer, "error").as_deref(), Some("temporarily_unavailable"));
            } else {
                assert_eq!(answer.status(), 503);
                assert!(!answer.headers().contains_key(LOCATION));
            }
        }
    }
}

#[tokio::test]
async fn f_40_a_repeated_unknown_parameter_has_no_name() {
    let server = Server::new(|_| ());
    server.register("app", |_| ()).await;
    for (sent, name) in [("utm", None), ("request", Some("request")), ("nonce", Some("nonce")), ("resources", None)] {
        let twice = [(sent, "a"), (sent, "b")];
        let told = parameter(&ask(&server, &Method::GET, None, &twice).await, "error_description").unwrap();
        let what = "a parameter is sent more than once. ";
        let wanted = name.map_or(what.to_owned(), |name| format!("{name}: {what}"));
        assert!(told.starts_with(&wanted), "{sent}: {told}");
        let fields = [("grant_type", "client_credentials"), (sent, "a"), (sent, "b")];
        let (status, answer) = server.token(&fields).await;
        let told = answer["error_description"].as_str().unwrap();
        assert!(status == 400 && told.starts_with(&wanted), "{sent}: {told}");
    }
}
