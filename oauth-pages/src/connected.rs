use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::{Visitor, keyed};
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::clock::Timestamp;
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::identifier::{ClientId, GrantId};
use oauth_core::secret::equal_in_constant_time;
use oauth_core::store::{self, Grant, GrantFilter, Page, SessionStore, Store};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// How many grants are read at once.
const BATCH: u32 = 200;

/// How much of a grant's identifier is shown: enough to tell two apart, too little to name one by.
const SHOWN: usize = 6;

/// What one application may do for a person.
struct Connection {
    client_id: ClientId,
    name: String,
    sanctioned: bool,
    authorizations: Vec<Authorization>,
}

/// One approval of it: a grant.
struct Authorization {
    masked: String,
    handle: String,
    scopes: Vec<String>,
    resources: Vec<String>,
    approved: Timestamp,
    last_issued: Option<Timestamp>,
    expires: Timestamp,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Lists what a person allowed, by application, with every single approval (RFC 6819 §5.1.2).
    pub(crate) async fn list_connected(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let mut by_client: BTreeMap<ClientId, Vec<Authorization>> = BTreeMap::new();
        for grant in self.all_grants(&GrantFilter::Subject(visitor.person.subject.clone())).await? {
            by_client.entry(grant.client_id.clone()).or_default().push(self.authorization(&visitor, &grant));
        }
        let mut connections = Vec::new();
        for (client_id, mut authorizations) in by_client {
            // Those of the same second in an order that people can see: identifiers are random.
            authorizations.sort_by(|one, other| {
                let seen = |it: &Authorization| (it.scopes.clone(), it.resources.clone(), it.last_issued, it.expires);
                other.approved.cmp(&one.approved).then_with(|| seen(one).cmp(&seen(other)))
            });
            let client = self.store.client(&client_id).await?;
            connections.push(Connection {
                sanctioned: client.as_ref().is_some_and(|client| client.sanctioned),
                name: client.map_or_else(|| client_id.to_string(), |client| client.name),
                client_id,
                authorizations,
            });
        }
        let page =
            Connected { frame: self.frame("Connected apps", Some(&visitor)), csrf: visitor.csrf_token(), connections };
        Ok(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    fn authorization(&self, visitor: &Visitor, grant: &Grant) -> Authorization {
        Authorization {
            masked: grant.id.to_string().chars().take(SHOWN).collect(),
            handle: handle(visitor, &grant.id),
            scopes: grant.scope.iter().map(|name| self.in_words(name).to_owned()).collect(),
            resources: if grant.audience.is_empty() { &self.config.default_audience } else { &grant.audience }
                .iter()
                .map(ToString::to_string)
                .collect(),
            approved: grant.created_at,
            last_issued: grant.last_issued_at,
            expires: grant.expires_at,
        }
    }

    /// Revokes one approval of a client, or all that a person allowed it; the tokens end with it.
    pub(crate) async fn revoke(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let (visitor, form) = self.posted(request).await?;
        let client_id = form.get("client_id").and_then(|id| ClientId::new(id).ok());
        let client_id = client_id.ok_or(Rejection::ApplicationNotFound)?;
        let filter = GrantFilter::Both(visitor.person.subject.clone(), client_id.clone());
        let mut revoked = self.all_grants(&filter).await?;
        let now = self.config.clock.now();
        if let Some(given) = form.get("authorization") {
            revoked.retain(|grant| equal_in_constant_time(given, &handle(&visitor, &grant.id)));
            for grant in &revoked {
                self.store.revoke_grant(&grant.id, now).await?;
            }
        } else {
            self.store.revoke_grants(&filter, now).await?;
        }
        for grant in revoked {
            self.config.events.record(&Event::GrantRevoked { client_id: client_id.clone(), grant: grant.id });
        }
        Ok(response::see_other(&self.config.paths.link("connected")))
    }

    async fn all_grants(&self, filter: &GrantFilter) -> store::Result<Vec<Grant>> {
        let now = self.config.clock.now();
        let mut all: Vec<Grant> = Vec::new();
        let mut page: Page<GrantId> = Page::first(BATCH);
        loop {
            let batch = self.store.grants(filter, &page, now).await?;
            let full = batch.len() >= BATCH as usize;
            page.after = batch.last().map(|grant| grant.id);
            all.extend(batch);
            if !full {
                return Ok(all);
            }
        }
    }
}

/// Stands for a grant in a form of this session: its identifier stays here.
fn handle(visitor: &Visitor, grant: &GrantId) -> String {
    keyed("oauth-pages grant", &visitor.cookie, grant.as_bytes()).to_base64url()
}

/// Writes when an approval ends; what never does ends by its revocation.
fn end(at: &Timestamp) -> String {
    if *at >= Timestamp::NEVER { "when you revoke it".to_owned() } else { moment(at) }
}

/// Writes a moment for a person: `2026-11-21 10:30 UTC`.
fn moment(at: &Timestamp) -> String {
    match OffsetDateTime::from_unix_timestamp(at.as_unix_seconds()) {
        Ok(at) => {
            let (year, month, day) = at.to_calendar_date();
            format!("{year:04}-{:02}-{day:02} {:02}:{:02} UTC", u8::from(month), at.hour(), at.minute())
        }
        Err(_) => "at an unknown time".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "connected.html")]
struct Connected {
    frame: Frame,
    csrf: String,
    connections: Vec<Connection>,
}
