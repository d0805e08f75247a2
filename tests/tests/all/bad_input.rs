//! Whatever is sent to the token, revocation and introspection endpoints: a 4xx with the JSON of
//! RFC 6749 §5.2, never a 5xx, never a token.

use http::StatusCode;
use oauth_tests::{Answer, App, Call, Numbers, Server, on_every_server};
use std::collections::BTreeMap;

const FORM: &str = "application/x-www-form-urlencoded";

/// The three endpoints, each with a form that is right for a client.
fn endpoints(server: &Server) -> [(String, &'static str); 3] {
    let paths = &server.config().paths;
    [
        (paths.token_path(), "grant_type=client_credentials&scope=read"),
        (paths.revocation_path(), "token=nonsense&token_type_hint=access_token"),
        (paths.introspection_path(), "token=nonsense"),
    ]
}

fn send(server: &Server, app: &App, path: &str, body: impl Into<bytes::Bytes>) -> Call {
    server.post(path).basic(&app.id, app.secret()).body(FORM, body)
}

#[track_caller]
fn expect_refused(answer: &Answer, status: u16) {
    assert_eq!((answer.status.as_u16(), answer.member("error").as_str()), (status, "invalid_request"), "{answer}");
    assert!(!answer.member("error_description").is_empty());
    // F-52: also if the adapter refuses it before the endpoint is asked (RFC 6749 §5.1).
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
}

on_every_server! {
    // proves: R-004
    async fn parameters_of_no_meaning_change_nothing(server: &Server) {
        let app = server.confidential().await;
        for (path, body) in endpoints(server) {
            let plain = send(server, &app, &path, body).await.expect(200);
            for more in ["&foo=bar", "&x=1&y=2", "&=", "&&", "&=x", "&audience=evil", "&%00=%00", "&redirect_uri=x", "&foo"] {
                let answer = send(server, &app, &path, format!("{body}{more}")).await.expect(200);
                assert_eq!(answer.json().as_object().unwrap().len(), plain.json().as_object().unwrap().len(), "{more}");
                send(server, &app, &path, format!("{}&{body}", more.trim_start_matches('&'))).await.expect(200);
            }
        }
    }

    // proves: R-003
    async fn empty_parameters_are_as_if_they_were_not_sent(server: &Server) {
        let app = server.confidential().await;
        for (path, body) in endpoints(server) {
            let (name, _) = body.split_once('=').unwrap();
            for empty in [String::new(), format!("{name}="), name.to_owned(), "&&&".to_owned(), "=".to_owned()] {
                expect_refused(&send(server, &app, &path, empty).await, 400);
            }
            for more in ["&scope_=", "&resource=", "&token_type_hint_=", "&client_secret=", "&client_assertion="] {
                send(server, &app, &path, format!("{body}{more}")).await.expect(200);
            }
        }
        let whole = send(server, &app, "/oauth/token", "grant_type=client_credentials&scope=").await.expect(200);
        assert_eq!(whole.member("scope"), "read", "an empty scope is the default");
    }

    // proves: vuln_23
    async fn r_005_repeated_parameters(server: &Server) {
        let app = server.confidential().await;
        for (path, body) in endpoints(server) {
            let (name, value) = body.split('&').next().unwrap().split_once('=').unwrap();
            for second in [value, "other", ""] {
                expect_refused(&send(server, &app, &path, format!("{body}&{name}={second}")).await, 400);
                expect_refused(&send(server, &app, &path, format!("{name}={second}&{body}")).await, 400);
            }
            for known in ["client_id", "client_secret", "code", "code_verifier", "redirect_uri", "refresh_token", "scope_", "foo"] {
                expect_refused(&send(server, &app, &path, format!("{body}&{known}=a&{known}=a")).await, 400);
            }
            // In the address they are no parameters of this request.
            send(server, &app, &format!("{path}?{name}=other&{name}=another"), body).await.expect(200);
        }
    }

    async fn other_kinds_of_body(server: &Server) {
        let app = server.confidential().await;
        for (path, body) in endpoints(server) {
            let json = r#"{"grant_type":"client_credentials","token":"nonsense"}"#;
            let multipart = "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n";
            let kinds = [
                ("application/json", json), ("application/json; charset=utf-8", json), ("text/plain", body),
                ("multipart/form-data; boundary=b", multipart), ("application/xml", "<a/>"), ("", body),
                ("application/x-www-form-urlencodedx", body), ("application/x-www-form-urlencoded, text/plain", body),
                ("nonsense", body), ("application/jwt", "e30.e30.e30"),
            ];
            for (kind, body) in kinds {
                expect_refused(&send(server, &app, &path, body).set_header("content-type", kind).await, 400);
            }
            let without = server.post(&path).basic(&app.id, app.secret()).await;
            expect_refused(&without, 400);
            let twice = send(server, &app, &path, body).header("content-type", FORM).await;
            expect_refused(&twice, 400);
            for kind in [FORM, "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"] {
                send(server, &app, &path, body).set_header("content-type", kind).await.expect(200);
            }
        }
    }

    // proves: vuln_61
    async fn too_much(server: &Server) {
        let app = server.confidential().await;
        for (path, body) in endpoints(server) {
            let own = body.split('&').count();
            let many = |count: usize| (own..count).map(|number| format!("&p{number}=x")).collect::<String>();
            send(server, &app, &path, format!("{body}{}", many(64))).await.expect(200);
            expect_refused(&send(server, &app, &path, format!("{body}{}", many(65))).await, 400);
            expect_refused(&send(server, &app, &path, format!("{body}{}", many(3_000))).await, 400);
            let long = |length: usize| "v".repeat(length);
            send(server, &app, &path, format!("{body}&p={}", long(4_096))).await.expect(200);
            expect_refused(&send(server, &app, &path, format!("{body}&p={}", long(4_097))).await, 400);
            expect_refused(&send(server, &app, &path, format!("{body}&{}=p", long(4_097))).await, 400);
            expect_refused(&send(server, &app, &path, format!("{body}&p={}", "%41".repeat(4_097))).await, 400);
            let fill = |total: usize| format!("{body}&p={}", long(total - body.len() - 3));
            expect_refused(&send(server, &app, &path, fill(64 * 1024)).await, 400);
            expect_refused(&send(server, &app, &path, fill(64 * 1024 + 1)).await, 413);
            expect_refused(&send(server, &app, &path, fill(300_000)).await, 413);
            let chunks = format!("4000\r\n{}\r\n", long(0x4000)).repeat(16);
            let head = format!("POST {path} HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\nContent-Type: {FORM}\r\n");
            let endless = server.raw(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}")).await;
            expect_refused(&endless, 413);
        }
    }

    async fn broken_encodings(server: &Server) {
        let app = server.confidential().await;
        let broken: [&[u8]; 12] = [
            b"%", b"%4", b"%zz", b"%%", b"%ff", b"%c3%28", b"%c0%80", b"%ed%a0%80", b"\xff", b"\xc3\x28", b"%u0041", b"%+41",
        ];
        for (path, body) in endpoints(server) {
            for broken in broken {
                for wrong in [[body.as_bytes(), b"&p=", broken].concat(), [body.as_bytes(), b"&", broken, b"=p"].concat()] {
                    expect_refused(&send(server, &app, &path, wrong).await, 400);
                }
            }
            let fine: [&[u8]; 4] = [b"%C3%A9", b"\xc3\xa9", b"%00", b"%2525"];
            for fine in fine {
                send(server, &app, &path, [body.as_bytes(), b"&p=", fine].concat()).await.expect(200);
            }
        }
    }

    // proves: R-041, R-052
    async fn codes_and_tokens_of_elsewhere(server: &Server) {
        let app = server.confidential().await;
        let elsewhere = Server::start(oauth_tests::Backend::Memory, |_| ()).await;
        let there = elsewhere.confidential().await;
        let (code, tokens) = (elsewhere.approved(&there, there.ask("read")).await, elsewhere.approved_tokens(&there, "read").await);
        server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        server.client_credentials(&there, "read").await.expect_error(401, "invalid_client");
        assert!(!server.is_alive(&tokens.access).await);
        let odd = [
            "\0", "'", "' OR 1=1 --", "null", "undefined", "[]", "{}", "-1", "\u{feff}", "\r\nSet-Cookie: a=b", "../../x",
            "eyJhbGciOiJub25lIn0.e30.", "%", "\u{1f511}", " ", &"A".repeat(4_096),
        ];
        for odd in odd {
            let code = oauth_tests::Code { code: odd.to_owned(), ..code.clone() };
            server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
            server.refresh(&app, odd).await.expect_error(400, "invalid_grant");
            server.revoke(&app, odd).await.expect(200);
            assert_eq!(server.introspect(&app, odd).await.expect(200).text(), r#"{"active":false}"#);
        }
        assert!(elsewhere.is_alive(&tokens.access).await);
        elsewhere.redeem(&there, &code).await.expect(200);
    }
}

/// Makes a body of parts that mean something, and of bytes that do not.
fn body(numbers: &mut Numbers, app: &App) -> Vec<u8> {
    let known = [
        "grant_type=authorization_code&code=abc",
        "grant_type=refresh_token&refresh_token=abc",
        "grant_type=password",
        "grant_type=client_credentials",
        "token=abc",
        "token_type_hint=refresh_token",
        "redirect_uri=https://a.example/",
        "code_verifier=abc",
        "scope=read",
        "scope=%22",
        "resource=https://a.example/",
        "resource=x",
        "username=ada",
        "password=x",
        "=",
        "&",
        "client_assertion=a.b.c&client_secret=%",
        "\0",
    ];
    let mut body = match numbers.below(8) {
        0 => Vec::new(),
        _ => format!("client_id={}&", app.id).into_bytes(),
    };
    for _ in 0..numbers.below(6) {
        match numbers.below(12) {
            0 => body
                .extend((0..numbers.below(12)).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect::<Vec<u8>>()),
            _ => body.extend(numbers.pick(&known).bytes()),
        }
        if numbers.below(12) > 0 {
            body.push(b'&');
        }
    }
    if !body.is_empty() && numbers.below(10) == 0 {
        let at = numbers.below(body.len());
        body[at] ^= 1 << numbers.below(8);
    }
    body
}

on_every_server! {
    config |config| config.insecure_no_throttling = true;

    // proves: vuln_61
    async fn r_041_two_thousand_bodies_of_nonsense(server: &Server) {
        let app = server.public().await;
        let known = server.confidential().await;
        let mut numbers = Numbers::new(0x9E37_79B9_7F4A_7C15);
        let odd_kinds = ["application/json", "multipart/form-data; boundary=b", ""];
        let authorizations = ["Basic", "Basic YTpi", "Bearer abc", "Basic \u{e9}", "Digest a=b"];
        let mut counted = BTreeMap::<String, usize>::new();
        for _ in 0..2_000 {
            let (path, _) = endpoints(server)[numbers.below(3)].clone();
            let named = if numbers.below(4) > 0 { &app } else { &known };
            let body = body(&mut numbers, named);
            let kind = if numbers.below(15) == 0 { numbers.pick(&odd_kinds) } else { FORM };
            let mut call = server.post(&path).body(kind, body.clone());
            if numbers.below(15) == 0 {
                call = call.header("authorization", numbers.pick(&authorizations));
            }
            let answer = call.await;
            let shown = || format!("{path} {:?} {answer}", String::from_utf8_lossy(&body));
            assert_eq!(answer.header("content-type"), Some("application/json"), "{}", shown());
            if answer.status == StatusCode::OK {
                // A public client may revoke, and what it names does not exist.
                assert_eq!((path.as_str(), answer.text().as_str()), ("/oauth/revoke", "{}"), "{}", shown());
                *counted.entry("let in".to_owned()).or_default() += 1;
            } else {
                assert!(matches!(answer.status.as_u16(), 400 | 401), "{}", shown());
                let body = answer.json();
                let members = body.as_object().unwrap();
                assert_eq!(members.len(), 3, "{}", shown());
                for name in ["error", "error_description", "error_uri"] {
                    assert!(members[name].is_string(), "{}", shown());
                }
                *counted.entry(answer.member("error")).or_default() += 1;
            }
        }
        eprintln!("{counted:?}");
        for kind in ["let in", "invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type"] {
            assert!(counted.get(kind).is_some_and(|count| *count > 2), "it got as far as {counted:?}");
        }
        server.client_credentials(&known, "read").await.expect(200);
    }
}
