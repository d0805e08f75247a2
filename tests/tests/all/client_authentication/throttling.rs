//! Secrets cannot be guessed, and nobody is locked out (RFC 6749 §2.3.1, RFC 6819 §5.1.4.2.3).

use super::{Attempt, ENDPOINTS, Endpoint, expect_let_in, let_in, with_secret};
use oauth_core::event::Event;
use oauth_core::identifier::ClientId;
use oauth_core::store::{ClientStore as _, Created};
use oauth_tests::{Answer, Race, Server, on_every_server};

#[track_caller]
fn expect_throttled(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.member("error").as_str()), (429, "temporarily_unavailable"), "{answer}");
    assert_eq!(answer.header("retry-after"), Some("60"), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
}

/// Tells an answer apart by everything that a client sees, but the date.
fn seen(answer: &Answer) -> String {
    let mut answer = answer.clone();
    answer.headers.remove("date");
    answer.to_string()
}

on_every_server! {
    config |config| config.trusted_proxies = "127.0.0.1".parse().unwrap();

    // proves: R-184
    async fn r_018_ten_wrong_secrets_a_minute_from_an_address(server: &Server) {
        let (app, other) = (server.confidential().await, server.confidential().await);
        let right = Attempt::basic(&app.id, app.secret()).from("203.0.113.1");
        let wrong = Attempt::basic(&app.id, "wrong").from("203.0.113.1");
        for number in 0..10 {
            // Whichever endpoint, whichever way: one count.
            let wrong = if number % 2 == 0 { wrong.clone() } else { Attempt::form(&app.id, "wrong").from("203.0.113.1") };
            wrong.at(server, ENDPOINTS[number % 3]).await.expect_error(401, "invalid_client");
        }
        for endpoint in ENDPOINTS {
            expect_throttled(&wrong.at(server, endpoint).await);
        }
        assert!(server.events().count(|event| matches!(event, Event::Throttled { .. })) >= 3);
        let_in(server, &right).await;
        let_in(server, &Attempt::basic(&other.id, other.secret()).from("203.0.113.1")).await;
        server.advance(59);
        expect_throttled(&wrong.at(server, Endpoint::Token).await);
        server.advance(1);
        wrong.at(server, Endpoint::Token).await.expect(401);
    }

    // proves: R-018
    async fn right_secrets_take_nothing_from_the_count(server: &Server) {
        let app = server.confidential().await;
        for _ in 0..9 {
            Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await.expect(401);
            let_in(server, &Attempt::form(&app.id, app.secret())).await;
        }
        Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await.expect(401);
        expect_throttled(&Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await);
    }

    // proves: R-184
    async fn f_10_wrong_secrets_of_a_stranger_do_not_lock_the_client_out(server: &Server) {
        let app = server.confidential().await;
        let public = server.public().await;
        let mut chosen = server.confidential().await;
        let secret = oauth_core::secret::ClientSecret::new("chosen by me");
        chosen.client.set_secret(&secret, &server.config().passwords).await.unwrap();
        assert!(server.store().update_client(&chosen.client).await.unwrap());
        let from_here = |attempt: Attempt| attempt.from("203.0.113.1");
        for number in 0..12 {
            from_here(Attempt::basic(&app.id, "wrong")).at(server, ENDPOINTS[number % 3]).await;
            from_here(Attempt::form(&public.id, "a secret that it does not have")).at(server, Endpoint::Token).await;
        }
        for number in 0..120 {
            from_here(Attempt::form(&format!("guess-{number}"), "wrong")).at(server, ENDPOINTS[number % 3]).await;
        }
        expect_throttled(&from_here(Attempt::form("another", "wrong")).at(server, Endpoint::Token).await);
        let_in(server, &from_here(Attempt::basic(&app.id, app.secret()))).await;
        let named = server.post("/oauth/token").form([("grant_type", "authorization_code"), ("code", "x"), ("client_id", &public.id)]);
        named.header("x-forwarded-for", "203.0.113.1").await.expect_error(400, "invalid_grant");
        expect_throttled(&from_here(Attempt::form(&chosen.id, secret.expose())).at(server, Endpoint::Token).await);
    }

    // proves: vuln_55
    async fn f_14_an_unknown_client_starts_no_hash(server: &Server) {
        let mut app = server.confidential().await;
        let secret = oauth_core::secret::ClientSecret::new("chosen by me");
        app.client.set_secret(&secret, &server.config().passwords).await.unwrap();
        assert!(server.store().update_client(&app.client).await.unwrap());
        let before = server.config().passwords.jobs();
        for endpoint in ENDPOINTS {
            Attempt::form("of-no-client-at-all---", "wrong").at(server, endpoint).await.expect(401);
        }
        assert_eq!(server.config().passwords.jobs(), before, "strangers cannot fill the queue");
        Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await.expect(401);
        assert_eq!(server.config().passwords.jobs(), before + 1);
    }

    // proves: vuln_55
    async fn r_018_an_unknown_client_is_answered_like_a_wrong_secret(server: &Server) {
        let app = server.confidential().await;
        let known = Attempt::basic(&app.id, "wrong").from("203.0.113.1");
        let unknown = Attempt::basic("of-no-client-at-all---", "wrong").from("203.0.113.1");
        for endpoint in ENDPOINTS {
            assert_eq!(seen(&known.at(server, endpoint).await), seen(&unknown.at(server, endpoint).await));
        }
        for _ in 3..10 {
            unknown.at(server, Endpoint::Token).await.expect(401);
            known.at(server, Endpoint::Token).await.expect(401);
        }
        for endpoint in ENDPOINTS {
            let throttled = unknown.at(server, endpoint).await;
            expect_throttled(&throttled);
            assert_eq!(seen(&throttled), seen(&known.at(server, endpoint).await));
        }
        let_in(server, &Attempt::basic(&app.id, app.secret()).from("203.0.113.2")).await;
    }

    // proves
    async fn a_hundred_failures_a_minute_from_an_address(server: &Server) {
        let app = server.confidential().await;
        for number in 0..100 {
            let guess = Attempt::form(&format!("guess-{number}"), "wrong").from("203.0.113.1");
            guess.at(server, ENDPOINTS[number % 3]).await.expect(401);
        }
        let wrong = Attempt::basic(&app.id, "wrong");
        expect_throttled(&wrong.clone().from("203.0.113.1").at(server, Endpoint::Token).await);
        wrong.from("203.0.113.2").at(server, Endpoint::Token).await.expect(401);
        let_in(server, &Attempt::basic(&app.id, app.secret()).from("203.0.113.1")).await;
    }

    // proves: R-018
    async fn guesses_at_the_same_moment_are_told_no_more(server: &Server) {
        let mut app = server.confidential().await;
        // Comparing with a chosen secret takes its time, so all are under way when the first has failed.
        let secret = oauth_core::secret::ClientSecret::new("chosen by me");
        app.client.set_secret(&secret, &server.config().passwords).await.unwrap();
        assert!(server.put_client(&app.client).await);
        let guess = |number: usize| Attempt::form(&app.id, &format!("guess {number}")).at(server, ENDPOINTS[number % 3]);
        let race = Race::run((0..50).map(guess)).await;
        eprintln!("{} of 50 overlapped", race.overlapped);
        assert_eq!((race.count(401), race.count(429)), (10, 40));
        expect_throttled(&Attempt::form(&app.id, secret.expose()).at(server, Endpoint::Token).await);
    }

    // proves: vuln_56
    async fn r_018_one_count_for_all_spellings_of_an_identifier(server: &Server) {
        let app = server.confidential().await;
        let mut record = app.client.clone();
        record.id = ClientId::new("a+b c").unwrap();
        assert_eq!(server.store().create_client(&record).await.unwrap(), Created::Now);
        for id in ["a+b c", "a%2Bb+c", "a%2bb%20c", "%61%2Bb+c", "a+b c"] {
            Attempt::basic(id, "wrong").at(server, Endpoint::Token).await.expect(401);
            Attempt::form("a+b c", "wrong").at(server, Endpoint::Revocation).await.expect(401);
        }
        for id in ["a+b c", "a%2Bb+c", "a%2bb%20c", "%61%2Bb+c"] {
            expect_throttled(&Attempt::basic(id, "wrong").at(server, Endpoint::Token).await);
        }
        let_in(server, &Attempt::basic("a%2Bb+c", app.secret()).from("203.0.113.2")).await;
    }

    // proves: R-018
    async fn chosen_secrets_are_guarded_too(server: &Server) {
        let mut app = server.confidential().await;
        let secret = oauth_core::secret::ClientSecret::new("chosen by me");
        app.client.set_secret(&secret, &server.config().passwords).await.unwrap();
        assert!(server.put_client(&app.client).await);
        for _ in 0..10 {
            Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await.expect(401);
        }
        expect_throttled(&Attempt::form(&app.id, secret.expose()).at(server, Endpoint::Token).await);
        let elsewhere = Attempt::form(&app.id, secret.expose()).from("203.0.113.2");
        expect_let_in(Endpoint::Token, &elsewhere, elsewhere.at(server, Endpoint::Token).await);
    }
}

on_every_server! {
    // proves
    async fn forwarded_addresses_of_strangers_are_not_believed(server: &Server) {
        let app = server.confidential().await;
        for number in 0..10 {
            let spoofed = Attempt::form(&app.id, "wrong").from(&format!("203.0.113.{number}"));
            let call = spoofed.at(server, Endpoint::Token).header("x-real-ip", format!("198.51.100.{number}"));
            call.header("forwarded", format!("for=198.51.100.{number}")).await.expect(401);
        }
        let wrong = Attempt::form(&app.id, "wrong").from("203.0.113.200");
        expect_throttled(&wrong.at(server, Endpoint::Token).await);
        // Another address is one from which the connection comes.
        wrong.at(server, Endpoint::Token).from("127.0.0.2").await.expect(401);
    }
}

on_every_server! {
    config |config| config.insecure_no_throttling = true;

    // proves: R-018
    async fn throttling_can_be_switched_off(server: &Server) {
        let app = with_secret(server, "a secret that is not asked for here").await;
        for number in 0..110 {
            Attempt::form(&app.id, "wrong").at(server, ENDPOINTS[number % 3]).await.expect(401);
        }
        let_in(server, &Attempt::form(&app.id, app.secret())).await;
    }
}

on_every_server! {
    config |config| (config.failures_per_client, config.failures_per_address) = (2, 3);

    // proves: R-018
    async fn both_limits_can_be_set(server: &Server) {
        let app = server.confidential().await;
        for _ in 0..2 {
            Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await.expect(401);
        }
        expect_throttled(&Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await);
        let other = server.confidential().await;
        Attempt::form(&other.id, "wrong").at(server, Endpoint::Token).await.expect(401);
        expect_throttled(&Attempt::form(&other.id, "wrong").at(server, Endpoint::Token).await);
    }

    // proves: R-018
    async fn an_address_has_one_budget_at_every_door(server: &Server) {
        let app = server.confidential().await;
        for username in ["ada", "grace"] {
            let refused = server.browser().try_to_sign_in(username, "wrong").await;
            assert!(!refused.status.is_redirection(), "{refused}");
        }
        let_in(server, &Attempt::form(&app.id, app.secret())).await;
        Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await.expect(401);
        expect_throttled(&Attempt::form(&app.id, "wrong").at(server, Endpoint::Token).await);
        server.browser().try_to_sign_in("ada", oauth_tests::PASSWORD).await.expect(429);
    }
}
