//! Where an answer may be sent at all (RFC 6749 §3.1.2, RFC 9700 §2.1 and §4.1.3).

use super::{both_ways, stays};
use oauth_core::client::ClientType;
use oauth_tests::{App, Server, on_every_server};
use std::time::{Duration, Instant};

const REGISTERED: [&str; 4] = [
    "https://client.example/callback",
    "https://client.example/cb?a=1&b=%20c",
    "com.example.app:/cb",
    "https://xn--bcher-kva.example/cb",
];

/// Each resembles a registered one, and is none.
const BAD: [&str; 82] = [
    "https://client.example/callback/",
    "https://client.example/Callback",
    "https://CLIENT.example/callback",
    "HTTPS://client.example/callback",
    "http://client.example/callback",
    "https://client.example:443/callback",
    "https://client.example:8443/callback",
    "https://client.example:/callback",
    "https://client.example./callback",
    "https://sub.client.example/callback",
    "https://client.example.evil.example/callback",
    "https://evilclient.example/callback",
    "https://evil.example/callback",
    "https://evil.example/https://client.example/callback",
    "https://evil.example?https://client.example/callback",
    "https://evil.example#https://client.example/callback",
    "https://client.example@evil.example/callback",
    "https://client.example:x@evil.example/callback",
    "https://client.example%40evil.example/callback",
    "https://client.example%2f@evil.example/callback",
    "https://client.example\\@evil.example/callback",
    "https://evil.example\\@client.example/callback",
    "https://evil.example\\.client.example/callback",
    "https://user@client.example/callback",
    "https://user:pass@client.example/callback",
    "https://@client.example/callback",
    "https://client.example/callback/../callback",
    "https://client.example/callback/..;/callback",
    "https://client.example/callback/..",
    "https://client.example/./callback",
    "https://client.example/..;/callback",
    "https://client.example/%2e%2e/callback",
    "https://client.example/%2e/callback",
    "https://client.example/callback;a=1",
    "https://client.example/callback;",
    "https://client.example/%63allback",
    "https://client.example/%2563allback",
    "https://client.example/callback%2F",
    "https://client.example/callback%00",
    "https://client.example/callback\0",
    "https://client.example%2Fcallback",
    "https://client.example//callback",
    "https://client.example\\callback",
    "https:\\\\client.example\\callback",
    "https:client.example/callback",
    "https:/client.example/callback",
    "https:///client.example/callback",
    "//client.example/callback",
    "/callback",
    "callback",
    "client.example/callback",
    "https://client.example/callback?",
    "https://client.example/callback?x=1",
    "https://client.example/callback#",
    "https://client.example/callback#x",
    "https://client.example/callback?code=mine",
    "https://client.example/cb",
    "https://client.example/cb?a=1",
    "https://client.example/cb?a=1&b=+c",
    "https://client.example/cb?a=1&b= c",
    "https://client.example/cb?b=%20c&a=1",
    "https://client.example/cb?a=1&b=%20c&c=1",
    "https://client.example/cb?A=1&b=%20c",
    " https://client.example/callback",
    "https://client.example/callback ",
    "https://client.example/callback\t",
    "https://client.example/callback\r\nSet-Cookie: evil=1",
    "https://client.example/call\nback",
    "https://client.example/callback https://evil.example/",
    "https://*/callback",
    "https://*.example/callback",
    "https://b\u{fc}cher.example/cb",
    "https://xn--bcher-kva.example./cb",
    "https://xn--bcher-kvA.example/cb",
    "https://client\u{3002}example/callback",
    "https://cli\u{435}nt.example/callback",
    "https://\u{ff43}lient.example/callback",
    "com.example.app://cb",
    "Com.Example.App:/cb",
    "javascript:alert(1)//https://client.example/callback",
    "data:text/html,<script>alert(1)</script>",
    "https://client.example/callback\"><script>alert(1)</script>",
];

async fn app(server: &Server) -> App {
    let uris = REGISTERED.map(str::to_owned).to_vec();
    server.register(ClientType::Public, |registration| registration.redirect_uris = uris).await
}

on_every_server! {
    // proves, vuln_21, vuln_22, vuln_26, vuln_30, vuln_68
    async fn r_012_no_other_redirect_uri_gets_an_answer(server: &Server) {
        let app = app(server).await;
        let ask = app.ask("read");
        let ada = server.ada().await;
        let first = ask.clone().set("redirect_uri", BAD[0]);
        let refusal = server.authorize(&first).await.expect_page(400, 3002).body;
        // With who is signed in at its head.
        let refusal_of_hers = ada.authorize(&first).await.answer.expect_page(400, 3002).body;
        for bad in BAD {
            let ask = ask.clone().set("redirect_uri", bad);
            let [get, post] = both_ways(server, &ask).await;
            let silent = server.authorize(&ask.clone().set("prompt", "none")).await;
            let signed_in = ada.authorize(&ask.clone().set("prompt", "none")).await.answer;
            let worse = server.authorize(&ask.clone().set("response_type", "token").without_pkce()).await;
            for (answer, refusal) in [
                (get, &refusal), (post, &refusal), (silent, &refusal), (signed_in, &refusal_of_hers), (worse, &refusal),
            ] {
                stays(&answer);
                assert!(answer.body == *refusal, "{bad:?}: the page is always the same, so nothing of it is in there");
                answer.expect_page(400, 3002);
            }
        }
        for good in REGISTERED {
            let ask = ask.clone().set("redirect_uri", good);
            server.authorize(&ask).await.expect(200);
            let answer = ada.authorize(&ask).await.allow().await;
            assert!(answer.location().unwrap().starts_with(good) && answer.parameter("code").is_some(), "{answer}");
        }
    }

    // proves
    async fn vuln_24_no_response_mode_skips_the_check(server: &Server) {
        let app = app(server).await;
        let modes = ["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt", "web_message", "x"];
        for mode in modes {
            for bad in BAD.iter().step_by(5) {
                let ask = app.ask("read").set("redirect_uri", bad).set("response_mode", mode);
                for answer in both_ways(server, &ask).await {
                    stays(&answer);
                    answer.expect_page(400, 3002);
                }
            }
            let ask = app.ask("read").set("redirect_uri", REGISTERED[0]).set("response_mode", mode);
            let answer = server.authorize(&ask).await;
            if mode == "query" {
                answer.expect(200);
            } else {
                answer.expect(302).expect_redirected_error("invalid_request");
            }
        }
    }

    async fn r_012_what_cannot_be_decoded_gets_no_answer(server: &Server) {
        let app = app(server).await;
        let rest = app.ask("read").without("redirect_uri").query();
        let broken = ["https://client.example/callback%", "https://client.example/callback%zz", "%c0%af", "%ff", "https://client.example%u002fcallback"];
        for broken in broken {
            let answer = server.get(&format!("/oauth/authorize?redirect_uri={broken}&{rest}")).await;
            stays(&answer);
            answer.expect_page(400, 1004);
            let body = format!("redirect_uri={broken}&{rest}");
            let answer = server.post("/oauth/authorize").body("application/x-www-form-urlencoded", body).await;
            stays(&answer);
            answer.expect_page(400, 1004);
        }
        let long = format!("https://client.example/callback?{}", "a".repeat(4_096));
        for answer in both_ways(server, &app.ask("read").set("redirect_uri", &long)).await {
            stays(&answer);
            answer.expect_page(400, 1006);
        }
    }

    // proves: R-012
    async fn r_188_an_unknown_client_gets_a_page_of_status_400(server: &Server) {
        let app = app(server).await;
        let ask = app.ask("read");
        let short = &app.id[..app.id.len() - 1];
        let long = "a".repeat(4_096);
        let upper = app.id.to_uppercase();
        for bad in ["nobody", short, &upper, &long, "a b", "\0", "<script>alert(1)</script>", "../client", "' or 1=1 --", "\u{e9}"] {
            for prompt in ["none", "login"] {
                for answer in both_ways(server, &ask.clone().set("client_id", bad).set("prompt", prompt)).await {
                    stays(&answer);
                    assert!(!answer.text().contains("<script>") && !answer.text().contains("or 1=1"), "{answer}");
                    answer.expect_page(400, 2001);
                }
            }
        }
        for answer in both_ways(server, &ask.clone().without("client_id")).await {
            answer.expect_page(400, 1002);
        }
        server.authorize(&ask.set("redirect_uri", REGISTERED[0])).await.expect(200);
    }

    async fn r_011_one_of_several_must_be_named(server: &Server) {
        let several = app(server).await;
        let ask = several.ask("read").without("redirect_uri");
        for ask in [ask.clone(), ask.clone().set("prompt", "none"), ask.set("redirect_uri", "")] {
            for answer in both_ways(server, &ask).await {
                stays(&answer);
                answer.expect_page(400, 3003);
            }
        }
        let one = server.public().await;
        let ask = one.ask("read").without("redirect_uri");
        let answer = server.ada().await.authorize(&ask).await.allow().await;
        assert!(answer.location().unwrap().starts_with("https://client.example/callback?code="), "{answer}");
    }

    async fn vuln_62_long_and_nested_redirect_uris_are_refused_at_once(server: &Server) {
        let app = app(server).await;
        let mut worst = Duration::ZERO;
        for part in ["/", "../", "a.", "@", "%25", ":", "[", "?&=", "#", "\\", "xn--", "https://", ";", "\u{fc}", " "] {
            let bad = format!("https://client.example/callback{}", part.repeat(1_200));
            let bad: String = bad.chars().take(4_000 / part.chars().map(char::len_utf8).max().unwrap()).collect();
            let ask = app.ask("read").set("redirect_uri", &bad);
            let started = Instant::now();
            server.authorize_by_post(&ask).await.expect_page(400, 3002);
            worst = worst.max(started.elapsed());
        }
        assert!(worst < Duration::from_secs(1), "no input costs more than its length: {worst:?}");
    }
}
