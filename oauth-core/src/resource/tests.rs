use super::*;
use crate::clock::Timestamp;
use crate::identifier::{Attributes, ClientId, Resource};
use http::{HeaderMap, Method};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(super) fn authorization(scope: &str) -> Authorization {
    Authorization {
        client_id: ClientId::new("notes").unwrap(),
        subject: None,
        scope: scope.parse().unwrap(),
        audience: Vec::new(),
        expires_at: Timestamp::from_unix_seconds(2_000),
        auth_time: None,
        acr: None,
        attributes: Attributes::new(),
    }
}

/// Runs what never waits: there is no runtime with the feature `resource` alone.
pub(super) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

struct Answers(Result<&'static str, Refusal>);

impl ResourceProvider for Answers {
    type Authorization = Authorization;

    async fn validate_access_token(&self, _: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        self.0.map(authorization)
    }
}

fn ask(provider: &impl ResourceProvider<Authorization = Authorization>) -> Result<String, Refusal> {
    let token = PresentedToken::new("token").unwrap();
    now_or_never(provider.validate_access_token(&token)).map(|found| found.scope.to_string())
}

const INSUFFICIENT: Result<(), Refusal> = Err(Refusal::InsufficientScope);

#[test]
fn r_060_all_of_wants_every_scope() {
    let required = Requirement::all_of(&["read", "write"]);
    assert_eq!(required.check(&Method::GET, &authorization("write extra read")), Ok(()));
    assert_eq!(required.check(&Method::GET, &authorization("read")), INSUFFICIENT);
    assert!(required.named(&Method::GET).eq(["read", "write"]));
    assert_eq!(Requirement::all_of(&[]).check(&Method::GET, &authorization("")), Ok(()));
}

#[test]
fn r_060_any_of_wants_one_and_never_none() {
    let required = Requirement::any_of(&["read", "admin"]);
    assert_eq!(required.check(&Method::GET, &authorization("read")), Ok(()));
    assert_eq!(required.check(&Method::GET, &authorization("admin")), Ok(()));
    assert_eq!(required.check(&Method::GET, &authorization("write")), INSUFFICIENT);
    assert_eq!(required.check(&Method::GET, &authorization("")), INSUFFICIENT);
    assert_eq!(Requirement::any_of(&[]).check(&Method::GET, &authorization("read")), INSUFFICIENT);
    assert!(required.named(&Method::GET).eq(["read"]), "a client asks for all that a challenge names");
    assert!(Requirement::any_of(&[]).named(&Method::GET).next().is_none());
}

#[test]
fn r_060_by_method_tells_reading_from_writing() {
    let required = Requirement::by_method(&["read"], &["write"]);
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert_eq!(required.check(&method, &authorization("read")), Ok(()), "{method}");
        assert_eq!(required.check(&method, &authorization("write")), INSUFFICIENT, "{method}");
        assert!(required.named(&method).eq(["read"]));
    }
    let unknown = Method::from_bytes(b"get").unwrap();
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE, unknown] {
        assert_eq!(required.check(&method, &authorization("read")), INSUFFICIENT, "{method}");
        assert_eq!(required.check(&method, &authorization("write")), Ok(()), "{method}");
        assert!(required.named(&method).eq(["write"]));
    }
}

#[test]
fn r_060_names_with_resource_and_action_compare_whole() {
    let required = Requirement::all_of(&["notes:read"]);
    assert_eq!(required.check(&Method::GET, &authorization("notes:read")), Ok(()));
    for scope in ["notes", "notes:*", "notes:read:all", "NOTES:READ"] {
        assert_eq!(required.check(&Method::GET, &authorization(scope)), INSUFFICIENT, "{scope}");
    }
}

#[test]
fn composed_asks_the_second_about_unknown_tokens_only() {
    let unknown = || Answers(Err(Refusal::InvalidToken));
    assert_eq!(ask(&unknown().or(Answers(Ok("second")))), Ok("second".to_owned()));
    assert_eq!(ask(&Answers(Ok("first")).or(Answers(Ok("second")))), Ok("first".to_owned()));
    assert_eq!(ask(&unknown().or(unknown())), Err(Refusal::InvalidToken));
    let decided = Answers(Err(Refusal::InsufficientScope)).or(Answers(Ok("second")));
    assert_eq!(ask(&decided), Err(Refusal::InsufficientScope), "who knows the token decides");
}

#[test]
fn composed_never_calls_a_token_bad_that_could_not_be_checked() {
    let unknown = || Answers(Err(Refusal::InvalidToken));
    let down = || Answers(Err(Refusal::Unavailable));
    assert_eq!(ask(&down().or(unknown())), Err(Refusal::Unavailable));
    assert_eq!(ask(&unknown().or(down())), Err(Refusal::Unavailable));
    assert_eq!(ask(&down().or(down())), Err(Refusal::Unavailable));
    assert_eq!(ask(&down().or(unknown()).or(unknown())), Err(Refusal::Unavailable), "three in turn");
}

#[test]
fn f_19_a_token_is_handed_on_in_an_outage_only_if_that_was_chosen() {
    let down = || Answers(Err(Refusal::Unavailable));
    let second = || Answers(Ok("second"));
    assert_eq!(ask(&down().or(second())), Err(Refusal::Unavailable));
    assert_eq!(ask(&down().or(second()).or(second())), Err(Refusal::Unavailable));
    assert_eq!(ask(&down().or(second()).although_unavailable()), Ok("second".to_owned()));
    let unknown = Answers(Err(Refusal::InvalidToken));
    assert_eq!(ask(&down().or(unknown).although_unavailable()), Err(Refusal::Unavailable), "it may be good");
}

#[test]
fn map_changes_authorizations_and_leaves_refusals() {
    let provider = |answer| {
        Answers(answer).map(|mut found| {
            found.scope = "changed".parse().unwrap();
            found
        })
    };
    assert_eq!(ask(&provider(Ok("first"))), Ok("changed".to_owned()));
    assert_eq!(ask(&provider(Err(Refusal::Unavailable))), Err(Refusal::Unavailable));
}

fn metadata(resource: &str) -> Result<ResourceMetadata, InvalidMetadata> {
    ResourceMetadata::new(Resource::new(resource).unwrap())
}

#[test]
fn r_232_the_well_known_path_stands_between_host_and_path() {
    for (resource, origin, path) in [
        ("https://api.example", "https://api.example", ""),
        ("https://api.example/", "https://api.example", ""),
        ("https://api.example/v1/notes", "https://api.example", "/v1/notes"),
        ("https://api.example/v1/", "https://api.example", "/v1/"),
        ("https://api.example:8443/v1", "https://api.example:8443", "/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ""),
        ("http://[::1]:8000/api", "http://[::1]:8000", "/api"),
    ] {
        let metadata = metadata(resource).unwrap();
        assert_eq!(metadata.path(), format!("/.well-known/oauth-protected-resource{path}"), "{resource}");
        assert_eq!(metadata.url(), format!("{origin}{}", metadata.path()), "{resource}");
        let document: serde_json::Value = serde_json::from_slice(metadata.response().body()).unwrap();
        assert_eq!(document["resource"], resource, "byte for byte as configured");
    }
}

#[test]
fn r_232_only_https_urls_are_resources_and_issuers() {
    for wrong in [
        "http://api.example",
        "http://localhost.example",
        "ftp://api.example",
        "urn:notes",
        "https:///notes",
        "https://api.example/notes?tenant=1",
        "https://api.example?tenant=1",
        "https://me@api.example",
        "https://api.example/%22\u{7f}",
    ] {
        let refused = Resource::new(wrong).map(|resource| ResourceMetadata::new(resource).is_err()).unwrap_or(true);
        assert!(refused, "{wrong}");
        assert!(metadata("https://api.example").unwrap().authorization_server(wrong).is_err(), "{wrong}");
    }
    assert!(metadata("https://api.example").unwrap().authorization_server("https://id.example/#here").is_err());
    assert!(metadata("https://api.example").unwrap().documentation("javascript:alert(1)").is_err());
}

#[test]
fn r_232_the_document_has_what_was_set_and_no_empty_members() {
    let whole = metadata("https://api.example").unwrap().authorization_server("https://id.example").unwrap();
    let whole = whole.authorization_server("https://partner.example/tenant").unwrap().scopes(["read", "write"]);
    let whole = whole.name("Notes").documentation("https://docs.example").unwrap();
    let whole = whole.policy("https://example.com/p").unwrap().terms_of_service("https://example.com/t").unwrap();
    let answer = whole.response();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let document: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(
        document,
        serde_json::json!({
            "resource": "https://api.example",
            "authorization_servers": ["https://id.example", "https://partner.example/tenant"],
            "scopes_supported": ["read", "write"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Notes",
            "resource_documentation": "https://docs.example",
            "resource_policy_uri": "https://example.com/p",
            "resource_tos_uri": "https://example.com/t",
        })
    );
    let bare: serde_json::Value =
        serde_json::from_slice(metadata("https://api.example").unwrap().response().body()).unwrap();
    let expected = serde_json::json!({"resource": "https://api.example", "bearer_methods_supported": ["header"]});
    assert_eq!(bare, expected);
}

#[test]
fn r_232_every_challenge_points_to_the_metadata() {
    let url = metadata("https://api.example/notes").unwrap().url();
    let mut challenge = Challenge { realm: "notes", scope: &["read"], ..Challenge::default() };
    challenge.resource_metadata = Some(&url);
    let member = format!(r#"resource_metadata="{url}""#);
    for refusal in [Refusal::NoToken, Refusal::InvalidRequest, Refusal::InvalidToken, Refusal::InsufficientScope] {
        let answer = refusal.answer(&challenge);
        let written = answer.headers()["www-authenticate"].to_str().unwrap();
        assert_eq!(written.matches(&member).count(), 1, "{written}");
        let plain = refusal.answer(&Challenge { resource_metadata: None, ..challenge.clone() });
        assert!(!plain.headers()["www-authenticate"].to_str().unwrap().contains("resource_metadata"));
    }
    assert!(Refusal::Unavailable.answer(&challenge).headers().get("www-authenticate").is_none());
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Finds the token of a POST with these headers, this query and this body.
fn find(transports: Transports, headers: &[(&str, &str)], query: &str, body: &[u8]) -> Result<Option<String>, Refusal> {
    find_by(&Method::POST, transports, headers, query, body)
}

fn find_by(
    method: &Method,
    transports: Transports,
    headers: &[(&str, &str)],
    query: &str,
    body: &[u8],
) -> Result<Option<String>, Refusal> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    let found = transports.find(&ResourceRequest::new(method, &map).query(Some(query)).body(body))?;
    Ok(found.map(|token| token.presented().expose().to_owned()))
}

const HEADER: (&str, &str) = ("authorization", "Bearer header");
const IS_FORM: (&str, &str) = ("content-type", FORM);
const ALL: Transports = Transports::header().with_form_body().with_insecure_query();

#[test]
fn r_062_bytes_behind_the_name_of_another_scheme_are_its_own() {
    let find = |value: &'static [u8]| {
        let request = ResourceRequest::of_fields(&Method::GET, [value], []);
        Transports::header().find(&request).map(|found| found.is_some())
    };
    assert_eq!(find(b"Basic \xff\xfe"), Ok(false));
    assert_eq!(find(b"\xff Bearer token"), Ok(false));
    assert_eq!(find(b"Bearerish token"), Ok(false));
    assert_eq!(find(b"Bear"), Ok(false));
    assert_eq!(find(b"bEARER  token "), Ok(true));
    for wrong in [&b"Bearer \xff"[..], b"Bearer token\xff", b"Bearer", b"Bearer ", b"Bearer a,b", b"Bearer a, Bearer b"]
    {
        assert_eq!(find(wrong), Err(Refusal::InvalidRequest), "{wrong:?}");
    }
}

#[test]
fn r_055_two_transports_that_are_on_are_refused() {
    let body = b"access_token=body";
    let refused = Err(Refusal::InvalidRequest);
    assert_eq!(find(Transports::header().with_form_body(), &[HEADER, IS_FORM], "", body), refused);
    assert_eq!(find(Transports::header().with_insecure_query(), &[HEADER], "access_token=query", b""), refused);
    assert_eq!(find(ALL, &[IS_FORM], "access_token=query", body), refused);
    assert_eq!(find(ALL, &[HEADER, IS_FORM], "", b"access_token=header"), refused, "the same twice too");
    assert_eq!(find(ALL, &[IS_FORM], "", b"access_token=a&access_token=b"), refused);
    assert_eq!(find(ALL, &[IS_FORM], "", b"access_token=a&access%5Ftoken=b"), refused);
    assert_eq!(find(ALL, &[], "access_token=a&x=1&access_token=b", b""), refused);
}

#[test]
fn r_055_what_is_off_is_as_if_it_were_not_there() {
    let off = Transports::header();
    assert_eq!(find(off, &[HEADER, IS_FORM], "access_token=q", b"access_token=b"), Ok(Some("header".to_owned())));
    assert_eq!(find(off, &[IS_FORM], "", b"access_token=b&access_token=c"), Ok(None));
    let form = off.with_form_body();
    assert_eq!(find(form, &[IS_FORM], "access_token=q", b"access_token=b"), Ok(Some("b".to_owned())));
    let query = off.with_insecure_query();
    assert_eq!(find(query, &[IS_FORM], "access_token=q", b"access_token=b"), Ok(Some("q".to_owned())));
}

#[test]
fn r_056_a_form_body_counts_only_as_the_clause_says() {
    let on = Transports::header().with_form_body();
    let body = b"text=1&access_token=a%2Bb%3D";
    let good = Ok(Some("a+b=".to_owned()));
    assert_eq!(find(on, &[IS_FORM], "", body), good);
    assert_eq!(find(on, &[("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")], "", body), good);
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE, Method::TRACE] {
        assert_eq!(find_by(&method, on, &[IS_FORM], "", body), Ok(None), "{method}");
    }
    for kind in
        ["application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencodedx"]
    {
        assert_eq!(find(on, &[("content-type", kind)], "", body), Ok(None), "{kind}");
    }
    assert_eq!(find(on, &[], "", body), Ok(None));
    assert_eq!(find(on, &[IS_FORM, ("content-type", "text/plain")], "", body), Ok(None));
    assert_eq!(find(on, &[IS_FORM], "", "text=ü&access_token=a".as_bytes()), Ok(None));
    assert_eq!(find(on, &[IS_FORM], "", b"text=\xff&access_token=a"), Ok(None));
}

#[test]
fn r_057_a_token_in_the_query_counts_only_with_the_insecure_setting() {
    for transports in [Transports::header(), Transports::header().with_form_body()] {
        assert_eq!(find(transports, &[], "access_token=query", b""), Ok(None));
        assert_eq!(find(transports, &[HEADER], "access_token=query", b""), Ok(Some("header".to_owned())));
    }
    let found = find_by(&Method::GET, Transports::header().with_insecure_query(), &[], "x=1&access_token=query", b"");
    assert_eq!(found, Ok(Some("query".to_owned())));
}

#[test]
fn r_062_what_is_no_token_is_refused_wherever_it_stands() {
    for wrong in ["", "two+tokens", "a%20b", "a%", "a%zz", "a%c3%bc", "a%00", "a,b", "=a", "%25", "a%+1"] {
        let pair = format!("access_token={wrong}");
        assert_eq!(find(ALL, &[IS_FORM], "", pair.as_bytes()), Err(Refusal::InvalidRequest), "{wrong}");
        assert_eq!(find(ALL, &[], &pair, b""), Err(Refusal::InvalidRequest), "{wrong}");
    }
    assert_eq!(find(ALL, &[("authorization", "Bearer two tokens")], "", b""), Err(Refusal::InvalidRequest));
    assert_eq!(
        find(ALL, &[IS_FORM], "", format!("access_token={}", "a".repeat(1 << 20)).as_bytes()),
        Err(Refusal::InvalidRequest)
    );
}

#[test]
fn a_found_token_does_not_show_itself() {
    let headers = HeaderMap::new();
    let request = ResourceRequest::new(&Method::GET, &headers).query(Some("access_token=hidden"));
    let found = ALL.find(&request).unwrap().unwrap();
    assert!(!format!("{found:?} {request:?}").contains("hidden"));
    let described = metadata("https://api.example").unwrap().transports(ALL).response();
    assert!(String::from_utf8_lossy(described.body()).contains(r#"["header","body","query"]"#));
}

const AGAIN: Result<(), Refusal> = Err(Refusal::InsufficientUserAuthentication);

#[test]
fn step_up_max_age_counts_from_the_sign_in() {
    let now = Timestamp::from_unix_seconds(1_000);
    let required = StepUp::new().max_age(300);
    let mut found = authorization("pay");
    assert_eq!(required.check(&found, now), AGAIN, "not known is not recent");
    for (signed_in, answer) in [(700, Ok(())), (699, AGAIN), (1_000, Ok(()))] {
        found.auth_time = Some(Timestamp::from_unix_seconds(signed_in));
        assert_eq!(required.check(&found, now), answer, "{signed_in}");
    }
    assert_eq!(StepUp::new().max_age(0).check(&found, now), Ok(()), "this very second");
    assert_eq!(StepUp::new().max_age(0).check(&found, Timestamp::from_unix_seconds(1_001)), AGAIN);
}

#[test]
fn step_up_takes_no_sign_in_of_the_future_for_a_recent_one() {
    let now = Timestamp::from_unix_seconds(1_000);
    let mut found = authorization("pay");
    for (signed_in, answer) in [(1_060, Ok(())), (1_061, AGAIN), (1_000_000, AGAIN), (i64::MAX, AGAIN)] {
        found.auth_time = Some(Timestamp::from_unix_seconds(signed_in));
        assert_eq!(StepUp::new().max_age(300).check(&found, now), answer, "{signed_in}");
    }
}

#[test]
fn step_up_acr_is_one_of_those_named() {
    let now = Timestamp::from_unix_seconds(1_000);
    let required = StepUp::new().acr_values(&["mfa", "hardware"]);
    let mut found = authorization("pay");
    assert_eq!(required.check(&found, now), AGAIN, "not known is not strong");
    for (acr, answer) in [("mfa", Ok(())), ("hardware", Ok(())), ("password", AGAIN), ("MFA", AGAIN), ("", AGAIN)] {
        found.acr = Some(acr.to_owned());
        assert_eq!(required.check(&found, now), answer, "{acr}");
    }
    found.acr = Some("mfa".to_owned());
    assert_eq!(required.max_age(10).check(&found, now), AGAIN, "both where both are required");
    assert_eq!(StepUp::new().check(&authorization("pay"), now), Ok(()));
}

#[test]
fn step_up_challenges_say_what_is_required() {
    let step_up = StepUp::new().max_age(300).acr_values(&["mfa", "hardware"]);
    let challenge = Challenge { realm: "notes", scope: &["pay"], step_up: Some(&step_up), ..Challenge::default() };
    let answer = Refusal::InsufficientUserAuthentication.answer(&challenge);
    assert_eq!(answer.status(), 401);
    let written = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(written.contains(r#"error="insufficient_user_authentication""#), "{written}");
    assert!(written.contains(r#"acr_values="mfa hardware", max_age="300""#), "{written}");
    let other = Refusal::InvalidToken.answer(&challenge);
    assert!(!other.headers()["www-authenticate"].to_str().unwrap().contains("max_age"));
}
