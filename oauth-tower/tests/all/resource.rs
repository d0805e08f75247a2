//! Who gets past the layers, what the service then sees, and how the others are answered.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::ClientId;
use oauth_core::resource::{Authorization, PresentedToken, Refusal, ResourceProvider};
use oauth_tower::{AuthorizedLayer, ProtectedResource, authorized, maybe_authorized, scopes};
use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

scopes! { Read = "read"; }

/// The token's own text is its scope.
struct Gate;

impl ResourceProvider for Gate {
    type Authorization = Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        let scope = match token.expose() {
            "bad" => return Err(Refusal::InvalidToken),
            "down" => return Err(Refusal::Unavailable),
            "odd" => return Err(Refusal::NoToken),
            scope => scope.parse().unwrap(),
        };
        let client_id = ClientId::new("notes").unwrap();
        let mut authorization = Authorization::new(client_id, Timestamp::from_unix_seconds(u32::MAX.into()));
        authorization.scope = scope;
        Ok(authorization)
    }
}

/// Says what is in the request.
#[derive(Clone)]
struct Says {
    is_ready: bool,
}

impl Service<Request<Full<Bytes>>> for Says {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "the service that was ready is the one that is called");
        let one = request.extensions().get::<Authorization>().map(|found| found.client_id.to_string());
        let maybe = request.extensions().get::<Option<Authorization>>().map(Option::is_some);
        ready(Ok(Response::new(Full::new(format!("{one:?} {maybe:?}").into()))))
    }
}

async fn ask(layer: &AuthorizedLayer<Authorization>, target: &str, headers: &[&str]) -> (u16, String, String) {
    let mut request = Request::get(target);
    for header in headers {
        request = request.header("authorization", *header);
    }
    let mut service = layer.layer(Says { is_ready: false });
    poll_fn(|context| service.poll_ready(context)).await.unwrap();
    let answer = service.call(request.body(Full::default()).unwrap()).await.unwrap();
    let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, challenge.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn only_a_token_that_is_enough_gets_past() {
    let layer = authorized::<Read, _>(&ProtectedResource::new(Gate).realm("notes"));
    let (status, _, body) = ask(&layer, "/", &["bearer read"]).await;
    assert_eq!((status, body.as_str()), (200, r#"Some("notes") None"#));
    let cases: [(&[&str], u16, &str, &str); 7] = [
        (&[], 401, r#"Bearer realm="notes", scope="read""#, "unauthorized"),
        (&["Basic bm8="], 401, r#"Bearer realm="notes", scope="read""#, "unauthorized"),
        (&["Bearer bad"], 401, r#"error="invalid_token""#, "invalid_token"),
        (&["Bearer write"], 403, r#"error="insufficient_scope""#, "insufficient_scope"),
        (&["Bearer a b"], 400, r#"error="invalid_request""#, "invalid_request"),
        (&["Bearer read", "Bearer read"], 400, r#"error="invalid_request""#, "invalid_request"),
        (&["Bearer down"], 503, "", "temporarily_unavailable"),
    ];
    for (headers, status, challenge, error) in cases {
        let answer = ask(&layer, "/?access_token=read", headers).await;
        assert_eq!(answer.0, status, "{headers:?}");
        assert!(answer.1.contains(challenge) && answer.2.contains(&format!(r#""error":"{error}""#)), "{answer:?}");
    }
}

#[tokio::test]
async fn maybe_is_none_only_where_nothing_was_sent() {
    let layer = maybe_authorized::<Read, _>(&ProtectedResource::new(Gate));
    assert_eq!(ask(&layer, "/", &[]).await.2, "None Some(false)");
    assert_eq!(ask(&layer, "/", &["Bearer read"]).await.2, "None Some(true)");
    for (token, status) in [("bad", 401), ("odd", 401), ("write", 403), ("", 400), ("down", 503)] {
        assert_eq!(ask(&layer, "/", &[&format!("Bearer {token}")]).await.0, status, "{token}");
    }
}
