//! The state parameter comes back as it was sent, or not at all (RFC 6749 §4.1.2, OAuth 2.1 A.5).

use super::{both_ways, stays};
use oauth_tests::{Server, on_every_server};

on_every_server! {
    // proves: R-031
    async fn r_024_state_comes_back_unchanged(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let long = "a+%&=\"~ ".repeat(512);
        let all: String = (0x20_u8..0x7f).map(char::from).collect();
        let states = [
            long.as_str(), &all, "%2B", "+", "&", "a&state=b", "a=b", "%", "%25", "%zz", "\"", "'\"><script>alert(1)</script>",
            " ", " both ends ", "{\"json\": [1]}", "\\", "#fragment", "?query", "a;b", "https://evil.example/?x=1&iss=evil",
        ];
        assert_eq!(long.len(), 4_096);
        for state in states {
            let ask = app.ask("read").set("state", state);
            let allowed = ada.authorize(&ask).await.allow().await;
            let denied = ada.authorize(&ask).await.deny().await.expect_redirected_error("access_denied");
            let [get, post] = both_ways(server, &ask.clone().set("scope", "unknown")).await;
            assert!(allowed.parameter("code").is_some(), "{allowed}");
            for answer in [allowed, denied, get, post] {
                assert_eq!(answer.parameter("state").as_deref(), Some(state), "{answer}");
                assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()), "{answer}");
                let location = answer.location().unwrap();
                assert!(location.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) && !location.contains(['"', '<', '\'']), "{answer}");
            }
        }
    }

    async fn r_024_another_state_is_refused_and_never_altered(server: &Server) {
        let app = server.public().await;
        for state in ["\u{e9}", "a\u{7f}", "a\nb", "a\r\nSet-Cookie: evil=1", "\0", "tab\t", "\u{202e}", "\u{1f600}", "a\u{80}"] {
            for answer in both_ways(server, &app.ask("read").set("state", state)).await {
                let answer = answer.expect_redirected_error("invalid_request");
                assert_eq!(answer.parameter("state"), None, "{answer}");
                assert_eq!(answer.header("set-cookie"), None, "{answer}");
            }
        }
        let too_long = "a".repeat(4_097);
        for answer in both_ways(server, &app.ask("read").set("state", &too_long)).await {
            stays(&answer);
            answer.expect_page(400, 1006);
        }
        server.authorize(&app.ask("read")).await.expect(200);
    }

    // proves: R-003
    async fn r_024_no_state_is_made_up(server: &Server) {
        let app = server.public().await;
        for ask in [app.ask("read").without("state"), app.ask("read").set("state", "")] {
            let answer = server.ada().await.authorize(&ask).await.allow().await;
            assert_eq!((answer.parameter("state"), answer.parameter("code").is_some()), (None, true), "{answer}");
        }
    }
}
