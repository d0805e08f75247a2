//! Issuing tokens under a grant that was made in the same request, without a code on its way.

use super::TokenResponse;
use super::room::make_room;
use crate::client::GrantType;
use crate::error::Rejection;
use crate::event::Event;
use crate::issue::NewTokens;
use crate::secret::AuthorizationCode;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{Basis, Code, CodeStore, Grant, Redeemed, Saved};
use std::time::Duration;

/// How long the code that nobody sees may take to the second verb.
const AT_ONCE: Duration = Duration::from_secs(60);

/// What became of tokens that were approved in the same request.
pub(crate) enum AtOnce {
    /// They are issued.
    Issued(TokenResponse),
    /// What the approval rests on has changed, or was ended: nothing is issued.
    Changed,
}

/// Saves a new grant with a code that nobody sees, if what it rests on is as it was, and redeems the code for
/// its tokens: two verbs that every store has, instead of one that all would have to learn.
/// A future that is dropped in between leaves a code that nobody can redeem.
pub(crate) async fn issue<P: AuthorizationProvider>(
    server: &Server<P>,
    grant: &Grant,
    basis: &Basis,
    tokens: NewTokens,
    grant_type: GrantType,
) -> Result<AtOnce, Rejection> {
    let (config, store) = (server.config(), server.store());
    let expires_at = tokens.issue.now.after(AT_ONCE);
    let digest = AuthorizationCode::generate().digest();
    let code = Code {
        digest,
        grant: grant.id,
        redirect_uri: String::new(),
        redirect_uri_sent: false,
        code_challenge: None,
        nonce: None,
        expires_at,
    };
    let grant = Grant { expires_at, ..grant.clone() };
    match store.save_code(&grant, &code, basis).await? {
        Saved::Now => {}
        Saved::Gone => return Err(Rejection::DisabledClient),
        Saved::Changed => return Ok(AtOnce::Changed),
    }
    // Behind the verb that compares the mark, which a store may move as a grant is retired.
    make_room(server, &grant).await?;
    match store.redeem(&digest, &tokens.issue).await? {
        Redeemed::Now => {
            let (client_id, id) = (grant.client_id, grant.id);
            config.events.record(&Event::Approved { client_id: client_id.clone(), subject: grant.subject, grant: id });
            config.events.record(&Event::Issued { client_id, grant: Some(id), grant_type });
            Ok(AtOnce::Issued(tokens.response))
        }
        Redeemed::Unauthenticated => Err(Rejection::ClientAuthenticationFailed),
        // An end that came in between revoked the grant, or switched the client off.
        Redeemed::Before(_) | Redeemed::Gone | Redeemed::Unknown => Ok(AtOnce::Changed),
    }
}
