//! Many requests at the same moment: single use is single, and nothing lives on after a revocation.

use oauth_core::event::Event;
use oauth_tests::{Race, Server, Tokens, on_every_server};
use std::collections::HashSet;

const ROUNDS: usize = 4;

on_every_server! {
    // The loser of a race is a valid replay by the letter of OAuth 2.1 section 7.5.3.
    // proves: vuln_02, vuln_03, vuln_04, vuln_05, vuln_06, vuln_16, R-026, R-027, R-195
    async fn vuln_02_fifty_uses_of_one_code(server: &Server) {
        let app = server.confidential().await;
        for round in 0..ROUNDS {
            let code = server.approved(&app, app.ask("read")).await;
            let race = Race::run((0..50).map(|_| server.redeem(&app, &code))).await;
            eprintln!("round {round}: {} of 50 overlapped", race.overlapped);
            let tokens = Tokens::from(race.expect_one_winner().clone());
            assert!(!server.is_alive(&tokens.access).await, "the losers replayed the code");
            server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        }
        assert_eq!(server.events().count(|event| matches!(event, Event::CodeReused { .. })), ROUNDS);
        server.approved_tokens(&app, "read").await;
    }

    async fn r_195_two_hundred_uses_of_one_code(server: &Server) {
        let app = server.public().await;
        let code = server.code(&app, "read").await;
        let race = Race::run((0..200).map(|_| server.redeem(&app, &code))).await;
        eprintln!("{} of 200 overlapped", race.overlapped);
        race.expect_one_winner();
    }

    // proves: vuln_06, vuln_16
    async fn vuln_01_fifty_uses_of_one_refresh_token(server: &Server) {
        let app = server.public().await;
        for round in 0..ROUNDS {
            let first = server.approved_tokens(&app, "read").await;
            let race = Race::run((0..50).map(|_| server.refresh(&app, &first.refresh))).await;
            eprintln!("round {round}: {} of 50 overlapped", race.overlapped);
            // One rotation; the others asked again within the window and got its answer.
            assert_eq!(race.count(200), 50);
            let given: HashSet<String> = race.answers.iter().map(oauth_tests::Answer::text).collect();
            assert_eq!(given.len(), 1, "one successor");
            let second = Tokens::from(race.answers[0].clone());
            assert!(server.is_alive(&second.access).await);
            server.refresh(&app, &second.refresh).await.expect(200);
        }
    }

    async fn vuln_08_nothing_lives_after_a_revocation_that_raced_a_refresh(server: &Server) {
        let app = server.confidential().await;
        let (mut before, mut overlapped) = (0, 0);
        for round in 0..60 {
            let first = server.approved_tokens(&app, "read").await;
            let refreshes = (0..3).map(|_| server.refresh(&app, &first.refresh));
            let mut calls: Vec<_> = refreshes.collect();
            calls.insert(round % 4, server.revoke(&app, &first.refresh));
            let mut race = Race::run(calls).await;
            overlapped = overlapped.max(race.overlapped);
            race.answers.remove(round % 4).expect(200);
            assert!(!server.is_alive(&first.access).await);
            for answer in race.answers {
                if answer.status == 200 {
                    before += 1;
                    let second = Tokens::from(answer);
                    assert!(!server.is_alive(&second.access).await, "round {round}");
                    server.refresh(&app, &second.refresh).await.expect_error(400, "invalid_grant");
                } else {
                    answer.expect_error(400, "invalid_grant");
                }
            }
        }
        eprintln!("{before} of 180 refreshes came before the revocation, {overlapped} of 4 overlapped");
    }

    async fn vuln_08_nothing_lives_after_a_revocation_that_raced_a_chain_of_refreshes(server: &Server) {
        let app = server.confidential().await;
        for round in 0..20 {
            let first = server.approved_tokens(&app, "read").await;
            let chain = async {
                let mut got = vec![first.clone()];
                loop {
                    let answer = server.refresh(&app, &got[got.len() - 1].refresh).await;
                    if answer.status != 200 {
                        answer.expect_error(400, "invalid_grant");
                        return got;
                    }
                    got.push(answer.into());
                }
            };
            let revocation = async {
                tokio::time::sleep(std::time::Duration::from_millis(round % 7)).await;
                server.revoke(&app, &first.refresh).await.expect(200);
            };
            let (got, ()) = tokio::join!(chain, revocation);
            for tokens in got {
                assert!(!server.is_alive(&tokens.access).await);
            }
        }
    }

    // proves: R-046
    async fn vuln_17_tokens_of_the_same_second_are_distinct(server: &Server) {
        let app = server.confidential().await;
        let mut seen = HashSet::new();
        for _ in 0..4 {
            let race = Race::run((0..100).map(|_| server.client_credentials(&app, "read"))).await;
            assert_eq!(race.count(200), 100);
            for answer in &race.answers {
                let token = answer.member("access_token");
                assert!(token.len() == 43 && seen.insert(token), "{answer}");
            }
        }
        assert_eq!(seen.len(), 400);
        for token in seen.iter().take(20) {
            assert!(server.is_alive(token).await);
        }
    }
}

on_every_server! {
    config |config| config.retry_window = std::time::Duration::ZERO;

    // proves: R-166
    async fn vuln_01_fifty_uses_of_one_refresh_token_without_a_window(server: &Server) {
        let app = server.public().await;
        for round in 0..ROUNDS {
            let first = server.approved_tokens(&app, "read").await;
            let race = Race::run((0..50).map(|_| server.refresh(&app, &first.refresh))).await;
            eprintln!("round {round}: {} of 50 overlapped", race.overlapped);
            let second = Tokens::from(race.expect_one_winner().clone());
            assert!(!server.is_alive(&second.access).await, "the losers reused it");
            server.refresh(&app, &second.refresh).await.expect_error(400, "invalid_grant");
        }
        assert_eq!(server.events().count(|event| matches!(event, Event::RefreshTokenReused { .. })), ROUNDS);
    }
}

// proves: vuln_17
#[test]
fn r_046_a_million_tokens_without_a_repetition() {
    use oauth_core::secret::{AccessToken, AuthorizationCode, ClientSecret, RefreshToken};
    let mut seen = HashSet::with_capacity(1 << 20);
    let mut ones = [0_u32; 43 * 6];
    for number in 0..1_000_000_u32 {
        let text = match number % 4 {
            0 => AccessToken::generate().expose().to_owned(),
            1 => RefreshToken::generate().expose().to_owned(),
            2 => AuthorizationCode::generate().expose().to_owned(),
            _ => ClientSecret::generate().expose().to_owned(),
        };
        assert_eq!(text.len(), 43);
        if number % 100 == 0 {
            count_ones(&text, &mut ones);
        }
        let mut key = [0_u8; 16];
        key.copy_from_slice(&text.as_bytes()[20..36]);
        assert!(seen.insert(key), "96 bits of two tokens are the same");
    }
    // 256 random bits and two that are always zero; six standard deviations of 10,000 tosses are 300.
    let fair = ones.iter().filter(|count| (4_700..=5_300).contains(*count)).count();
    assert_eq!(fair, 256);
}

fn count_ones(text: &str, ones: &mut [u32]) {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (at, character) in text.chars().enumerate() {
        let value = ALPHABET.find(character).expect("base64url");
        for bit in 0..6 {
            ones[at * 6 + bit] += u32::from(value & (32 >> bit) != 0);
        }
    }
}
