//! The same records in every store, so that the same bytes mean the same everywhere.

use oauth_core::identifier::Attributes;
use oauth_core::secret::{AccessToken, Digest, RefreshToken};
use oauth_core::store::{
    ClientStore as _, CodeStore as _, Created, Grant, Issue, IssuedAccess, IssuedRefresh, Redeemed, SessionStore as _,
};
use oauth_tests::{ADA, App, Code, Form, Server};
use std::time::Duration;

/// What a client and a person have in their hands.
pub(super) struct Seeds {
    pub(super) confidential: App,
    pub(super) public: App,
    /// Their clients by turns, as their tokens.
    pub(super) codes: Vec<Code>,
    pub(super) access: Vec<String>,
    pub(super) refresh: Vec<String>,
    /// Of a browser in which Ada is signed in.
    pub(super) session: String,
    /// Of a browser that has seen the page to sign in.
    pub(super) visit: String,
    pub(super) sign_in: Form,
    pub(super) consent: Form,
    /// The query that the consent is about.
    pub(super) asked: String,
}

impl Seeds {
    /// Makes them on the first server and writes them to all.
    pub(super) async fn sow(servers: &[Server]) -> Self {
        let first = &servers[0];
        let (confidential, public) = (first.confidential().await, first.public().await);
        for server in &servers[1..] {
            for app in [&confidential, &public] {
                assert_eq!(server.store().create_client(&app.client).await.unwrap(), Created::Now);
            }
        }
        let (mut codes, mut access, mut refresh) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..400 {
            let app = if number % 2 == 0 { &confidential } else { &public };
            let (grant, record, code) = first.approval(app, app.ask(["read", "read write"][number / 2 % 2]));
            for server in servers {
                server.save(&grant, &record).await;
            }
            if number < 200 {
                codes.push(code);
                continue;
            }
            let tokens = (AccessToken::generate(), RefreshToken::generate());
            let issue = issue(first, app, &grant, &tokens);
            for server in servers {
                assert_eq!(server.store().redeem(&record.digest, &issue).await.unwrap(), Redeemed::Now);
            }
            access.push(tokens.0.expose().to_owned());
            refresh.push(tokens.1.expose().to_owned());
        }
        let browser = first.browser();
        browser.sign_in(ADA).await;
        let (session_cookie, session) = browser.session().unwrap();
        let record = first.store().session(&Digest::of(&session), first.now()).await.unwrap().unwrap();
        for server in &servers[1..] {
            server.store().create_session(&record).await.unwrap();
        }
        // A form there is only where she is asked, whatever she allowed before.
        let ask = confidential.ask("read").set("prompt", "consent");
        let consent = browser.authorize(&ask).await.form();
        let stranger = first.browser();
        let sign_in = Form::with(&stranger.open(&first.config().paths.join("sign-in")).await.text(), "sign-in");
        let (visit_cookie, visit) = stranger.cookie("oauth-visit-").unwrap();
        let (session, visit) = (format!("{session_cookie}={session}"), format!("{visit_cookie}={visit}"));
        let asked = ask.query();
        Self { confidential, public, codes, access, refresh, session, visit, sign_in, consent, asked }
    }
}

fn issue(server: &Server, app: &App, grant: &Grant, (access, refresh): &(AccessToken, RefreshToken)) -> Issue {
    let now = server.now();
    let expires_at = now.after(Duration::from_secs(3_600));
    let access = IssuedAccess {
        digest: access.digest(),
        client_id: app.client.id.clone(),
        grant: Some(grant.id),
        scope: grant.scope.clone(),
        audience: Vec::new(),
        attributes: Attributes::new(),
        issued_at: now,
        expires_at,
    };
    let refresh = IssuedRefresh {
        digest: refresh.digest(),
        grant: grant.id,
        issued_at: now,
        expires_at,
        family_expires_at: expires_at,
    };
    Issue { access, refresh: Some(refresh), grant_expires_at: expires_at, authenticated_by: None, now }
}
