//! `prompt` and `max_age`: what a client may ask for beyond the policy of the server, never below it
//! (OpenID Connect Core §3.1.2.1).

use oauth_tests::{ADA, Answer, Ask, Browser, Code, Form, PASSWORD, Server, on_every_server};

/// Requires the sign-in page, and fills it in; the answer is that to the form.
async fn signs_in(browser: &Browser, page: &Answer) -> Answer {
    let form = Form::with(&page.clone().expect(200).text(), "sign-in").fill("username", ADA).fill("password", PASSWORD);
    browser.post(&form.press("sign-in")).await.expect(303)
}

/// Requires the sign-in page, signs in there, and gives the page that follows.
async fn page_after_sign_in(browser: &Browser, ask: &Ask) -> Answer {
    let asked = browser.authorize(ask).await.answer;
    let onward = signs_in(browser, &asked).await;
    browser.open(onward.location().unwrap()).await
}

async fn signed_in(server: &Server) -> Browser {
    let browser = server.browser();
    browser.sign_in(ADA).await;
    browser
}

fn asks_to_sign_in(answer: &Answer) {
    Form::with(&answer.clone().expect(200).text(), "sign-in");
}

on_every_server! {
    async fn r_208_prompt_none_shows_no_page(server: &Server) {
        let app = server.public().await;
        let silent = || app.ask("read").set("prompt", "none");
        server.browser().authorize(&silent()).await.answer.expect_redirected_error("login_required");
        let ada = signed_in(server).await;
        ada.authorize(&silent()).await.answer.expect_redirected_error("consent_required");
        server.tokens(&app, "read").await;
        assert!(ada.authorize(&silent()).await.answer.expect(302).parameter("code").is_some());
        server.advance(100);
        ada.authorize(&silent().set("max_age", "99")).await.answer.expect_redirected_error("login_required");
        assert!(ada.authorize(&silent().set("max_age", "100")).await.answer.parameter("code").is_some());
    }

    async fn r_209_prompt_none_stands_alone(server: &Server) {
        let app = server.public().await;
        let ada = signed_in(server).await;
        for prompt in ["none login", "consent none", "none select_account", "none x"] {
            ada.authorize(&app.ask("read").set("prompt", prompt)).await.answer.expect_redirected_error("invalid_request");
        }
    }

    async fn r_210_prompt_login_is_one_sign_in_for_one_request(server: &Server) {
        let app = server.public().await;
        server.tokens(&app, "read").await;
        let ada = signed_in(server).await;
        let ask = app.ask("read").set("prompt", "login");
        for _ in 0..2 {
            asks_to_sign_in(&ada.authorize(&ask).await.answer);
            server.advance(5);
            let answer = page_after_sign_in(&ada, &ask).await.expect(302);
            let code = Code { code: answer.parameter("code").unwrap(), verifier: ask.verifier.clone(), redirect_uri: app.redirect_uri.clone() };
            let tokens = server.redeem(&app, &code).await.expect(200);
            let said = server.get("/api/profile").bearer(&tokens.member("access_token")).await.expect(200);
            drop(said);
        }
        // For another request it counts for nothing, nor does an ordinary sign-in count for this one.
        page_after_sign_in(&ada, &app.ask("read").set("prompt", "login")).await.expect(302);
        asks_to_sign_in(&ada.authorize(&ask).await.answer);
        asks_to_sign_in(&signed_in(server).await.authorize(&ask).await.answer);
    }

    async fn r_210_a_sign_in_lasts_while_consent_is_given_and_no_longer(server: &Server) {
        let app = server.public().await;
        for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "30"), ("prompt", "login consent")] {
            let ada = signed_in(server).await;
            server.advance(31);
            let ask = app.ask("read").set(name, value);
            let page = page_after_sign_in(&ada, &ask).await;
            let allow = Form::with(&page.expect(200).text(), "allow").press("allow");
            server.advance(300);
            // Looking again is not signing in again, nor has it to be.
            ada.authorize(&ask).await.form();
            let answer = ada.submit(&allow).await.expect(303);
            assert!(answer.parameter("code").is_some(), "{name}={value}: {answer}");
            // The same form, and the same request, once more.
            asks_to_sign_in(&ada.submit(&allow).await);
            server.advance(31);
            asks_to_sign_in(&ada.authorize(&ask).await.answer);
            let page = page_after_sign_in(&ada, &ask).await;
            let allow = Form::with(&page.expect(200).text(), "allow").press("allow");
            server.advance(599);
            ada.authorize(&ask).await.form();
            server.advance(1);
            asks_to_sign_in(&ada.submit(&allow).await);
        }
    }

    async fn r_210_max_age_counts_from_the_sign_in(server: &Server) {
        let app = server.public().await;
        server.tokens(&app, "read").await;
        let ada = signed_in(server).await;
        let ask = |seconds: &str| app.ask("read").set("max_age", seconds);
        server.advance(60);
        for enough in ["60", "61", "3600", "99999999999999999999999"] {
            ada.authorize(&ask(enough)).await.answer.expect(302);
        }
        for little in ["59", "1", "0"] {
            asks_to_sign_in(&ada.authorize(&ask(little)).await.answer);
        }
        let again = page_after_sign_in(&ada, &ask("59")).await.expect(302);
        assert!(again.parameter("code").is_some());
        server.advance(59);
        ada.authorize(&ask("59")).await.answer.expect(302);
        server.advance(1);
        asks_to_sign_in(&ada.authorize(&ask("59")).await.answer);
        for odd in ["x", "-1", "+60", "1.5", " 60"] {
            ada.authorize(&ask(odd)).await.answer.expect_redirected_error("invalid_request");
        }
    }

    // The client may ask for more than the policy of the server, and never for less.
    async fn prompt_consent_asks_although_it_is_remembered(server: &Server) {
        let app = server.public().await;
        server.tokens(&app, "read").await;
        let ada = server.ada().await;
        for prompt in ["consent", "select_account", "consent login"] {
            let ask = app.ask("read").set("prompt", prompt);
            if prompt.contains("login") {
                Form::with(&page_after_sign_in(ada, &ask).await.text(), "allow");
                continue;
            }
            let allowed = ada.authorize(&ask).await.allow().await.expect(303);
            assert!(allowed.parameter("code").is_some());
            ada.authorize(&ask).await.form();
        }
        for prompt in ["auto", "create", "approve"] {
            ada.authorize(&app.ask("read").set("approval_prompt", "auto").set("prompt", prompt)).await.answer.expect(302);
            ada.authorize(&app.ask("read write").set("approval_prompt", "auto").set("prompt", prompt)).await.form();
        }
    }

    async fn who_signs_in_as_another_is_asked_as_another(server: &Server) {
        let app = server.public().await;
        server.tokens(&app, "read").await;
        server.account("ben").await;
        let browser = signed_in(server).await;
        let ask = app.ask("read").set("prompt", "login");
        let page = browser.authorize(&ask).await.answer;
        let form = Form::with(&page.text(), "sign-in").fill("username", "ben").fill("password", PASSWORD);
        let onward = browser.post(&form.press("sign-in")).await.expect(303);
        let answer = browser.open(onward.location().unwrap()).await;
        Form::with(&answer.expect(200).text(), "allow");
    }
}
