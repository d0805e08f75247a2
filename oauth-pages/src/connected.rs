use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::{Visitor, keyed};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::clock::Timestamp;
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::identifier::{ClientId, GrantId};
use oauth_core::secret::{Digest, equal_in_constant_time};
use oauth_core::store::{Grant, GrantFilter, Page, SessionStore, Store};
use time::OffsetDateTime;

/// How many applications stand on a page, and how many authorizations of each.
const LISTED: u32 = 10;
const SHOWN_OF_EACH: u32 = 5;
/// How many authorizations stand on the page of one application.
const OF_ONE: u32 = 50;

/// How much of a grant's identifier is shown: enough to tell two apart, too little to name one by.
const SHOWN: usize = 6;

/// What one application may do for a person.
struct Connection {
    client_id: ClientId,
    name: String,
    sanctioned: bool,
    authorizations: Vec<Authorization>,
    /// Where there are more of them.
    more: Option<String>,
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
    /// Lists what a person allowed, by application, with the single approvals (RFC 6819 §5.1.2): some applications
    /// and some of their approvals at a time, so that no page grows with what was allowed.
    pub(crate) async fn list_connected(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let query = self.query(request)?;
        let id = |name| query.get(name).and_then(|id| ClientId::new(id).ok());
        let (connections, next) = match id("client_id") {
            Some(client) => {
                let after = query.get("after").and_then(|handle| grant_of(&visitor, handle));
                (vec![self.connection(&visitor, client, Page { after, limit: OF_ONE }).await?], None)
            }
            None => self.connections(&visitor, id("after")).await?,
        };
        let page = Connected {
            frame: self.frame("Connected apps", Some(&visitor)),
            csrf: visitor.csrf_token(),
            connections: connections.into_iter().filter(|one| !one.authorizations.is_empty()).collect(),
            next,
        };
        Ok(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    async fn connections(
        &self,
        visitor: &Visitor,
        after: Option<ClientId>,
    ) -> Result<(Vec<Connection>, Option<String>), Rejection> {
        let (subject, now) = (&visitor.person.subject, self.config.clock.now());
        let mut clients = self.store.clients_of(subject, &Page { after, limit: LISTED + 1 }, now).await?;
        let more = clients.len() > LISTED as usize;
        clients.truncate(LISTED as usize);
        let next = clients.last().filter(|_| more).map(|last| self.connected_location(&[("after", last.as_str())]));
        let mut connections = Vec::new();
        for client in clients {
            connections.push(self.connection(visitor, client, Page::first(SHOWN_OF_EACH)).await?);
        }
        Ok((connections, next))
    }

    /// Reads a client and some of the approvals for it.
    async fn connection(
        &self,
        visitor: &Visitor,
        client_id: ClientId,
        page: Page<GrantId>,
    ) -> Result<Connection, Rejection> {
        let filter = GrantFilter::Both(visitor.person.subject.clone(), client_id.clone());
        let one_more = Page { limit: page.limit + 1, ..page };
        let mut grants = self.store.grants(&filter, &one_more, self.config.clock.now()).await?;
        let is_more = grants.len() > page.limit as usize;
        grants.truncate(page.limit as usize);
        // The list shows some of them, and the page of the client all from the first one on.
        let last = grants.last().filter(|_| page.limit == OF_ONE).map(|last| handle(visitor, &last.id));
        let more = is_more.then(|| {
            let after = last.iter().map(|last| ("after", last.as_str()));
            let fields: Vec<_> = [("client_id", client_id.as_str())].into_iter().chain(after).collect();
            self.connected_location(&fields)
        });
        let mut authorizations: Vec<_> = grants.iter().map(|grant| self.authorization(visitor, grant)).collect();
        // Those of the same second in an order that people can see: identifiers are random.
        authorizations.sort_by(|one, other| {
            let seen = |it: &Authorization| (it.scopes.clone(), it.resources.clone(), it.last_issued, it.expires);
            other.approved.cmp(&one.approved).then_with(|| seen(one).cmp(&seen(other)))
        });
        let client = self.store.client(&client_id).await?;
        Ok(Connection {
            sanctioned: client.as_ref().is_some_and(|client| client.sanctioned),
            name: client.map_or_else(|| client_id.to_string(), |client| client.name),
            client_id,
            authorizations,
            more,
        })
    }

    fn connected_location(&self, fields: &[(&str, &str)]) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("{}?{query}", self.config.paths.join("connected"))
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

    /// Revokes one approval of a client, or all that a person allowed it; the tokens end with it. How many there are
    /// makes no difference: none is read but the one that is named.
    pub(crate) async fn revoke(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let (visitor, form) = self.posted(request).await?;
        let client_id = form.get("client_id").and_then(|id| ClientId::new(id).ok());
        let client_id = client_id.ok_or(Rejection::ApplicationNotFound)?;
        let (subject, now) = (visitor.person.subject.clone(), self.config.clock.now());
        if let Some(given) = form.get("authorization") {
            let named = match grant_of(&visitor, given) {
                Some(id) => self.store.grant(&id).await?,
                None => None,
            };
            let filter = GrantFilter::Both(subject, client_id);
            if let Some(grant) = named.filter(|grant| filter.matches(grant))
                && self.store.revoke_grant(&grant.id, now).await?
            {
                self.config.events.record(&Event::GrantRevoked { client_id: grant.client_id, grant: grant.id });
            }
        } else {
            let number = self.store.revoke_grants(&GrantFilter::Both(subject.clone(), client_id.clone()), now).await?;
            self.config.events.record(&Event::GrantsRevoked { client_id, subject, number });
        }
        Ok(response::see_other(&self.config.paths.link("connected")))
    }
}

/// Stands for a grant in a page of this session: its identifier stays here. A digest of it under a key that only the
/// cookie holds, and the identifier under a mask that the digest decides: nobody else makes one, or reads it.
fn handle(visitor: &Visitor, grant: &GrantId) -> String {
    let proof = first_half(keyed("oauth-pages grant", &visitor.cookie, grant.as_bytes()));
    let masked = masked(visitor, proof, *grant.as_bytes());
    URL_SAFE_NO_PAD.encode([proof, masked].concat())
}

/// Reads what stands for a grant in this session.
fn grant_of(visitor: &Visitor, handle: &str) -> Option<GrantId> {
    let bytes = URL_SAFE_NO_PAD.decode(handle).ok()?;
    let ([proof, given], []) = bytes.as_chunks::<16>() else { return None };
    let id = GrantId::from_bytes(masked(visitor, *proof, *given));
    equal_in_constant_time(handle, &self::handle(visitor, &id)).then_some(id)
}

fn masked(visitor: &Visitor, proof: [u8; 16], mut id: [u8; 16]) -> [u8; 16] {
    let mask = first_half(keyed("oauth-pages mask", &visitor.cookie, &proof));
    id.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    id
}

fn first_half(digest: Digest) -> [u8; 16] {
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
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
    next: Option<String>,
}
