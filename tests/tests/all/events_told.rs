//! What has committed is told, once, although the client hung up: at every call of the store that a
//! request makes, before its work and after it, on adapters that would drop the handler and on those
//! that would not.

use oauth_tests::{App, Call, Server, Stop, on_every_server};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Request {
    Redeem,
    Refresh,
    ClientCredentials,
    RevokeAccess,
    RevokeRefresh,
    Authorize,
}

impl Request {
    const ALL: [Self; 6] = [
        Self::Redeem,
        Self::Refresh,
        Self::ClientCredentials,
        Self::RevokeAccess,
        Self::RevokeRefresh,
        Self::Authorize,
    ];

    /// Makes one that will be let in, and that changes what is stored.
    async fn make(self, server: &Server, app: &App) -> Call {
        match self {
            Self::Redeem => server.redeem(app, &server.approved(app, app.ask("read")).await),
            Self::Refresh => server.refresh(app, &server.approved_tokens(app, "read").await.refresh),
            Self::ClientCredentials => server.client_credentials(app, "read"),
            Self::RevokeAccess => server.revoke(app, &server.approved_tokens(app, "read").await.access),
            Self::RevokeRefresh => {
                let token = server.approved_tokens(app, "read").await.refresh;
                let fields = [("token", token.as_str()), ("token_type_hint", "refresh_token")];
                server.as_client(app, &server.config().paths.revocation_path(), fields)
            }
            // She has said yes, and her browser is sent back to the authorization endpoint.
            Self::Authorize => {
                let browser = server.ada().await;
                let form = browser.authorize(&app.ask("read").set("prompt", "consent")).await.form();
                let answer = browser.post(&form.press("allow")).await;
                browser.get(answer.location().expect("a redirect to where she came from"))
            }
        }
    }
}

/// Names the events that were told since it was asked last.
fn told(server: &Server) -> Vec<String> {
    let name = |event: &_| format!("{event:?}").split(' ').next().unwrap_or_default().to_owned();
    server.events().take().iter().map(name).collect()
}

/// Waits until the look at all clients is over that a provider takes at its start.
async fn started(server: &Server) {
    for _ in 0..500 {
        if server.faults().take_finished().contains(&"clients") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Forgets what was called and told until now.
fn begin(server: &Server) {
    server.faults().take_finished();
    server.events().take();
}

/// Waits until a request that nobody waits for has made so many calls, and told so many events.
async fn over(server: &Server, calls: usize, events: usize) {
    for _ in 0..2_500 {
        if server.faults().finished() >= calls && server.events().all().len() >= events {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

on_every_server! {
    // With so many the grants of the person are counted once, and no later redemption has one call more.
    config |config| config.grants_per_client = 1_000_000;

    async fn as_many_events_are_told_as_commits_are_made(server: &Server) {
        started(server).await;
        let app = server.confidential().await;
        server.approved_tokens(&app, "read").await;
        for request in Request::ALL {
            let call = request.make(server, &app).await;
            begin(server);
            let answer = call.await;
            assert!(answer.status.is_success() || answer.parameter("code").is_some(), "{request:?} {answer}");
            let (calls, events) = (server.faults().take_finished(), told(server));
            assert_eq!(events.len(), 1, "{request:?} commits once: {events:?}");
            for (nth, stop) in (1..=calls.len()).flat_map(|nth| [(nth, Stop::Before), (nth, Stop::After)]) {
                let call = request.make(server, &app).await;
                begin(server);
                let pause = server.faults().pause_at(nth, stop);
                call.hang_up_once(pause.reached(1)).await;
                pause.release();
                over(server, calls.len(), events.len()).await;
                let at = format!("{request:?}, hung up {stop:?} {}", calls[nth - 1]);
                assert_eq!((server.faults().take_finished(), told(server)), (calls.clone(), events.clone()), "{at}");
            }
        }
    }
}
