//! The switch that lets no client act for a person: pages, tokens and API refuse at once.

use oauth_core::client::ClientType;
use oauth_core::event::Event;
use oauth_core::store::{GrantFilter, GrantStore as _, Page};
use oauth_pages::StoredAccounts;
use oauth_tests::{ADA, AnyStore, Form, Server, Stop, on_every_server};
use std::future::IntoFuture as _;

fn accounts(server: &Server) -> StoredAccounts<AnyStore> {
    StoredAccounts::new(server.store().clone(), server.config())
}

async fn switch(server: &Server, allowed: bool) {
    accounts(server).set_api_access(ADA, allowed).await.expect("the account is there");
}

on_every_server! {
    async fn switched_off_everything_refuses_at_once(server: &Server) {
        let app = server.confidential().await;
        let ada = server.ada().await;
        let tokens = server.tokens(&app, "read").await;
        let unused = server.code(&app, "read write").await;
        let form = ada.authorize(&app.ask("write")).await.form().press("allow");
        let own = server.client_credentials(&app, "read").await.member("access_token");
        server.account("ben").await;
        let (ben, bens) = (server.browser(), app.ask("read"));
        ben.sign_in("ben").await;

        switch(server, false).await;
        assert!(!server.is_alive(&tokens.access).await);
        assert_eq!(server.introspect(&app, &tokens.access).await.json()["active"], false);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        server.redeem(&app, &unused).await.expect_error(400, "invalid_grant");
        ada.submit(&form).await.expect_redirected_error("access_denied");
        ada.authorize(&app.ask("read").set("prompt", "none")).await.answer.expect_redirected_error("access_denied");
        let told = ada.authorize(&app.ask("read").set("prompt", "consent")).await.answer.expect(403);
        ada.submit(&Form::with(&told.text(), "deny").press("deny")).await.expect_redirected_error("access_denied");
        let fresh = server.browser();
        fresh.sign_in(ADA).await;
        fresh.open("/oauth/").await.expect(200);
        let told = fresh.authorize(&app.ask("read")).await.answer.expect(403);
        fresh.submit(&Form::with(&told.text(), "deny").press("deny")).await.expect_redirected_error("access_denied");
        assert!(server.is_alive(&own).await, "what a client does for itself is nobody's");
        ben.authorize(&bens).await.form();

        switch(server, true).await;
        assert!(!server.is_alive(&tokens.access).await);
        server.refresh(&app, &tokens.refresh).await.expect_error(400, "invalid_grant");
        let asked = ada.authorize(&app.ask("read")).await;
        Form::with(&asked.answer.expect(200).text(), "allow");
        let again = server.tokens(&app, "read").await;
        assert!(server.is_alive(&again.access).await);
        let told = |wanted: fn(&Event) -> bool| server.events().count(wanted);
        assert_eq!(told(|event| matches!(event, Event::ApiAccessDisabled { .. })), 1);
        assert_eq!(told(|event| matches!(event, Event::ApiAccessEnabled { .. })), 1);
    }

    // Whatever is under way comes too late, wherever it is when the switch is moved.
    async fn what_is_under_way_ends_with_it(server: &Server) {
        let app = server.register(ClientType::Confidential, |_| ()).await;
        for verb in ["save_code", "redeem", "rotate"] {
            for stop in [Stop::Before, Stop::After] {
                let ada = server.ada().await;
                let tokens = server.tokens(&app, "read").await;
                let call = match verb {
                    "save_code" => {
                        let answer = ada.post(&ada.authorize(&app.ask("write")).await.form().press("allow")).await;
                        ada.get(answer.location().unwrap())
                    }
                    "redeem" => server.redeem(&app, &server.code(&app, "read").await),
                    _ => server.refresh(&app, &tokens.refresh),
                };
                let pause = server.faults().pause(verb, 1, stop);
                let waiting = tokio::spawn(call.into_future());
                pause.reached(1).await;
                switch(server, false).await;
                pause.release();
                let answer = waiting.await.unwrap();
                server.faults().heal();
                match verb {
                    // Decided again: she may not allow anything now. A code that was saved before is dead.
                    "save_code" if stop == Stop::Before => drop(answer.expect(403)),
                    "save_code" => assert!(answer.parameter("code").is_some(), "{answer}"),
                    // The tokens are on their way, and dead.
                    _ if answer.status == 200 => assert!(!server.is_alive(&answer.member("access_token")).await, "{verb}"),
                    _ => drop(answer.expect_error(400, "invalid_grant")),
                }
                let grants = GrantFilter::Client(app.client.id.clone());
                let left = server.store().grants(&grants, &Page::first(9), server.now()).await.unwrap();
                assert_eq!(left, [], "{verb} {stop:?}");
                switch(server, true).await;
            }
        }
    }
}
