use super::*;
use crate::client::{ClientType, Registration};
use crate::config::Config;
use proptest::prelude::*;

fn registered(uris: &[&str]) -> Vec<RedirectUri> {
    uris.iter().map(|uri| RedirectUri::register(uri, true).expect("registered")).collect()
}

fn resolves(uris: &[&str], asked: Option<&str>) -> Result<RedirectTarget, Rejection> {
    RedirectTarget::resolve(&registered(uris), ClientType::Public, asked)
}

#[test]
fn r_160_only_the_very_same_text_matches() {
    const REGISTERED: &str = "https://app.example/cb/x?a=1";
    assert!(resolves(&[REGISTERED], Some(REGISTERED)).is_ok());
    for asked in [
        "https://app.example/cb/x",
        "https://app.example/cb/x?a=1&b=2",
        "https://app.example/cb/x?b=2&a=1",
        "https://app.example/cb/x?a=1#",
        "https://app.example/cb/x?a=1#f",
        "https://app.example/cb/x/?a=1",
        "https://app.example/cb/X?a=1",
        "https://app.example/CB/x?a=1",
        "https://APP.example/cb/x?a=1",
        "HTTPS://app.example/cb/x?a=1",
        "http://app.example/cb/x?a=1",
        "https://app.example:443/cb/x?a=1",
        "https://app.example:8443/cb/x?a=1",
        "https://app.example./cb/x?a=1",
        "https://app.example/cb/../cb/x?a=1",
        "https://app.example/cb/./x?a=1",
        "https://app.example/cb/%2e%2e/cb/x?a=1",
        "https://app.example/cb/x%3Fa=1",
        "https://app.example/c%62/x?a=1",
        "https://app.example/cb/x;v=1?a=1",
        "https://app.example/cb/..;/x?a=1",
        "https://app.example//cb/x?a=1",
        "https://app.example\\cb\\x?a=1",
        "https:/app.example/cb/x?a=1",
        "https:app.example/cb/x?a=1",
        "//app.example/cb/x?a=1",
        "/cb/x?a=1",
        "https://user@app.example/cb/x?a=1",
        "https://app.example@evil.example/cb/x?a=1",
        "https://evil.example/https://app.example/cb/x?a=1",
        "https://app.example.evil.example/cb/x?a=1",
        "https://sub.app.example/cb/x?a=1",
        "https://xn--pp-oia.example/cb/x?a=1",
        "https://аpp.example/cb/x?a=1",
        " https://app.example/cb/x?a=1",
        "https://app.example/cb/x?a=1 ",
        "https://app.example/cb/x?a=1\r\nLocation: https://evil.example",
        "https://app.example/cb/x?a=1%0d%0a",
        "https://app.example/cb/x?a=1&",
        "https://app.example/cb/x?a=%31",
        "javascript:alert(1)//https://app.example/cb/x?a=1",
        "*",
        "",
    ] {
        assert_eq!(resolves(&[REGISTERED], Some(asked)), Err(Rejection::RedirectUriNotRegistered), "{asked:?}");
    }
}

#[test]
fn r_196_any_port_of_a_loopback_address() {
    for registered in ["http://127.0.0.1/cb", "http://127.0.0.1:3000/cb"] {
        for asked in ["http://127.0.0.1:51234/cb", "http://127.0.0.1/cb", "http://127.0.0.1:1/cb"] {
            assert!(resolves(&[registered], Some(asked)).is_ok(), "{registered} {asked}");
        }
    }
    assert!(resolves(&["http://[::1]/cb"], Some("http://[::1]:51234/cb")).is_ok());
    let target = resolves(&["http://127.0.0.1/cb"], Some("http://127.0.0.1:51234/cb")).expect("matches");
    assert_eq!(target.as_str(), "http://127.0.0.1:51234/cb", "the answer goes to the port that asked");
}

#[test]
fn r_197_only_the_port_is_free() {
    for asked in [
        "http://127.0.0.1:51234/other",
        "http://127.0.0.1:51234/cb?x=1",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:/cb@evil.example",
        "http://localhost:51234/cb",
        "http://127.1/cb",
        "http://127.0.0.2/cb",
        "http://0x7f.1/cb",
        "http://2130706433/cb",
        "http://[::1]/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "https://127.0.0.1:51234/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80:80/cb",
    ] {
        let answer = resolves(&["http://127.0.0.1:3000/cb"], Some(asked));
        assert_eq!(answer, Err(Rejection::RedirectUriNotRegistered), "{asked}");
    }
}

#[test]
fn r_008_r_161_r_198_what_can_be_registered() {
    use InvalidRedirectUri as No;
    let register = |uri| RedirectUri::register(uri, false);
    for good in [
        "https://app.example/cb",
        "https://app.example",
        "https://app.example/cb?a=1",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:3000/cb",
        "http://[::1]:3000/cb",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
        "com.example.app://oauth/cb",
    ] {
        assert!(register(good).is_ok(), "{good}");
    }
    for (bad, why) in [
        ("/cb", No::NotAbsolute),
        ("", No::NotAbsolute),
        ("https://", No::NotAbsolute),
        ("https:///cb", No::NotAbsolute),
        ("https:app.example/cb", No::NotAbsolute),
        ("https://app.example/c b", No::NotAbsolute),
        ("https://app.example/\"", No::NotAbsolute),
        ("https://app.example\\cb", No::NotAbsolute),
        ("https://äpp.example/cb", No::NotAbsolute),
        ("https://app.example/cb#x", No::Fragment),
        ("https://app.example/cb#", No::Fragment),
        ("https://user@app.example/cb", No::UserInfo),
        ("https://user:pass@app.example/cb", No::UserInfo),
        ("https://@app.example/cb", No::UserInfo),
        ("http://app.example/cb", No::PlainHttp),
        ("http://127.1/cb", No::PlainHttp),
        ("http://0x7f.1/cb", No::PlainHttp),
        ("http://localhost.evil.example/cb", No::PlainHttp),
        ("http://127.0.0.1.evil.example/cb", No::PlainHttp),
        ("http://localhostx/cb", No::PlainHttp),
        ("myapp:/cb", No::SchemeWithoutDot),
        ("javascript:alert(1)", No::DangerousScheme),
        ("JavaScript:alert(1)", No::DangerousScheme),
        ("data:text/html,x", No::DangerousScheme),
        ("vbscript:x", No::DangerousScheme),
        ("file:///etc/passwd", No::DangerousScheme),
    ] {
        assert_eq!(register(bad), Err(why), "{bad}");
    }
    assert!(RedirectUri::register("http://app.example/cb", true).is_ok(), "the option that names the risk");
}

#[test]
fn r_009_its_own_query_is_kept() {
    let answered = |registered: &str| {
        resolves(&[registered], None).map(|target| target.with_query(&[("code", "c d"), ("state", "&=")])).ok()
    };
    assert_eq!(answered("https://a.example/cb").as_deref(), Some("https://a.example/cb?code=c+d&state=%26%3D"));
    assert_eq!(
        answered("https://a.example/cb?x=%20y").as_deref(),
        Some("https://a.example/cb?x=%20y&code=c+d&state=%26%3D")
    );
    assert_eq!(answered("https://a.example/cb?").as_deref(), Some("https://a.example/cb?code=c+d&state=%26%3D"));
    assert_eq!(answered("com.example.app:/cb").as_deref(), Some("com.example.app:/cb?code=c+d&state=%26%3D"));
}

#[test]
fn r_011_none_is_chosen_among_several() {
    let two = ["https://a.example/1", "https://a.example/2"];
    assert_eq!(resolves(&two, None), Err(Rejection::RedirectUriMissing));
    assert_eq!(resolves(&[], Some("https://a.example/1")), Err(Rejection::NoRedirectUriRegistered));
    assert!(resolves(&two, Some("https://a.example/2")).is_ok_and(|target| target.was_sent()));
    assert!(resolves(&two[..1], None).is_ok_and(|target| !target.was_sent()));
}

proptest! {
    // Rows 22, 26, 62 and 68 of known-vulnerabilities.md: no text but the registered one matches, and
    // none takes long or panics.
    #[test]
    fn vuln_22_no_other_text_matches(asked in "\\PC{0,80}") {
        prop_assume!(asked != "https://app.example/cb");
        prop_assert!(resolves(&["https://app.example/cb"], Some(&asked)).is_err());
    }

    #[test]
    fn vuln_62_no_text_panics(text in "(https?|com\\.app)?:?/{0,3}\\PC{0,60}") {
        let _ = RedirectUri::register(&text, false);
        let _ = RedirectUri::register(&text, true);
    }

    #[test]
    fn what_is_registered_matches_itself(path in "[a-z0-9/._~-]{0,40}", query in "[a-z0-9=&]{0,20}") {
        let uri = format!("https://app.example/{path}?{query}");
        prop_assert!(resolves(&[&uri], Some(&uri)).is_ok());
    }
}

#[test]
fn what_a_person_is_shown_cannot_be_chosen_freely() {
    let shown = |uri: &str| {
        let registered = RedirectUri::register(uri, false).unwrap();
        let target = RedirectTarget { uri: uri.to_owned(), sent: true };
        assert_eq!(registered.host(), target.host());
        registered.host().to_owned()
    };
    assert_eq!(shown("https://app.example:8443/cb"), "app.example:8443");
    assert_eq!(shown("HTTPS://app.example/cb"), "app.example");
    assert_eq!(shown("http://[::1]/cb"), "[::1]");
    assert_eq!(shown("com.example.app:/cb"), "com.example.app");
    assert_eq!(shown("com.evil.app://accounts.bank.example/cb"), "com.evil.app");
}

#[test]
fn r_161_the_settings_say_which_schemes_are_taken() {
    let mut config = Config::new("https://id.example").unwrap();
    let registered = |config: &Config, uri: &str| {
        let mut asked = Registration::new("Notes", ClientType::Public);
        asked.redirect_uris = vec![uri.to_owned()];
        asked.register(config).is_ok()
    };
    let all = ["https://app.example/cb", "HTTPS://app.example/cb", "http://127.0.0.1/cb", "com.example.app:/cb"];
    assert_eq!(all.map(|uri| registered(&config, uri)), [true; 4]);
    config.redirect_uri_schemes = Some(["https".to_owned()].into());
    assert_eq!(all.map(|uri| registered(&config, uri)), [true, true, false, false]);
    config.redirect_uri_schemes = Some(["https".to_owned(), "com.example.app".to_owned()].into());
    assert_eq!(all.map(|uri| registered(&config, uri)), [true, true, false, true]);
    assert!(!registered(&config, "http://app.example/cb") && !registered(&config, "javascript:alert(1)"));
    for wrong in ["HTTPS", "https:", "", "javascript", "*", "com.example app"] {
        config.redirect_uri_schemes = Some([wrong.to_owned()].into());
        assert_eq!(config.check().unwrap_err().key, "redirect_uri_schemes", "{wrong}");
    }
}

#[test]
fn f_24_the_port_of_localhost_is_free_for_public_clients() {
    let hosts = ["127.0.0.1", "[::1]", "localhost"];
    for client_type in [ClientType::Public, ClientType::Confidential] {
        for (own, asked) in hosts.iter().flat_map(|one| hosts.iter().map(move |other| (one, other))) {
            for (port, is_one) in [("", true), (":1", true), (":65535", true), (":0", false), (":65536", false)] {
                for own_port in ["", ":3000"] {
                    let uris = registered(&[&format!("http://{own}{own_port}/cb")]);
                    let free = client_type == ClientType::Public || *own != "localhost" || own_port == port;
                    let uri = format!("http://{asked}{port}/cb");
                    let target = RedirectTarget::resolve(&uris, client_type, Some(&uri));
                    let same = own == asked && is_one && free;
                    assert_eq!(target.as_ref().is_ok_and(|target| target.as_str() == uri), same, "{own} {uri}");
                    let elsewhere = format!("http://{asked}{port}/cb/");
                    assert!(RedirectTarget::resolve(&uris, client_type, Some(&elsewhere)).is_err(), "{elsewhere}");
                }
            }
        }
    }
    for crossing in
        ["http://app.localhost:1/cb", "http://localhost.:1/cb", "http://LOCALHOST:1/cb", "https://localhost:1/cb"]
    {
        assert!(resolves(&["http://localhost/cb"], Some(crossing)).is_err(), "{crossing}");
    }
}

#[test]
fn f_29_a_scheme_without_a_dot_is_taken_if_the_settings_name_it() {
    use InvalidRedirectUri as No;
    let named: BTreeSet<String> = ["https".to_owned(), "cursor".to_owned(), "javascript".to_owned()].into();
    let register = |client_type, uri: &str, schemes| RedirectUri::register_for(client_type, uri, true, schemes);
    let uri = "cursor://anysphere.cursor-mcp/oauth/callback";
    assert!(register(ClientType::Public, uri, Some(&named)).is_ok());
    assert_eq!(register(ClientType::Confidential, uri, Some(&named)), Err(No::SchemeForPublicClients));
    assert_eq!(register(ClientType::Public, uri, None), Err(No::SchemeWithoutDot));
    assert_eq!(register(ClientType::Public, "vscode://x", Some(&named)), Err(No::SchemeWithoutDot));
    assert_eq!(register(ClientType::Public, "javascript:alert(1)", Some(&named)), Err(No::DangerousScheme));
    let mut config = Config::new("https://id.example").unwrap();
    config.redirect_uri_schemes = Some(["https".to_owned(), "cursor".to_owned()].into());
    assert_eq!(config.check(), Ok(()));
    let mut asked = Registration::new("Editor", ClientType::Public);
    asked.redirect_uris = vec![uri.to_owned()];
    assert!(asked.register(&config).is_ok());
    for dangerous in NEVER {
        config.redirect_uri_schemes = Some([dangerous.to_owned()].into());
        assert_eq!(config.check().unwrap_err().key, "redirect_uri_schemes", "{dangerous}");
    }
}

#[test]
fn f_39_what_can_never_match_is_not_registered() {
    use InvalidRedirectUri as No;
    let register = |uri| RedirectUri::register(uri, false).map(|_| ());
    for wildcard in [
        "https://*.app.example/cb",
        "https://app.example/*",
        "https://*/cb",
        "https://app.example/cb*?a=1",
        "com.example.app:/*",
    ] {
        assert_eq!(register(wildcard), Err(No::Wildcard), "{wildcard}");
    }
    for broken in
        ["https://app.example/%zz", "https://app.example/%", "https://app.example/cb?a=%4", "com.example.app:/%g0"]
    {
        assert_eq!(register(broken), Err(No::BrokenEncoding), "{broken}");
    }
    for good in [
        "https://app.example/a*b/cb",
        "https://app.example/cb?a=*",
        "https://app.example/%2A",
        "https://app.example/%25",
    ] {
        assert_eq!(register(good), Ok(()), "{good}");
    }
}

#[test]
fn f_41_one_idea_of_this_machine_for_redirect_uris_origins_and_issuers() {
    let hosts = [
        ("127.0.0.1", true),
        ("127.0.0.2", true),
        ("[::1]", true),
        ("localhost", true),
        ("app.localhost", true),
        ("a.b.localhost", true),
        ("127.0.0.1.evil.example", false),
        ("localhost.evil.example", false),
        ("evillocalhost", false),
        ("0.0.0.0", false),
        ("192.168.0.1", false),
        ("[::]", false),
        ("[::ffff:127.0.0.1]", false),
        ("app.example", false),
    ];
    for (host, here) in hosts {
        for port in ["", ":3000"] {
            let origin = format!("http://{host}{port}");
            assert_eq!(RedirectUri::register(&format!("{origin}/cb"), false).is_ok(), here, "redirect URI {origin}");
            assert_eq!(crate::client::Origin::register(&origin).is_ok(), here, "origin {origin}");
            assert_eq!(crate::config::Issuer::new(&origin).is_ok(), here, "issuer {origin}");
            let resource = crate::identifier::Resource::new(origin.as_str()).unwrap();
            assert_eq!(crate::resource::ResourceMetadata::new(resource).is_ok(), here, "resource {origin}");
        }
    }
    // Their ports stay exact.
    assert!(resolves(&["http://app.localhost:3000/cb"], Some("http://app.localhost:3001/cb")).is_err());
    assert!(resolves(&["http://127.0.0.2:3000/cb"], Some("http://127.0.0.2:3001/cb")).is_err());
}
