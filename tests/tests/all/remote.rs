//! An API that checks tokens at this provider from elsewhere (RFC 7662, RFC 8414): the crate
//! `oauth-remote` as the resource server, on real sockets.

use oauth_core::identifier::{ClientId, Resource};
use oauth_core::resource::{Authorization, LocalResourceProvider, PresentedToken, Refusal, ResourceProvider};
use oauth_core::secret::ClientSecret;
use oauth_remote::{Builder, RemoteResourceProvider};
use oauth_tests::{App, Server, on_every_server};
use std::sync::Arc;

const NOTES: &str = "https://notes.example/api";
const MAIL: &str = "https://mail.example/api";

/// Begins the settings of an API at this resource identifier; time passes for it as for the provider.
fn remote(server: &Server, api: &App, secret: &str, resource: &str) -> Builder {
    let id = ClientId::new(api.id.as_str()).unwrap();
    RemoteResourceProvider::builder(server.issuer(), id, ClientSecret::new(secret))
        .audience(Resource::new(resource).unwrap())
        .clock(Arc::clone(&server.config().clock))
}

async fn check(
    provider: &impl ResourceProvider<Authorization = Authorization>,
    token: &str,
) -> Result<Authorization, Refusal> {
    provider.validate_access_token(&PresentedToken::new(token).unwrap()).await
}

async fn tokens_for(server: &Server, app: &App, resource: &str) -> oauth_tests::Tokens {
    let code = server.code_for(app, app.ask("read write").set("resource", resource)).await;
    server.redeem(app, &code).await.into()
}

on_every_server! {
    async fn a_token_says_the_same_here_as_in_the_providers_own_store(server: &Server) {
        let (app, api) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let local = LocalResourceProvider::new(server.store().clone())
            .with_clock(Arc::clone(&server.config().clock))
            .for_audience(Resource::new(NOTES).unwrap());
        let there = check(&local, &tokens.access).await.unwrap();
        let here = check(&remote(server, &api, api.secret(), NOTES).build().unwrap(), &tokens.access).await.unwrap();
        assert_eq!(here, there);
        assert_eq!(here.subject.unwrap().as_str(), "subject-ada");
        assert_eq!(here.scope.to_string(), "read write");
    }

    async fn a_client_that_acts_for_itself_is_no_person_here_either(server: &Server) {
        let (app, api) = (server.confidential().await, server.resource_server(NOTES).await);
        let asked = server.token(&app, [("grant_type", "client_credentials"), ("scope", "read"), ("resource", NOTES)]);
        let token = asked.await.expect(200).member("access_token");
        let found = check(&remote(server, &api, api.secret(), NOTES).build().unwrap(), &token).await.unwrap();
        assert_eq!((found.client_id.as_str(), found.subject), (app.id.as_str(), None));
    }

    // proves: R-084
    async fn what_is_no_access_token_for_this_api_is_refused(server: &Server) {
        let (app, api, mail) =
            (server.public().await, server.resource_server(NOTES).await, server.resource_server(MAIL).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let notes = remote(server, &api, api.secret(), NOTES).build().unwrap();
        assert!(check(&notes, &tokens.access).await.is_ok(), "the OK case");
        assert_eq!(check(&notes, &tokens.refresh).await, Err(Refusal::InvalidToken));
        assert_eq!(check(&notes, "never-issued").await, Err(Refusal::InvalidToken));
        let mail = remote(server, &mail, mail.secret(), MAIL).build().unwrap();
        assert_eq!(check(&mail, &tokens.access).await, Err(Refusal::InvalidToken), "meant for another API");
        let confused = remote(server, &api, api.secret(), MAIL).build().unwrap();
        assert_eq!(check(&confused, &tokens.access).await, Err(Refusal::InvalidToken), "and this API is not that one");
    }

    async fn a_revoked_token_is_accepted_no_longer_than_stated(server: &Server) {
        let (app, api) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let notes = remote(server, &api, api.secret(), NOTES).build().unwrap();
        assert!(check(&notes, &tokens.access).await.is_ok());
        server.revoke(&app, &tokens.access).await.expect(200);
        server.advance(9);
        assert!(check(&notes, &tokens.access).await.is_ok(), "it is not asked about");
        server.advance(1);
        assert_eq!(check(&notes, &tokens.access).await, Err(Refusal::InvalidToken));
    }

    async fn an_expired_token_is_accepted_no_longer_at_all(server: &Server) {
        let (app, api) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let notes = remote(server, &api, api.secret(), NOTES).build().unwrap();
        server.advance(3_595);
        assert!(check(&notes, &tokens.access).await.is_ok());
        server.advance(5);
        assert_eq!(check(&notes, &tokens.access).await, Err(Refusal::InvalidToken));
    }

    async fn what_the_provider_cannot_or_will_not_tell_is_no_401(server: &Server) {
        let (app, api) = (server.public().await, server.resource_server(NOTES).await);
        let tokens = tokens_for(server, &app, NOTES).await;
        let wrong = remote(server, &api, "wrong", NOTES).build().unwrap();
        assert_eq!(check(&wrong, &tokens.access).await, Err(Refusal::Unavailable), "wrong credentials");
        let notes = remote(server, &api, api.secret(), NOTES).build().unwrap();
        server.faults().fail_all();
        assert_eq!(check(&notes, &tokens.access).await, Err(Refusal::Unavailable), "its store is down");
        server.faults().heal();
        assert!(check(&notes, &tokens.access).await.is_ok());
        let mut switched_off = api.client.clone();
        switched_off.enabled = false;
        assert!(server.put_client(&switched_off).await);
        assert_eq!(check(&notes, "another-token").await, Err(Refusal::Unavailable), "this API is switched off");
    }
}

mod scanning {
    use super::*;

    on_every_server! {
        config |config| config.unknown_tokens_per_client = 5;

        async fn whoever_sends_junk_to_an_api_does_not_close_it(server: &Server) {
            let (app, api) = (server.public().await, server.resource_server(NOTES).await);
            let tokens = tokens_for(server, &app, NOTES).await;
            let notes = remote(server, &api, api.secret(), NOTES).build().unwrap();
            let mut refused = [0, 0];
            for number in 0..20 {
                match check(&notes, &format!("junk-{number}")).await {
                    Err(Refusal::InvalidToken) => refused[0] += 1,
                    Err(Refusal::Unavailable) => refused[1] += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert!(refused[0] >= 4 && refused[1] > 0, "the provider refuses to be scanned: {refused:?}");
            assert!(check(&notes, &tokens.access).await.is_ok());
        }
    }
}
