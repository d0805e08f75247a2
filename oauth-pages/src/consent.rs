use crate::accounts::Accounts;
use crate::destination::Destination;
use crate::membership::ORGANISATION;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::{Visitor, keyed};
use crate::sign_in::Typed;
use crate::sign_in_for::SignInFor;
use askama::Template;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use oauth_core::error::Rejection;
use oauth_core::http::Parameters;
use oauth_core::identifier::ClientId;
use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, Denial, remembered};
use oauth_core::scope::Scope;
use oauth_core::secret::{Digest, equal_in_constant_time};
use oauth_core::store::{self, Marks, PendingDecision, SessionStore, Store};
use std::time::Duration;

/// How long a decision waits for its authorization request, which the browser sends at once.
const DECISION_LIFETIME: Duration = Duration::from_secs(60);
/// What the name of a scope's checkbox starts with.
const SCOPE_FIELD: &str = "scope:";
/// What the word starts with that says on which marks a decision rests.
const MARKS: &str = "marks=";

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Decides on an authorization request: takes the decision that waits for it, once, remembers what
    /// was allowed before, or gives the page on which it will be decided.
    pub(crate) async fn decide_on(
        &self,
        request: &Request<Bytes>,
        ask: &AuthorizationRequest,
    ) -> store::Result<Decided> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(Decision::SignIn(self.ask_to_sign_in(request, ask, None)).into());
        };
        if let Some(barrier) = self.barrier(&visitor.person) {
            return Ok(self.refuse(&visitor, ask, barrier).await?.into());
        }
        let sign_in = self.sign_in_for(&visitor, ask).await?;
        if sign_in == SignInFor::Wanted {
            return Ok(Decision::SignIn(self.ask_to_sign_in(request, ask, Some(&visitor))).into());
        }
        let (now, subject) = (self.config.clock.now(), &visitor.person.subject);
        let marks = self.store.marks(subject, &ask.client().id).await?;
        let waiting = self.store.take_decision(&visitor.session.digest, &on_page(ask), now).await?;
        let approval = approval(&visitor, ask.scope().clone(), sign_in != SignInFor::Nothing);
        let mut approval = approval.resting_on(marks);
        let decision = match waiting {
            // What was asked and ticked; where that is nothing, the core takes it for a refusal.
            Some(PendingDecision { allowed: Some(ticked), .. }) if ticked.contains(&word_of(marks)) => {
                approval.scope = ask.scope().intersection(&ticked);
                Decision::Allow(approval.asked(ask))
            }
            Some(PendingDecision { allowed: None, .. }) => Decision::Deny(Denial::ByOwner),
            Some(_) | None => match remembered(&self.store, &self.config, ask, approval).await? {
                Some(approval) => Decision::Allow(approval),
                None => {
                    self.keep_sign_in(&visitor, ask, sign_in).await?;
                    Decision::Consent(self.consent_page(&visitor, ask).await?)
                }
            },
        };
        Ok(decision.into())
    }

    fn ask_to_sign_in(
        &self,
        request: &Request<Bytes>,
        ask: &AuthorizationRequest,
        visitor: Option<&Visitor>,
    ) -> Response<Bytes> {
        let destination = Destination::authorization(ask.query());
        if request.method() == Method::POST && !self.is_long_and_ours(request, &destination) {
            // A form on the client's site brings no Lax cookie, so perhaps somebody is signed in:
            // the same request as a link will tell.
            return self.go_on(request, &destination);
        }
        let person = visitor.map(|visitor| &visitor.person);
        let known = person.map_or("", |person| person.username.as_str());
        let typed = Typed {
            username: ask.login_hint().unwrap_or(known),
            organisation: person.and_then(|person| person.organisation.as_deref()).unwrap_or_default(),
        };
        self.sign_in_page(request, &destination, typed, None)
    }

    async fn consent_page(&self, visitor: &Visitor, ask: &AuthorizationRequest) -> store::Result<Response<Bytes>> {
        let client = ask.client();
        let developer = match &client.owner {
            Some(owner) => self.accounts.person(owner).await?.map(|person| person.username),
            None => None,
        };
        let page = Consent {
            frame: self.frame("Allow access?", Some(visitor)),
            csrf: visitor.csrf_token(),
            request: ask.query(),
            shown: ask.shown().to_base64url(),
            proof: proof(visitor, &on_page(ask)),
            name: &client.name,
            site: client.uri.as_deref().filter(|uri| is_web_address(uri)),
            developer,
            sanctioned: client.sanctioned,
            host: without_port(ask.redirect_target().host()),
            scopes: ask.scope().iter().map(|name| (name, ask.scope_in_words(name).unwrap_or(name))).collect(),
            resources: ask.resources().iter().map(|resource| resource.as_str()).collect(),
            username: &visitor.person.username,
            organisation: visitor.person.organisation.as_deref(),
        };
        Ok(response::page(StatusCode::OK, &page, Forms::MayLeave))
    }

    /// Takes a decision, keeps it for one use, and sends the browser back to the authorization
    /// endpoint, which checks the request anew.
    pub(crate) async fn consent(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let (visitor, form) = self.posted(request).await?;
        let query = form.get("request").ok_or(Rejection::FormNotOurs)?;
        // Request and page go through the browser. If they were changed there, the person would decide on
        // something else than they saw; the proof was made for both.
        let digest = decided_on(query, form.get("shown").unwrap_or_default());
        let shown = form.get("proof").is_some_and(|given| equal_in_constant_time(given, &proof(&visitor, &digest)));
        if !shown {
            return Err(Rejection::FormNotOurs);
        }
        let allowed = match form.get("decision") {
            Some("allow") => Some(ticked(&form, &self.marks_at(&visitor, query).await?)),
            Some("deny") => None,
            _ => return Err(Rejection::FormNotOurs),
        };
        let expires_at = self.config.clock.now().after(DECISION_LIFETIME);
        let session = visitor.session.digest;
        self.store.save_decision(&PendingDecision { session, request: digest, allowed, expires_at }).await?;
        Ok(self.go_on(request, &Destination::authorization(query)))
    }

    /// Reads the marks that a decision on a request rests on which is made just now.
    async fn marks_at(&self, visitor: &Visitor, query: &str) -> Result<String, Rejection> {
        let client_id = Parameters::parse(query.as_bytes())?.require("client_id")?.parse::<ClientId>();
        let client_id = client_id.map_err(|_| Rejection::FormNotOurs)?;
        Ok(word_of(self.store.marks(&visitor.person.subject, &client_id).await?))
    }

    /// Says a scope in words, where the settings have some.
    pub(crate) fn in_words<'a>(&'a self, name: &'a str) -> &'a str {
        self.config.scopes.get(name).map_or(name, String::as_str)
    }
}

/// Allows a scope for somebody who is signed in.
fn approval(visitor: &Visitor, scope: Scope, signed_in_anew: bool) -> Approval {
    let mut approval = Approval::new(visitor.person.subject.clone(), scope);
    approval.auth_time = Some(visitor.session.created_at);
    approval.signed_in_anew = signed_in_anew;
    approval.attributes.insert("username".to_owned(), visitor.person.username.clone());
    let organisation = visitor.person.organisation.clone();
    approval.attributes.extend(organisation.map(|organisation| (ORGANISATION.to_owned(), organisation)));
    approval
}

/// Computes what stands for a request on the page that asks for it: a decision on an application that is
/// edited meanwhile is a decision on something else.
pub(crate) fn on_page(ask: &AuthorizationRequest) -> Digest {
    decided_on(ask.query(), &ask.shown().to_base64url())
}

fn decided_on(query: &str, shown: &str) -> Digest {
    Digest::of(&format!("{query}\n{shown}"))
}

/// Says in a word what a decision that waits rests on. It stands among the scopes that were ticked, and a request
/// can ask for no scope of that name: after a revocation the word is another, and the page is shown again.
fn word_of(marks: Marks) -> String {
    format!("{MARKS}{}.{}", marks.subject.as_number(), marks.client.as_number())
}

/// Computes what proves that this request was shown to this person in this session.
pub(crate) fn proof(visitor: &Visitor, request: &Digest) -> String {
    keyed("oauth-pages consent", &visitor.cookie, request.as_bytes()).to_base64url()
}

fn ticked(form: &Parameters, rests_on: &str) -> Scope {
    let names = form.names().filter_map(|name| name.strip_prefix(SCOPE_FIELD));
    let names: Vec<&str> = names.filter(|name| !name.starts_with(MARKS)).chain([rests_on]).collect();
    names.join(" ").parse().unwrap_or_default()
}

/// Leaves the port out, which tells a person nothing: an application on their own device has another
/// one every time.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Tells whether an address may be a link. Registration checks it too, but a store may hold others.
pub(crate) fn is_web_address(uri: &str) -> bool {
    uri.starts_with("https://") || uri.starts_with("http://")
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    frame: Frame,
    csrf: String,
    request: &'a str,
    shown: String,
    proof: String,
    name: &'a str,
    site: Option<&'a str>,
    developer: Option<String>,
    sanctioned: bool,
    host: &'a str,
    scopes: Vec<(&'a str, &'a str)>,
    resources: Vec<&'a str>,
    username: &'a str,
    organisation: Option<&'a str>,
}
