use super::{AuthorizationProvider, Provider};
use crate::endpoint::{CodeRequest, Declined};
use crate::identifier::Subject;
use crate::owner::{Approval, AuthorizationRequest};
use crate::secret::PendingTicket;
use crate::store::{self, PendingRequestStore};
use bytes::Bytes;
use http::{Request, Response};
use std::time::Duration;

impl<P: AuthorizationProvider> Provider<P> {
    /// Checks an authorization request as the authorization endpoint does, and asks nobody yet.
    pub async fn code_request(&self, request: &Request<Bytes>) -> CodeRequest {
        self.server().code_request(request).await
    }
}

impl<P> Provider<P>
where
    P: AuthorizationProvider<Store: PendingRequestStore>,
{
    /// Saves a request for a person to decide within a time, and gives the ticket for the form.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn save_pending(
        &self,
        ask: &AuthorizationRequest,
        subject: &Subject,
        lifetime: Duration,
    ) -> store::Result<PendingTicket> {
        self.server().save_pending(ask, subject, lifetime).await
    }

    /// Accepts what waits under a ticket for the person of the approval, who must be the one signed in:
    /// with attributes, and with a part of the scope if they say so. Gives the answer for the browser: the
    /// redirect with the code, or what is wrong with the request by now. If what the decision rests on changed
    /// while it was saved (the client was edited, grants were revoked, a password changed), the browser is sent
    /// to the authorization endpoint with the same request, which is decided anew. Returns an error page if the
    /// ticket was used, has expired, or belongs to another person.
    pub async fn accept(
        &self,
        request: &Request<Bytes>,
        ticket: &PendingTicket,
        approval: Approval,
    ) -> Response<Bytes> {
        self.server().accept(request, ticket, approval).await
    }

    /// Declines what waits under a ticket for a person, and gives the redirect that tells the client.
    pub async fn decline(
        &self,
        request: &Request<Bytes>,
        ticket: &PendingTicket,
        subject: &Subject,
        reason: Declined,
    ) -> Response<Bytes> {
        self.server().decline(request, ticket, subject, reason).await
    }
}
