use super::*;
use proptest::prelude::*;

#[test]
fn r_003_r_005_empty_and_repeated() {
    let parse = |text: &str| Parameters::parse(text.as_bytes());
    assert_eq!(parse("scope=").expect("parsed").get("scope"), None);
    assert_eq!(parse("code=a&code=a"), Err(Rejection::RepeatedParameter("code")));
    assert_eq!(parse("code=a&code="), Err(Rejection::RepeatedParameter("code")));
    assert_eq!(parse("c%6fde=a&code=b"), Err(Rejection::RepeatedParameter("code")));
    let two = parse("resource=https://a&resource=https://b").expect("may be repeated");
    assert_eq!(two.all("resource").collect::<Vec<_>>(), ["https://a", "https://b"]);
}

#[test]
fn broken_encodings_are_refused() {
    for broken in [&b"a=%"[..], b"a=%4", b"a=%zz", b"%=1", b"a=%ff", b"a=\xff", b"a=%c3%28"] {
        assert_eq!(Parameters::parse(broken), Err(Rejection::BrokenEncoding), "{broken:?}");
    }
    let good = Parameters::parse("n=%C3%A9+%2B&m=é".as_bytes()).expect("UTF-8");
    assert_eq!((good.get("n"), good.get("m")), (Some("é +"), Some("é")));
}

#[test]
fn vuln_61_limits_hold() {
    let many = (0..65).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
    assert_eq!(Parameters::parse(many.as_bytes()), Err(Rejection::TooManyParameters));
    let repeated = "a=&".repeat(65);
    assert_eq!(Parameters::parse(repeated.as_bytes()), Err(Rejection::TooManyParameters), "each costs comparisons");
    let long = format!("state={}", "x".repeat(4_097));
    assert_eq!(Parameters::parse(long.as_bytes()), Err(Rejection::ParameterTooLong));
    assert!(Parameters::parse(format!("state={}", "x".repeat(4_096)).as_bytes()).is_ok());
    let separators = "&".repeat(60_000);
    assert_eq!(Parameters::parse(separators.as_bytes()), Ok(Parameters::default()));
}

#[test]
fn debug_shows_no_values() {
    let shown = format!("{:?}", Parameters::parse(b"client_secret=hunter2").expect("parsed"));
    assert!(shown.contains("client_secret") && !shown.contains("hunter2"));
}

proptest! {
    #[test]
    fn vuln_61_no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Parameters::parse(&bytes);
    }

    #[test]
    fn what_is_encoded_comes_back(value in "\\PC{1,60}") {
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("state", &value).finish();
        let parsed = Parameters::parse(body.as_bytes()).expect("well formed");
        prop_assert_eq!(parsed.get("state"), Some(value.as_str()));
        prop_assert_eq!(parsed.canonical_query(), body);
    }
}
