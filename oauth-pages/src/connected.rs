use crate::accounts::Accounts;
use crate::destination::Destination;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::clock::Timestamp;
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::identifier::{ClientId, GrantId};
use oauth_core::store::{self, Grant, GrantFilter, Page, SessionStore, Store};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// How many grants are read at once.
const BATCH: u32 = 200;

/// What one client may do for a person, over all their approvals.
struct Connection {
    client_id: ClientId,
    name: String,
    scopes: BTreeSet<String>,
    approved: Timestamp,
    last_issued: Option<Timestamp>,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Lists what a person allowed, one entry for each client (RFC 6819 §5.1.2).
    pub(crate) async fn list_connected(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(&Destination::Connected));
        };
        let mut by_client: BTreeMap<ClientId, Connection> = BTreeMap::new();
        for grant in self.all_grants(&GrantFilter::Subject(visitor.person.subject.clone())).await? {
            let words = grant.scope.iter().map(|name| self.in_words(name).to_owned());
            let entry = by_client.entry(grant.client_id.clone()).or_insert_with(|| Connection {
                client_id: grant.client_id.clone(),
                name: String::new(),
                scopes: BTreeSet::new(),
                approved: grant.created_at,
                last_issued: None,
            });
            entry.scopes.extend(words);
            entry.approved = entry.approved.max(grant.created_at);
            entry.last_issued = entry.last_issued.max(grant.last_issued_at);
        }
        for connection in by_client.values_mut() {
            let client = self.store.client(&connection.client_id).await?;
            connection.name = client.map_or_else(|| connection.client_id.to_string(), |client| client.name);
        }
        let page = Connected {
            frame: self.frame("Connected apps", Some(&visitor)),
            csrf: visitor.csrf_token(),
            connections: by_client.into_values().collect(),
        };
        Ok(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    /// Revokes all that a person allowed a client; its tokens end with it.
    pub(crate) async fn revoke(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let (visitor, form) = self.posted(request).await?;
        let client_id = form.get("client_id").and_then(|id| ClientId::new(id).ok());
        let client_id = client_id.ok_or(Rejection::ApplicationNotFound)?;
        let filter = GrantFilter::Both(visitor.person.subject, client_id.clone());
        let revoked = self.all_grants(&filter).await?;
        self.store.revoke_grants(&filter, self.config.clock.now()).await?;
        for grant in revoked {
            self.config.events.record(&Event::GrantRevoked { client_id: client_id.clone(), grant: grant.id });
        }
        Ok(response::see_other(&self.config.paths.join("connected")))
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
