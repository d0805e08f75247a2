//! Who gets past the layers, what the service then sees, and how the others are answered.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use oauth_core::http::BODY_LIMIT;
use oauth_core::identifier::Resource;
use oauth_core::resource::{ResourceMetadata, Transports};
use oauth_test_witness::{Gate, Pass};
use oauth_tower::{
    AuthorizedLayer, ProtectedResource, authorized, authorized_form, maybe_authorized, resource_metadata, scopes,
};
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Future, Ready, poll_fn, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

scopes! { Read = "read"; }

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
        let one = request.extensions().get::<Pass>().map(|found| found.client_id.to_string());
        let maybe = request.extensions().get::<Option<Pass>>().map(Option::is_some);
        ready(Ok(Response::new(Full::new(format!("{one:?} {maybe:?}").into()))))
    }
}

async fn ask(layer: &AuthorizedLayer<Pass>, target: &str, headers: &[&str]) -> (u16, String, String) {
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
    let layer = authorized::<Read, _>(&ProtectedResource::new(Gate::default()).realm("notes"));
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
    let layer = maybe_authorized::<Read, _>(&ProtectedResource::new(Gate::default()));
    assert_eq!(ask(&layer, "/", &[]).await.2, "None Some(false)");
    assert_eq!(ask(&layer, "/", &["Bearer read"]).await.2, "None Some(true)");
    for (token, status) in [("bad", 401), ("odd", 401), ("write", 403), ("", 400), ("down", 503)] {
        assert_eq!(ask(&layer, "/", &[&format!("Bearer {token}")]).await.0, status, "{token}");
    }
}

/// Gives back the body, and how long it says to be.
#[derive(Clone)]
struct Echo;

impl<B: Body<Data: Send, Error: Debug> + Send + 'static> Service<Request<B>> for Echo {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(async move {
            let length = request.headers().get("content-length").map(|value| value.to_str().unwrap().to_owned());
            let body = request.into_body().collect().await.unwrap().to_bytes();
            Ok(Response::new(Full::new(format!("{} {}", length.unwrap(), String::from_utf8_lossy(&body)).into())))
        })
    }
}

#[tokio::test]
async fn r_056_a_form_arrives_without_its_token() {
    let on = ProtectedResource::new(Gate::default()).transports(Transports::header().with_form_body());
    let off = ProtectedResource::new(Gate::default());
    let form = "application/x-www-form-urlencoded";
    let long = format!("access_token=read&text={}", "a".repeat(BODY_LIMIT));
    for (resource, content_type, bearer, body, status, arrives) in [
        (&on, form, None, "access_token=read&text=%C3%A4+b", 200, "13 text=%C3%A4+b"),
        (&on, form, None, "text=a&access%5Ftoken=read", 200, "6 text=a"),
        (&on, form, Some("read"), "text=a", 200, "6 text=a"),
        (&on, form, Some("read"), "text=a&access_token=read", 400, ""),
        (&on, form, None, "access_token=write", 403, ""),
        (&on, form, None, &long, 413, ""),
        (&on, "text/plain", Some("read"), "access_token=read", 200, "17 access_token=read"),
        (&on, "text/plain", Some("read"), &long, 200, "65559 access_token=read"),
        (&on, "text/plain", None, "access_token=read", 401, ""),
        (&off, form, Some("read"), "access_token=write", 200, "18 access_token=write"),
        (&off, form, None, "access_token=read", 401, ""),
    ] {
        let request = Request::post("/").header("content-type", content_type).header("content-length", body.len());
        let request = match bearer {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let request = request.body(Full::<Bytes>::from(body.to_owned())).unwrap();
        let answer = authorized_form::<Read, _>(resource).layer(Echo).call(request).await.unwrap();
        assert_eq!(answer.status(), status, "{body:.50}");
        let arrived = answer.into_body().collect().await.unwrap().to_bytes();
        if status == 200 {
            assert!(arrived.starts_with(arrives.as_bytes()), "{arrived:?}");
        }
    }
}

#[tokio::test]
async fn f_23_a_preflight_of_the_metadata_is_answered() {
    let identifier = Resource::new("https://api.example/notes").unwrap();
    let described = ProtectedResource::new(Gate::default()).metadata(ResourceMetadata::new(identifier).unwrap());
    let mut service = resource_metadata(&described).layer(Says { is_ready: false });
    let request = Request::options("/.well-known/oauth-protected-resource/notes")
        .header("origin", "https://spa.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "mcp-protocol-version")
        .body(Full::default());
    poll_fn(|context| service.poll_ready(context)).await.unwrap();
    let answer = service.call(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.headers()["access-control-allow-headers"], "authorization, content-type, mcp-protocol-version");
}

#[tokio::test]
async fn r_232_the_metadata_stands_before_a_service() {
    let identifier = Resource::new("https://api.example/notes").unwrap();
    let described = ProtectedResource::new(Gate::default()).metadata(ResourceMetadata::new(identifier).unwrap());
    let path = "/.well-known/oauth-protected-resource/notes";
    for (resource, method, path, is_metadata) in [
        (&described, "GET", path, true),
        (&described, "HEAD", path, true),
        (&described, "GET", "https://evil.example/.well-known/oauth-protected-resource/notes?a=b", true),
        (&described, "OPTIONS", path, false),
        (&described, "POST", path, false),
        (&described, "GET", "/.well-known/oauth-protected-resource", false),
        (&described, "GET", "/.well-known/oauth-protected-resource/notes/", false),
        (&ProtectedResource::new(Gate::default()), "GET", path, false),
    ] {
        let mut service = resource_metadata(resource).layer(Says { is_ready: false });
        poll_fn(|context| service.poll_ready(context)).await.unwrap();
        let request = Request::builder().method(method).uri(path).body(Full::default()).unwrap();
        let answer = service.call(request).await.unwrap();
        assert_eq!(answer.headers().contains_key("access-control-allow-origin"), is_metadata, "{method} {path}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.starts_with(br#"{"resource":"https://api.example/notes""#), is_metadata, "{method} {path}");
    }
}
