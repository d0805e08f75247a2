use super::{Approval, AuthorizationRequest};
use crate::config::Config;
use crate::identifier::{Attributes, Resource};
use crate::store::{self, Grant, GrantFilter, GrantStore, Page};
use std::collections::BTreeSet;

/// The attribute of an approval and its grant that a consent is bound to: whoever acts for one
/// organisation has consented to nothing for another.
const ORGANISATION: &str = "organisation";
/// How many grants are read at once.
const BATCH: u32 = 100;
/// How many grants are looked at: a person who has more for one client is asked again.
const MOST: usize = 1_000;

/// Answers a request without asking the person, where that may be: the approval as it was given,
/// marked as [`remembered`](Approval::remembered), or `None` where a page must ask.
///
/// - A client that is [`trusted`](crate::client::Client::trusted) is not asked about.
/// - With [`Config::remember_consent`] a person who allowed it before is not asked again. What they
///   allowed is read from the live grants under which tokens were issued: each scope that is approved
///   must have been allowed for each resource that is asked for, and, where the approval has an attribute
///   `organisation`, for the same one. A revocation of the grants forgets the consent.
///   Only grants count that a page asked for ([`Approval::asked`]), and only while the page would show the
///   same: name, site, type and owner of the client, the host of the redirect URI, and not less trust in it
///   ([`AuthorizationRequest::shown`]).
/// - A client that wants it is always asked about (`prompt=consent`).
/// - So is a public client that is not answered at an https address: anybody can pretend to be it
///   (RFC 6749 §10.2, RFC 8252 §8.6).
///
/// Sign-in is another matter: ask [`AuthorizationRequest::asks_for_sign_in`] before.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use oauth_core::config::Config;
/// use oauth_core::identifier::Subject;
/// use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner, remembered};
/// use oauth_core::store::{MemoryStore, Result};
///
/// struct People { store: MemoryStore, config: Config }
///
/// impl ResourceOwner for People {
///     async fn decide(&self, request: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
///         let Some(subject) = signed_in(request) else {
///             return Ok(Decision::SignIn(Response::new(Bytes::from("a sign-in page"))).into());
///         };
///         let approval = Approval::new(subject, ask.scope().clone());
///         Ok(match remembered(&self.store, &self.config, ask, approval).await? {
///             Some(approval) => Decision::Allow(approval),
///             None => Decision::Consent(Response::new(Bytes::from("a page that asks"))),
///         }
///         .into())
///     }
/// }
///
/// fn signed_in(request: &Request<Bytes>) -> Option<Subject> {
///     // from a session of your own
/// #   drop(request.headers());
///     Subject::new("ada").ok()
/// }
/// ```
///
/// # Errors
/// The store does not answer.
pub async fn remembered<S: GrantStore>(
    store: &S,
    config: &Config,
    ask: &AuthorizationRequest,
    mut approval: Approval,
) -> store::Result<Option<Approval>> {
    let is_itself = ask.client.is_confidential() || ask.target.is_https();
    if ask.asks_for_consent() || !is_itself {
        return Ok(None);
    }
    approval.remembered = true;
    if ask.client.trusted {
        return Ok(Some(approval));
    }
    if !config.remember_consent || approval.scope.is_empty() {
        return Ok(None);
    }
    let filter = GrantFilter::Both(approval.subject.clone(), ask.client.id.clone());
    let now = config.clock.now();
    let mut left = Unallowed::new(config, ask, &approval);
    let (mut page, mut looked_at) = (Page::first(BATCH), 0);
    loop {
        let grants = store.grants(&filter, &page, now).await?;
        for grant in &grants {
            if let Some(shown) = grant.shown.filter(|shown| ask.is_shown_by(*shown))
                && left.strike_out(grant, &approval.attributes)
            {
                approval.rests_on.push(grant.id);
                // The least that any of them was shown.
                approval.shown = approval.shown.filter(|least| *least == ask.shown_as(false)).or(Some(shown));
            }
            if left.is_none() {
                return Ok(Some(approval));
            }
        }
        looked_at += grants.len();
        match grants.last() {
            Some(last) if grants.len() >= BATCH as usize && looked_at < MOST => page = Page::after(last.id, BATCH),
            _ => return Ok(None),
        }
    }
}

/// What no grant allows yet: scopes, each for a resource, or for none where none is asked for.
struct Unallowed<'a> {
    left: BTreeSet<(Option<Resource>, String)>,
    /// What a grant that names no resource allows.
    default_audience: &'a [Resource],
}

impl<'a> Unallowed<'a> {
    fn new(config: &'a Config, ask: &AuthorizationRequest, approval: &Approval) -> Self {
        let mut resources: Vec<Option<Resource>> = ask.resources.iter().cloned().map(Some).collect();
        if resources.is_empty() {
            resources.push(None);
        }
        let scopes = |resource: Option<Resource>| {
            approval.scope.iter().map(move |scope| (resource.clone(), scope.to_owned())).collect::<Vec<_>>()
        };
        Self { left: resources.into_iter().flat_map(scopes).collect(), default_audience: &config.default_audience }
    }

    /// Strikes out what a grant allows, and tells whether that was anything.
    fn strike_out(&mut self, grant: &Grant, attributes: &Attributes) -> bool {
        // A code that nobody redeemed may be withdrawn this very moment.
        let counts =
            grant.last_issued_at.is_some() && grant.attributes.get(ORGANISATION) == attributes.get(ORGANISATION);
        let before = self.left.len();
        let audience = if grant.audience.is_empty() { self.default_audience } else { &grant.audience };
        self.left.retain(|(resource, scope)| {
            let there = match resource {
                Some(resource) => audience.contains(resource),
                None => audience.is_empty(),
            };
            !(counts && there && grant.scope.contains(scope))
        });
        self.left.len() < before
    }

    fn is_none(&self) -> bool {
        self.left.is_empty()
    }
}
