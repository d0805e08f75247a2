//! Who decides: the person who is signed in, on the page they were shown (RFC 6749 §3.1, §10.12).

use super::stays;
use oauth_core::client::ClientType;
use oauth_core::event::Event;
use oauth_tests::{ADA, Form, Server, on_every_server, text_of};

fn approved(server: &Server) -> usize {
    server.events().count(|event| matches!(event, Event::Approved { .. }))
}

on_every_server! {
    async fn r_001_nobody_is_acted_for_unless_signed_in(server: &Server) {
        let app = server.public().await;
        let ask = app.ask("read");
        let fresh = server.browser();
        Form::with(&fresh.authorize(&ask).await.answer.expect(200).text(), "sign-in");
        fresh.authorize(&ask.clone().set("prompt", "none")).await.answer.expect_redirected_error("login_required");
        let ada = server.browser();
        ada.sign_in(ADA).await;
        let (name, session) = ada.session().unwrap();
        let flipped = format!("{}{}", &session[1..], &session[..1]);
        for wrong in [&session[..42], &flipped, "", "x", &"A".repeat(43), &format!("{session}\"; {name}={session}")] {
            fresh.set_cookie(&name, wrong);
            Form::with(&fresh.authorize(&ask).await.answer.expect(200).text(), "sign-in");
        }
        ada.authorize(&ask).await.form();
        server.advance(12 * 60 * 60);
        Form::with(&ada.authorize(&ask).await.answer.expect(200).text(), "sign-in");
        assert_eq!(approved(server), 0);
    }

    // proves: vuln_29
    async fn r_050_the_second_visit_asks_again(server: &Server) {
        for app in [server.public().await, server.confidential().await] {
            let ada = server.ada().await;
            for _ in 0..2 {
                let answer = ada.authorize(&app.ask("read")).await.allow().await;
                assert!(answer.parameter("code").is_some(), "{answer}");
            }
            let silent = app.ask("read").set("prompt", "none");
            ada.authorize(&silent).await.answer.expect_redirected_error("consent_required");
        }
    }

    // proves: vuln_27
    async fn r_047_a_consent_from_elsewhere_counts_for_nothing(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        server.account("eve").await;
        let eve = server.browser();
        eve.sign_in("eve").await;
        let ask = app.ask("read");
        let mine = ada.authorize(&ask).await.form().press("allow");
        let hers = eve.authorize(&ask).await.form().press("allow");
        let csrf = |form: &Form| form.fields.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
        let proof = |form: &Form| form.fields.iter().find(|(name, _)| name == "proof").unwrap().1.clone();
        let mut without = mine.clone();
        without.fields.retain(|(name, _)| name != "csrf");
        let mut unproved = mine.clone();
        unproved.fields.retain(|(name, _)| name != "proof");
        for forged in [without, unproved, hers.clone(), mine.clone().forge("csrf", ""), mine.clone().forge("csrf", &csrf(&hers)), mine.clone().forge("proof", &proof(&hers))] {
            ada.post(&forged).await.expect_page(403, 6001);
        }
        // A site that has no cookie of ours, and one that has only hers.
        server.browser().post(&mine).await.expect_page(403, 6001);
        eve.post(&mine).await.expect_page(403, 6001);
        server.get(&format!("/oauth/consent?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(&mine.fields).finish())).await.expect(405);
        ada.authorize(&ask).await.form();
        assert_eq!(approved(server), 0);
        assert!(ada.submit(&mine).await.parameter("code").is_some());
    }

    async fn vuln_33_a_flow_ends_in_the_browser_that_consented(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let form = ada.authorize(&app.ask("read")).await.form().press("allow");
        let target = ada.post(&form).await.expect(303).location().unwrap().to_owned();
        server.account("ben").await;
        let ben = server.browser();
        ben.sign_in("ben").await;
        Form::with(&ben.open(&target).await.expect(200).text(), "allow");
        let second = server.browser();
        second.sign_in(ADA).await;
        Form::with(&second.open(&target).await.expect(200).text(), "allow");
        assert!(ada.open(&target).await.parameter("code").is_some());
        Form::with(&ada.open(&target).await.expect(200).text(), "allow");
    }

    async fn a_decision_counts_for_its_own_request_only_and_not_for_long(server: &Server) {
        let app = server.public().await;
        let ada = server.ada().await;
        let ask = app.ask("read");
        let form = ada.authorize(&ask).await.form().press("allow");
        let target = ada.post(&form).await.expect(303).location().unwrap().to_owned();
        for other in [target.replace("the+state", "another"), format!("{target}&nonce=x"), target.replace("scope=read", "scope=read+write")] {
            assert_ne!(other, target);
            Form::with(&ada.open(&other).await.expect(200).text(), "allow");
        }
        server.advance(61);
        Form::with(&ada.open(&target).await.expect(200).text(), "allow");
        assert_eq!(approved(server), 0);
    }

    async fn f_20_a_foreign_cookie_signs_nobody_out(server: &Server) {
        let app = server.public().await;
        let ada = server.browser();
        for foreign in ["AA", "utm_campaign"] {
            ada.set_cookie(foreign, "Undersøgelse");
        }
        ada.sign_in(ADA).await;
        ada.open("/oauth/applications").await.expect(200);
        assert!(ada.authorize(&app.ask("read")).await.allow().await.parameter("code").is_some());
    }

    async fn vuln_34_two_people_in_one_browser_are_two_people(server: &Server) {
        let app = server.public().await;
        server.account("ben").await;
        let browser = server.browser();
        browser.sign_in(ADA).await;
        let hers = browser.authorize(&app.ask("read")).await.form().press("allow");
        let (name, session) = browser.session().unwrap();
        let leave = Form::with(&browser.open("/oauth/").await.text(), "sign-out");
        browser.submit(&leave).await;
        browser.sign_in("ben").await;
        let answer = browser.post(&hers).await.expect(303);
        assert!(answer.location().unwrap().starts_with("/oauth/authorize?"), "asked anew: {answer}");
        let ask = app.ask("read");
        let answer = browser.authorize(&ask).await.allow().await;
        let code = oauth_tests::Code { code: answer.parameter("code").unwrap(), verifier: ask.verifier.clone(), redirect_uri: app.redirect_uri.clone() };
        let token = server.redeem(&app, &code).await.expect(200).member("access_token");
        let said = server.get("/api/profile").bearer(&token).await.json();
        assert_eq!(said["subject"], "subject-ben");
        browser.set_cookie(&name, &session);
        Form::with(&browser.authorize(&app.ask("read")).await.answer.text(), "sign-in");
    }

    async fn vuln_35_a_planted_session_never_becomes_a_signed_in_one(server: &Server) {
        let victim = server.browser();
        let attacker = server.browser();
        let (name, _) = server.ada().await.session().unwrap();
        for planted in ["A".repeat(43), {
            server.account("eve").await;
            attacker.sign_in("eve").await;
            attacker.session().unwrap().1
        }] {
            victim.set_cookie(&name, "none");
            victim.open("/oauth/sign-in").await.expect(200);
            let page = victim.open("/oauth/sign-in").await;
            let form = Form::with(&page.text(), "sign-in").fill("username", ADA).fill("password", oauth_tests::PASSWORD);
            victim.set_cookie(&name, &planted);
            victim.post(&form).await.expect(303);
            let after = victim.session().unwrap().1;
            assert_ne!(after, planted);
            let thief = server.browser();
            thief.set_cookie(&name, &planted);
            stays(&thief.open("/oauth/sign-in").await.expect(200));
        }
        let again = server.browser();
        again.sign_in(ADA).await;
        assert_ne!(again.session(), victim.session());
    }

    async fn r_185_people_see_what_they_allowed_and_end_it(server: &Server) {
        let app = server.public().await;
        let tokens = server.tokens(&app, "read").await;
        let other = server.confidential().await;
        let kept = server.tokens(&other, "read").await;
        let ada = server.ada().await;
        let page = ada.open("/oauth/connected").await.expect(200);
        assert!(page.text().contains("An app"));
        let revoke = Form::with(&page.text(), &format!("revoke-{}", app.id));
        let token = revoke.fields.iter().find(|(name, _)| name == "csrf").expect("it carries a token").1.clone();
        for forged in ["x", &token[..token.len() - 1], &format!("{token}x")] {
            ada.post(&revoke.clone().forge("csrf", forged)).await.expect_page(403, 6001);
        }
        assert!(server.is_alive(&tokens.access).await);
        ada.submit(&revoke).await.expect(200);
        assert!(!server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        assert!(server.is_alive(&kept.access).await, "only what was revoked has ended");
    }

    // proves: R-111
    async fn r_202_the_page_says_who_asks_for_what(server: &Server) {
        let app = server.register(ClientType::Public, |app| {
            app.name = "Notes & more".to_owned();
            app.uri = Some("https://notes.example/".to_owned());
            app.owner = Some(oauth_core::identifier::Subject::new("subject-ada").unwrap());
        }).await;
        let page = server.ada().await.authorize(&app.ask("read write")).await.answer.expect(200).text();
        assert_eq!(text_of(&page, "client-name").as_deref(), Some("Notes & more"));
        assert_eq!(text_of(&page, "client-site").as_deref(), Some("https://notes.example/"));
        assert_eq!(text_of(&page, "developer").as_deref(), Some(ADA));
        assert_eq!(text_of(&page, "redirect-host").as_deref(), Some("client.example"));
        assert!(page.contains("See your data") && page.contains("Change your data"));
        let less = server.ada().await.authorize(&app.ask("read")).await.answer.text();
        assert!(!less.contains("Change your data"));
    }
}
