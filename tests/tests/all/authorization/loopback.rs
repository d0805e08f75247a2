//! Redirects to a native application on the same machine (RFC 8252 §7.3).

use super::{both_ways, stays};
use oauth_core::client::ClientType;
use oauth_tests::{App, Code, Server, on_every_server};

async fn app(server: &Server) -> App {
    let uris = ["http://127.0.0.1/cb", "http://[::1]:1234/cb?x=1", "http://localhost:8000/cb"];
    server.register(ClientType::Public, |app| app.redirect_uris = uris.map(str::to_owned).to_vec()).await
}

on_every_server! {
    // proves
    async fn r_196_the_port_of_a_loopback_address_is_free(server: &Server) {
        let app = app(server).await;
        let good = [
            "http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb",
            "http://[::1]:1234/cb?x=1", "http://[::1]:9/cb?x=1", "http://[::1]/cb?x=1", "http://localhost:8000/cb",
        ];
        for good in good {
            let ask = app.ask("read").set("redirect_uri", good);
            let answer = server.ada().await.authorize(&ask).await.allow().await;
            let code = answer.parameter("code").unwrap_or_else(|| panic!("{good}: {answer}"));
            assert!(answer.location().unwrap().starts_with(good), "sent to the port that was asked: {answer}");
            let code = Code { code, verifier: ask.verifier.clone(), redirect_uri: good.to_owned() };
            server.redeem(&app, &code).await.expect(200);
        }
    }

    // proves
    async fn vuln_26_only_the_port_is_free(server: &Server) {
        let app = app(server).await;
        let bad = [
            "http://127.0.0.1:51234/cb/", "http://127.0.0.1:51234/CB", "http://127.0.0.1:51234/", "http://127.0.0.1:51234",
            "http://127.0.0.1:51234/cb?x=1", "http://127.0.0.1:51234/cb#x", "http://127.0.0.1:51234/cb;x",
            "http://127.0.0.1.evil.example/cb", "http://127.0.0.1.evil.example:80/cb", "http://127.0.0.1@evil.example/cb",
            "http://127.0.0.1:80@evil.example/cb", "http://evil.example@127.0.0.1/cb", "http://127.0.0.1:x@127.0.0.1/cb",
            "http://127.0.0.1\\@evil.example/cb", "http://127.0.0.1%2eevil.example/cb", "http://127.0.0.1%00.evil.example/cb",
            "http://127.1/cb", "http://127.0.1/cb", "http://0x7f.1/cb", "http://0x7f000001/cb", "http://2130706433/cb",
            "http://0177.0.0.1/cb", "http://127.0.0.01/cb", "http://127.0.0.2/cb", "http://0.0.0.0/cb", "http://127.0.0.1./cb",
            "http://[::ffff:127.0.0.1]/cb?x=1", "http://[0:0:0:0:0:0:0:1]/cb?x=1", "http://[::01]/cb?x=1", "http://[::1%25lo]/cb?x=1",
            "http://[::1]:9/cb", "http://[::1]:9/cb?x=2", "http://[::1]evil.example/cb?x=1", "http://[::1]:9@evil.example/cb?x=1",
            "https://127.0.0.1/cb", "HTTP://127.0.0.1/cb", "http:127.0.0.1/cb", "http:///127.0.0.1/cb", "//127.0.0.1/cb",
            "http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:99999999999999999999/cb",
            "http://127.0.0.1:/cb?", "http://127.0.0.1:-1/cb", "http://127.0.0.1:+80/cb", "http://127.0.0.1: 80/cb",
            "http://127.0.0.1:80:80/cb", "http://127.0.0.1:80.evil.example/cb", "http://127.0.0.1:8\u{660}/cb",
            "http://LOCALHOST:8000/cb", "http://localhost.:8000/cb",
            "http://localhost.evil.example:8000/cb", "http://127.0.0.1:8000/c", "http://localhost:8000/cb/",
        ];
        for bad in bad {
            for answer in both_ways(server, &app.ask("read").set("redirect_uri", bad)).await {
                stays(&answer);
                assert!(answer.error_number() == Some(3002), "{bad}: {answer}");
            }
        }
    }

    // proves: R-029
    async fn r_197_a_code_belongs_to_the_port_it_was_sent_to(server: &Server) {
        let app = app(server).await;
        let code = server.code_for(&app, app.ask("read").set("redirect_uri", "http://127.0.0.1:5001/cb")).await;
        let elsewhere = Code { redirect_uri: "http://127.0.0.1:5002/cb".to_owned(), ..code.clone() };
        server.redeem(&app, &elsewhere).await.expect_error(400, "invalid_grant");
        server.redeem(&app, &code).await.expect(200);
    }
}
