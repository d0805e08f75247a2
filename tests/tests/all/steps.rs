//! A code request in steps, for applications that render their own consent: broken, invalid or pending,
//! then accepted or declined, once, by the person it waits for.

use bytes::Bytes;
use http::{Request, StatusCode};
use oauth_core::client::ClientType;
use oauth_core::config::Config;
use oauth_core::endpoint::{CodeRequest, Declined};
use oauth_core::identifier::Subject;
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, Denial, ResourceOwner};
use oauth_core::provider::{AuthorizationProvider, Provider};
use oauth_core::secret::PendingTicket;
use oauth_core::store::{GrantFilter, GrantStore as _, Housekeeping as _, Page, Result};
use oauth_tests::{Answer, AnyStore, App, Ask, Code, Server, on_every_server};
use std::sync::Arc;
use std::time::Duration;

/// An application that decides step by step, over the records of a server.
struct Steps {
    store: AnyStore,
    config: Config,
}

/// Nobody is asked by the way that the ready-made pages go.
struct Nobody;

impl ResourceOwner for Nobody {
    async fn decide(&self, _: &Request<Bytes>, _: &AuthorizationRequest) -> Result<Decided> {
        Ok(Decision::Deny(Denial::NotEntitled).into())
    }
}

impl AuthorizationProvider for Steps {
    type Store = AnyStore;
    type Owner = Nobody;
    fn store(&self) -> &AnyStore {
        &self.store
    }
    fn owner(&self) -> &Nobody {
        &Nobody
    }
    fn config(&self) -> &Config {
        &self.config
    }
}

fn steps(server: &Server) -> Provider<Steps> {
    Provider::new(Steps { store: server.store().clone(), config: server.config().clone() }).unwrap()
}

fn get(ask: &Ask) -> Request<Bytes> {
    Request::get(format!("/own/page?{}", ask.query())).body(Bytes::new()).unwrap()
}

/// The form of the application's own that decides.
fn form() -> Request<Bytes> {
    Request::post("/own/decide").body(Bytes::new()).unwrap()
}

async fn pending(provider: &Provider<Steps>, ask: &Ask) -> Box<AuthorizationRequest> {
    match provider.code_request(&get(ask)).await {
        CodeRequest::Pending(pending) => pending,
        other => panic!("not pending: {other:?}"),
    }
}

async fn ticket(provider: &Provider<Steps>, ask: &Ask) -> PendingTicket {
    let pending = pending(provider, ask).await;
    provider.save_pending(&pending, &who("ada"), Duration::from_secs(600)).await.unwrap()
}

fn who(name: &str) -> Subject {
    Subject::new(format!("subject-{name}")).unwrap()
}

fn approval(name: &str, scope: &str) -> Approval {
    Approval::new(who(name), scope.parse().unwrap())
}

async fn accept(provider: &Provider<Steps>, ticket: &PendingTicket, approval: Approval) -> Answer {
    provider.accept(&form(), ticket, approval).await.into()
}

fn is_unknown(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
    assert!(answer.text().starts_with("3019:") && answer.location().is_none(), "{answer}");
}

fn code(app: &App, ask: &Ask, answer: &Answer) -> Code {
    let code = answer.parameter("code").unwrap_or_else(|| panic!("no code: {answer}"));
    Code { code, verifier: ask.verifier.clone(), redirect_uri: app.redirect_uri.clone() }
}

on_every_server! {
    async fn broken_stays_here_and_invalid_goes_back(server: &Server) {
        let (provider, app) = (steps(server), server.public().await);
        let good = app.ask("read");
        for broken in [
            good.clone().without("client_id"), good.clone().set("client_id", "nobody"),
            good.clone().set("redirect_uri", "https://evil.example/"), good.clone().and("state", "another"),
        ] {
            let CodeRequest::Broken(page) = provider.code_request(&get(&broken)).await else { panic!("{broken:?}") };
            assert!(page.status().is_client_error() && page.headers().get("location").is_none(), "{page:?}");
        }
        for (invalid, error) in [
            (good.clone().without("response_type"), "invalid_request"), (good.clone().set("scope", "unknown"), "invalid_scope"),
            (good.clone().without_pkce(), "invalid_request"), (good.clone().and("scope", "write"), "invalid_request"),
            (good.clone().set("resource", "https://elsewhere.example/"), "invalid_target"),
        ] {
            let CodeRequest::Invalid(redirect) = provider.code_request(&get(&invalid)).await else { panic!("{invalid:?}") };
            let answer = Answer::from(redirect).expect(302).expect_redirected_error(error);
            assert_eq!(answer.parameter("state").as_deref(), Some("the state"));
        }
        let pending = pending(&provider, &good).await;
        assert_eq!((pending.client().id.as_str(), pending.scope().to_string()), (app.id.as_str(), "read".to_owned()));
    }

    async fn accepted_once_by_the_person_it_waits_for(server: &Server) {
        let (provider, app) = (steps(server), server.public().await);
        let ask = app.ask("read write");
        let ticket = ticket(&provider, &ask).await;
        is_unknown(&accept(&provider, &ticket, approval("eve", "read")).await);
        is_unknown(&provider.decline(&form(), &ticket, &who("eve"), Declined::AccessDenied).await.into());
        is_unknown(&accept(&provider, &PendingTicket::generate(), approval("ada", "read")).await);

        let mut narrower = approval("ada", "read");
        narrower.attributes.insert("school".to_owned(), "12".to_owned());
        narrower.auth_time = Some(server.now());
        let answer = accept(&provider, &ticket, narrower.clone()).await.expect(303);
        assert_eq!(answer.parameter("state").as_deref(), Some("the state"));
        assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()));
        let tokens = server.redeem(&app, &code(&app, &ask, &answer)).await.expect(200);
        assert_eq!(tokens.member("scope"), "read");
        assert!(server.is_alive(&tokens.member("access_token")).await);
        let grants = server.store().grants(&GrantFilter::Subject(who("ada")), &Page::first(9), server.now()).await.unwrap();
        assert_eq!(grants.len(), 1);
        assert_eq!(grants[0].attributes, narrower.attributes);

        is_unknown(&accept(&provider, &ticket, narrower).await);
        is_unknown(&provider.decline(&form(), &ticket, &who("ada"), Declined::AccessDenied).await.into());
        assert!(!format!("{ticket:?}").contains(ticket.expose()), "a ticket is a secret");
    }

    async fn declined_for_a_reason(server: &Server) {
        let (provider, app) = (steps(server), server.public().await);
        for (reason, error) in [
            (Declined::default(), "access_denied"), (Declined::LoginRequired, "login_required"),
            (Declined::ConsentRequired, "consent_required"), (Declined::InteractionRequired, "interaction_required"),
            (Declined::InvalidScope, "invalid_scope"), (Declined::TemporarilyUnavailable, "temporarily_unavailable"),
        ] {
            let ticket = ticket(&provider, &app.ask("read")).await;
            let answer = provider.decline(&form(), &ticket, &who("ada"), reason).await;
            let answer = Answer::from(answer).expect(303).expect_redirected_error(error);
            assert_eq!(answer.parameter("state").as_deref(), Some("the state"));
            is_unknown(&accept(&provider, &ticket, approval("ada", "read")).await);
        }
    }

    async fn a_pending_request_is_over_to_the_second(server: &Server) {
        let (provider, app) = (steps(server), server.public().await);
        let (early, late) = (ticket(&provider, &app.ask("read")).await, ticket(&provider, &app.ask("read")).await);
        server.advance(599);
        assert!(accept(&provider, &early, approval("ada", "read")).await.parameter("code").is_some());
        server.advance(1);
        is_unknown(&accept(&provider, &late, approval("ada", "read")).await);
        while server.store().sweep(server.now(), 100).await.unwrap().more {}
    }

    // What holds for the ready-made pages holds for these.
    async fn no_check_is_left_out_on_this_way(server: &Server) {
        let (provider, app) = (steps(server), server.public().await);
        let beyond = ticket(&provider, &app.ask("read")).await;
        accept(&provider, &beyond, approval("ada", "read write")).await.expect_redirected_error("server_error");
        let nothing = ticket(&provider, &app.ask("read")).await;
        accept(&provider, &nothing, approval("ada", "")).await.expect_redirected_error("access_denied");
        let silent = ticket(&provider, &app.ask("read").set("prompt", "none")).await;
        accept(&provider, &silent, approval("ada", "read")).await.expect_redirected_error("consent_required");
        for signed_in_anew in [false, true] {
            let again = ticket(&provider, &app.ask("read").set("prompt", "login")).await;
            let mut approval = approval("ada", "read");
            approval.signed_in_anew = signed_in_anew;
            let answer = accept(&provider, &again, approval).await;
            assert_eq!(answer.parameter("error").as_deref() == Some("login_required"), !signed_in_anew, "{answer}");
        }
        let app = server.register(ClientType::Confidential, |_| ()).await;
        let disabled = ticket(&provider, &app.ask("read")).await;
        let mut client = app.client.clone();
        client.enabled = false;
        assert!(server.put_client(&client).await);
        let answer = accept(&provider, &disabled, approval("ada", "read")).await;
        assert!(answer.status.is_client_error() && answer.location().is_none(), "{answer}");
    }

    async fn of_many_that_accept_one_has_a_code(server: &Server) {
        let (provider, app) = (Arc::new(steps(server)), server.public().await);
        let ticket = ticket(&provider, &app.ask("read")).await;
        let calls: Vec<_> = (0..16)
            .map(|_| {
                let (provider, ticket) = (Arc::clone(&provider), ticket.clone());
                tokio::spawn(async move { accept(&provider, &ticket, approval("ada", "read")).await })
            })
            .collect();
        let mut codes = 0;
        for call in calls {
            codes += usize::from(call.await.unwrap().parameter("code").is_some());
        }
        assert_eq!(codes, 1);
    }
}
