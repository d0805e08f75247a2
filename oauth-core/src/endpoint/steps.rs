use super::answer::Answer;
use super::authorization::{Concluded, conclude, examine};
use crate::error::Rejection;
use crate::http::{self as wire, Parameters};
use crate::identifier::Subject;
use crate::owner::{Approval, AuthorizationRequest, Decision};
use crate::secret::PendingTicket;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{self, PendingRequest, PendingRequestStore};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use std::time::Duration;

/// What became of an authorization request that an application takes step by step, on pages and routes
/// of its own, rather than by a [`ResourceOwner`](crate::owner::ResourceOwner) that decides at once.
///
/// One that is pending is [saved] for the person who is signed in. The ticket goes into a form;
/// the person who posts the form [accepts] or [declines], once, and only if it is the same person.
/// The form needs the application's own protection against requests from elsewhere (RFC 6749 §10.12), as
/// every other form of it.
///
/// [saved]: crate::provider::Provider::save_pending
/// [accepts]: crate::provider::Provider::accept
/// [declines]: crate::provider::Provider::decline
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use oauth_core::endpoint::{CodeRequest, Declined};
/// use oauth_core::identifier::Subject;
/// use oauth_core::owner::Approval;
/// use oauth_core::provider::{AuthorizationProvider, Provider};
/// use oauth_core::secret::PendingTicket;
/// use oauth_core::store::{PendingRequestStore, Result};
/// use std::time::Duration;
///
/// /// Answers a GET to the page on which people decide.
/// async fn show<P>(provider: &Provider<P>, request: &Request<Bytes>, who: &Subject) -> Result<Response<Bytes>>
/// where
///     P: AuthorizationProvider<Store: PendingRequestStore>,
/// {
///     Ok(match provider.code_request(request).await {
///         CodeRequest::Broken(page) => page,       // stays here: nobody knows whom to tell
///         CodeRequest::Invalid(redirect) => redirect, // tells the client what is wrong
///         CodeRequest::Pending(ask) => {
///             let ticket = provider.save_pending(&ask, who, Duration::from_secs(600)).await?;
///             let page = format!("{} wants {}: <input name=ticket value={}>", ask.client().name, ask.scope(), ticket.expose());
///             Response::new(Bytes::from(page))
///         }
///     })
/// }
///
/// /// Answers the form.
/// async fn decided<P>(provider: &Provider<P>, request: &Request<Bytes>, who: Subject, ticket: &str, yes: bool) -> Response<Bytes>
/// where
///     P: AuthorizationProvider<Store: PendingRequestStore>,
/// {
///     let ticket = PendingTicket::new(ticket);
///     if !yes {
///         return provider.decline(request, &ticket, &who, Declined::AccessDenied).await;
///     }
///     let mut approval = Approval::new(who, "read".parse().unwrap_or_default());
///     approval.attributes.insert("organisation".to_owned(), "12".to_owned());
///     provider.accept(request, &ticket, approval).await
/// }
/// ```
#[derive(Debug)]
pub enum CodeRequest {
    /// It names no client, or no redirect URI of that client: nothing may be sent anywhere, so this page
    /// is shown.
    Broken(Response<Bytes>),
    /// Something else is wrong with it, which this redirect tells the client; or a page tells the person, if
    /// anybody could have registered the client (RFC 9700 §4.11.2).
    Invalid(Response<Bytes>),
    /// It is as it should be, and a person has to decide.
    Pending(Box<AuthorizationRequest>),
}

/// Why a pending request is declined, as the client is told (RFC 6749 §4.1.2.1, OpenID Connect Core
/// §3.1.2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declined {
    /// The person, or the application for them, refuses.
    #[default]
    AccessDenied,
    /// Nobody is signed in, and the request [forbids asking](AuthorizationRequest::forbids_interaction).
    LoginRequired,
    /// The person would have to be asked, which the request forbids.
    ConsentRequired,
    /// The person would have to do something else first, which the request forbids.
    InteractionRequired,
    /// The scope is not for this person.
    InvalidScope,
    /// It cannot be decided just now.
    TemporarilyUnavailable,
}

impl Declined {
    fn rejection(self) -> Rejection {
        match self {
            Self::AccessDenied => Rejection::AccessDenied,
            Self::LoginRequired => Rejection::LoginRequired,
            Self::ConsentRequired => Rejection::ConsentRequired,
            Self::InteractionRequired => Rejection::InteractionRequired,
            Self::InvalidScope => Rejection::ScopeUnknown,
            Self::TemporarilyUnavailable => Rejection::Busy,
        }
    }
}

impl<P: AuthorizationProvider> Server<P> {
    /// Checks an authorization request as the authorization endpoint does, and asks nobody yet.
    pub(crate) async fn code_request(&self, request: &Request<Bytes>) -> CodeRequest {
        match Parameters::from_authorization_request(request) {
            Ok(parsed) => examine(self, request, parsed, false).await,
            Err(rejection) => CodeRequest::Broken(self.error_page(request, rejection).await),
        }
    }
}

impl<P> Server<P>
where
    P: AuthorizationProvider<Store: PendingRequestStore>,
{
    /// Saves a request for a person to decide within a time, and gives the ticket for the form.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn save_pending(
        &self,
        ask: &AuthorizationRequest,
        subject: &Subject,
        lifetime: Duration,
    ) -> store::Result<PendingTicket> {
        let (ticket, created_at) = (PendingTicket::generate(), self.config().clock.now());
        let pending = PendingRequest {
            digest: ticket.digest(),
            subject: subject.clone(),
            query: ask.query.clone(),
            created_at,
            expires_at: created_at.after(lifetime),
        };
        self.store().save_pending(&pending).await?;
        Ok(ticket)
    }

    /// Accepts what waits under a ticket for the person of the approval, who must be the one signed in:
    /// with attributes, and with a part of the scope if they say so. Gives the answer for the browser: the
    /// redirect with the code, or what is wrong with the request by now. If what the decision rests on changed
    /// while it was saved (the client was edited, grants were revoked, a password changed), the browser is sent
    /// to the authorization endpoint with the same request, which is decided anew. Returns an error page if the
    /// ticket was used, has expired, or belongs to another person.
    pub(crate) async fn accept(
        &self,
        request: &Request<Bytes>,
        ticket: &PendingTicket,
        approval: Approval,
    ) -> Response<Bytes> {
        match self.taken(request, ticket, &approval.subject).await {
            Ok(ask) if ask.forbids_interaction() && !approval.remembered => {
                Answer::to(self.config(), request, &ask).error(Rejection::ConsentRequired, HeaderMap::new())
            }
            Ok(ask) => match conclude(self, request, &ask, Decision::Allow(approval).into()).await {
                Concluded::Answered(answer) => answer,
                // What was decided holds no more. The same request goes on where it began, and is decided anew.
                Concluded::Changed => self.again(&ask),
            },
            Err(answer) => answer,
        }
    }

    fn again(&self, ask: &AuthorizationRequest) -> Response<Bytes> {
        let config = self.config();
        let location = format!("{}?{}", config.url(&config.paths.authorization_path()), ask.query());
        wire::redirect(StatusCode::SEE_OTHER, &location, HeaderMap::new())
    }

    /// Declines what waits under a ticket for a person, and gives the redirect that tells the client.
    pub(crate) async fn decline(
        &self,
        request: &Request<Bytes>,
        ticket: &PendingTicket,
        subject: &Subject,
        reason: Declined,
    ) -> Response<Bytes> {
        match self.taken(request, ticket, subject).await {
            Ok(ask) => Answer::to(self.config(), request, &ask).error(reason.rejection(), HeaderMap::new()),
            Err(answer) => answer,
        }
    }

    /// Takes a request, and checks it anew: its client may have changed meanwhile.
    async fn taken(
        &self,
        request: &Request<Bytes>,
        ticket: &PendingTicket,
        subject: &Subject,
    ) -> Result<Box<AuthorizationRequest>, Response<Bytes>> {
        let now = self.config().clock.now();
        let pending = match self.store().take_pending(&ticket.digest(), subject, now).await {
            Ok(Some(pending)) => pending,
            Ok(None) => return Err(self.error_page(request, Rejection::PendingUnknown).await),
            Err(error) => return Err(self.error_page(request, error.into()).await),
        };
        let parsed = match Parameters::parse(pending.query.as_bytes()) {
            Ok(parsed) => parsed,
            Err(rejection) => return Err(self.error_page(request, rejection).await),
        };
        match examine(self, request, (parsed, None), true).await {
            CodeRequest::Pending(ask) => Ok(ask),
            CodeRequest::Broken(answer) | CodeRequest::Invalid(answer) => Err(answer),
        }
    }
}
