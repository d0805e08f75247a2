//! The resource owner's side: who is signed in, and what they allow.

mod remembered;

pub use remembered::remembered;

use crate::client::Client;
use crate::clock::Timestamp;
use crate::error::Rejection;
use crate::identifier::{Attributes, GrantId, Resource, Subject};
use crate::pkce::CodeChallenge;
use crate::redirect::RedirectTarget;
use crate::scope::Scope;
use crate::secret::Digest;
use crate::store::{self, Grant, Marks};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

/// How far the clock of another process of the same provider may be ahead.
const SKEW: Duration = Duration::from_secs(60);

/// What a client asks a person for: checked, before anybody is asked (RFC 6749 §4.1.1).
///
/// It has no public constructor: code that holds one knows that the client is registered and enabled,
/// that the redirect URI is its own, and that scope, resources and PKCE are as they must be.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub(crate) client: Client,
    pub(crate) target: RedirectTarget,
    pub(crate) scope: Scope,
    pub(crate) words: BTreeMap<String, String>,
    pub(crate) implicit: bool,
    pub(crate) resources: Vec<Resource>,
    pub(crate) names_resources: bool,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) nonce: Option<String>,
    pub(crate) prompt: BTreeSet<String>,
    pub(crate) max_age: Option<u64>,
    pub(crate) login_hint: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) query: String,
}

impl AuthorizationRequest {
    /// Gives the client that asks.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Gives the scope it asks for, or the default.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Says one of its scope tokens in words, where the settings or the policy of scopes have some.
    pub fn scope_in_words(&self, token: &str) -> Option<&str> {
        self.words.get(token).map(String::as_str)
    }

    /// Tells whether its answer is an access token in the fragment of the redirect URI, rather than a
    /// code (RFC 6749 §4.2).
    pub fn is_implicit(&self) -> bool {
        self.implicit
    }

    /// Gives the resources at which its token can be used: those that it names, or the default audience.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Gives where the answer will be sent.
    pub fn redirect_target(&self) -> &RedirectTarget {
        &self.target
    }

    /// Tells whether it may not be answered with a page (`prompt=none`).
    pub fn forbids_interaction(&self) -> bool {
        self.prompt.contains("none")
    }

    /// Tells whether the person must be asked although they consented before (`prompt=consent`, and
    /// `select_account`, whose answer is given on the same page).
    pub fn asks_for_consent(&self) -> bool {
        ["consent", "select_account"].iter().any(|value| self.prompt.contains(*value))
    }

    /// Tells whether the person must sign in again for this request (OpenID Connect Core §3.1.2.1):
    /// always with `prompt=login`, and with `max_age` where they signed in longer ago, at no known time,
    /// or in the future. Once they did, the approval is [`signed_in_anew`](Approval::signed_in_anew).
    pub fn asks_for_sign_in(&self, auth_time: Option<Timestamp>, now: Timestamp) -> bool {
        let recent = |most| auth_time.is_some_and(|at| at <= now.after(SKEW) && now.seconds_since(at) <= most);
        self.prompt.contains("login") || self.max_age.is_some_and(|most| !recent(most))
    }

    /// Tells whether an approval lacks the sign-in that it asks for.
    pub(crate) fn is_short_of_sign_in(&self, approval: &Approval, now: Timestamp) -> bool {
        !approval.signed_in_anew && self.asks_for_sign_in(approval.auth_time, now)
    }

    /// Tells whether it says anything about when the person signed in (`prompt=login`, `max_age`).
    pub fn minds_sign_in(&self) -> bool {
        self.prompt.contains("login") || self.max_age.is_some()
    }

    /// Gives whom the client expects to sign in, if it said so.
    pub fn login_hint(&self) -> Option<&str> {
        self.login_hint.as_deref()
    }

    /// Gives the whole request as a query in one canonical order: what a page sends the browser back
    /// to the authorization endpoint with.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Computes what stands for that which a consent page shows of the client: its name, site, type and
    /// owner, the host of the redirect URI, and whether this server vouches for it. A consent is remembered as
    /// long as it is the same; scopes and resources are compared one by one.
    pub fn shown(&self) -> Digest {
        self.shown_as(self.client.sanctioned)
    }

    fn shown_as(&self, sanctioned: bool) -> Digest {
        let Client { name, uri, client_type, owner, .. } = &self.client;
        // An application on the person's own device has another port every time.
        let host = match self.target.host().rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => self.target.host(),
        };
        Digest::of(&serde_json::json!([name, uri, client_type, owner, host, sanctioned]).to_string())
    }

    /// Tells whether a consent covers what a page would show now. A client that this server vouches for since
    /// then is no reason to ask again.
    pub(crate) fn is_shown_by(&self, shown: Digest) -> bool {
        shown == self.shown_as(false) || self.client.sanctioned && shown == self.shown_as(true)
    }

    /// Computes what stands for the exact request, every parameter included: what a consent is
    /// bound to.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.query)
    }
}

/// What a person allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Approval {
    /// Who allowed it.
    pub subject: Subject,
    /// What was allowed: a part of what was asked.
    pub scope: Scope,
    /// When the person signed in.
    pub auth_time: Option<Timestamp>,
    /// How strongly the person was authenticated; no control characters.
    pub acr: Option<String>,
    /// Free attributes for the grant and its tokens; no control characters.
    pub attributes: Attributes,
    /// Whether it was decided without a page, by a consent that is [`remembered`] or a client that is
    /// trusted: the browser is then redirected with 302 rather than 303, and a request that
    /// [asks for consent](AuthorizationRequest::asks_for_consent) is refused.
    pub remembered: bool,
    /// What the page showed on which the person allowed it; `None` if no page asked. Only what a page asked for
    /// is [`remembered`]. [`asked`](Self::asked) sets it.
    pub shown: Option<Digest>,
    /// Whether the person signed in for this very request, which answers `prompt=login` and `max_age`.
    pub signed_in_anew: bool,
    /// The grants that a remembered consent is read from: revoked meanwhile, they take it along.
    pub(crate) rests_on: Vec<GrantId>,
    /// The marks as they were when it was decided; `None` if that was in this very request.
    pub(crate) marks: Option<Marks>,
}

impl Approval {
    /// Allows `scope` for `subject`.
    pub fn new(subject: Subject, scope: Scope) -> Self {
        Self {
            subject,
            scope,
            auth_time: None,
            acr: None,
            attributes: Attributes::new(),
            remembered: false,
            shown: None,
            signed_in_anew: false,
            rests_on: Vec::new(),
            marks: None,
        }
    }

    /// Says that a page asked the person for this request, and showed what [`AuthorizationRequest::shown`]
    /// stands for: the consent may be remembered.
    #[must_use]
    pub fn asked(mut self, ask: &AuthorizationRequest) -> Self {
        self.shown = Some(ask.shown());
        self
    }

    /// Says which [marks](crate::store::GrantStore::marks) the decision rests on: those that were read when the
    /// person decided, if that was in an earlier request. What ended since then overtakes the decision. Not needed
    /// if the person decides in the request that is answered with it; read the marks ten minutes before at most.
    #[must_use]
    pub fn resting_on(mut self, marks: Marks) -> Self {
        self.marks = Some(marks);
        self
    }
}

/// An error of an authorization request that is shown to the person, and not sent to a client that anybody could
/// have registered (RFC 9700 §4.11.2).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UnsentError<'a> {
    /// The client that the request names.
    pub client: &'a Client,
    /// Where a redirect would have led: the host of a web address, the scheme of any other.
    pub host: &'a str,
    /// What is wrong.
    pub rejection: Rejection,
    /// The address that tells the client the same, for a link.
    pub location: &'a str,
}

/// Why a person, or the application for them, refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// The person pressed "deny".
    ByOwner,
    /// The application does not let this person decide.
    NotEntitled,
}

/// What is to be done with an authorization request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Decision {
    /// The person allows.
    Allow(Approval),
    /// The person refuses.
    Deny(Denial),
    /// Nobody is signed in: show this page.
    SignIn(Response<Bytes>),
    /// Somebody is signed in and must be asked: show this page.
    Consent(Response<Bytes>),
    /// Somebody is signed in and must do something other than consent first: show this page.
    Interact(Response<Bytes>),
}

/// A decision, with headers for the answer it leads to (`Set-Cookie` and the like).
#[derive(Debug)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// Headers to add to the answer.
    pub headers: HeaderMap,
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        Self { decision, headers: HeaderMap::new() }
    }
}

/// Knows who is signed in and what they allow: what an application gives that has users.
///
/// pyoauth2 called this `validate_access`. `oauth-pages` implements it for applications that have no
/// pages for it yet.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use oauth_core::identifier::Subject;
/// use oauth_core::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
/// use oauth_core::store::Result;
///
/// /// A machine with one user, who is always there and always agrees.
/// struct OneUser;
///
/// impl ResourceOwner for OneUser {
///     async fn decide(&self, _: &Request<Bytes>, ask: &AuthorizationRequest) -> Result<Decided> {
///         let Ok(subject) = Subject::new("me") else {
///             return Ok(Decision::SignIn(Response::new(Bytes::from("nobody lives here"))).into());
///         };
///         Ok(Decision::Allow(Approval::new(subject, ask.scope().clone())).into())
///     }
/// }
/// ```
pub trait ResourceOwner: Send + Sync + 'static {
    /// Decides on a request, or gives the page on which a person will.
    ///
    /// A form on such a page posts to a path of [`page`](Self::page), which stores the decision once
    /// and sends the browser back (303) to the authorization endpoint with
    /// [`AuthorizationRequest::query`].
    ///
    /// # Errors
    /// The store does not answer; the client is told `temporarily_unavailable`.
    fn decide(
        &self,
        request: &Request<Bytes>,
        ask: &AuthorizationRequest,
    ) -> impl Future<Output = store::Result<Decided>> + Send;

    /// Answers requests to the application's own pages under the base path; `None` where there is no
    /// such page.
    fn page(&self, _request: &Request<Bytes>) -> impl Future<Output = Option<Response<Bytes>>> + Send {
        async { None }
    }

    /// Says who is signed in in this browser: an error of an authorization request is sent to a client that
    /// anybody could have registered only if somebody is. Nobody, unless written.
    ///
    /// # Errors
    /// The store does not answer; the error is shown on a page.
    fn visitor(&self, _request: &Request<Bytes>) -> impl Future<Output = store::Result<Option<Subject>>> + Send {
        async { Ok(None) }
    }

    /// Tells whether a person runs this server, so that a client that they registered is known. Nobody does,
    /// unless written; clients without an owner are known anyway.
    ///
    /// # Errors
    /// As [`visitor`](Self::visitor).
    fn is_administrator(&self, _subject: &Subject) -> impl Future<Output = store::Result<bool>> + Send {
        async { Ok(false) }
    }

    /// Tells whether a person may still be acted for. Asked before a code or a refresh token turns
    /// into tokens, so that nothing is issued for an account that was closed meanwhile.
    ///
    /// # Errors
    /// The store does not answer; the client is told to try again.
    fn is_active(&self, _subject: &Subject) -> impl Future<Output = store::Result<bool>> + Send {
        async { Ok(true) }
    }

    /// Tells whether a person is still entitled to what they allowed with this grant: unless written, whether
    /// they are [active](Self::is_active). Asked before a code or a refresh token turns into tokens. An
    /// application whose people lose roles or leave organisations compares them here with the grant's
    /// attributes; access tokens that are out expire as usual.
    ///
    /// # Errors
    /// The store does not answer; the client is told to try again.
    fn is_entitled(&self, grant: &Grant) -> impl Future<Output = store::Result<bool>> + Send {
        self.is_active(&grant.subject)
    }

    /// Tells whether what was decided on this request still holds: the session lives, its credential is the
    /// person's, and the person may still decide. Asked after the marks of the decision were read
    /// ([`Basis`](crate::store::Basis)) and before its code is saved. `false` means that it is decided again,
    /// from [`decide`](Self::decide) on.
    ///
    /// # Errors
    /// The store does not answer; the client is told to try again, and no code is saved.
    fn still_holds(
        &self,
        _request: &Request<Bytes>,
        _subject: &Subject,
    ) -> impl Future<Output = store::Result<bool>> + Send {
        async { Ok(true) }
    }

    /// Says to a person that an application which sent them here is blocked, and why
    /// ([`Client::blocked`]); `None` for [`error_page`](Self::error_page) with
    /// [`Rejection::BlockedClient`]. The browser is never sent on to such an application.
    fn blocked_page(
        &self,
        _request: &Request<Bytes>,
        _client: &Client,
    ) -> impl Future<Output = Option<Response<Bytes>>> + Send {
        async { None }
    }

    /// Renders an error that is not sent to the client by itself, with a link that sends it; `None` for the
    /// core's plain text.
    fn unsent_page(&self, _error: &UnsentError<'_>) -> Option<Response<Bytes>> {
        None
    }

    /// Renders an error that is shown to the person who sent this request; `None` for the core's plain text.
    fn error_page(
        &self,
        _request: &Request<Bytes>,
        _rejection: Rejection,
    ) -> impl Future<Output = Option<Response<Bytes>>> + Send {
        async { None }
    }
}
