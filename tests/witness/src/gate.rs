use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, Resource, Subject};
use oauth_core::resource::{PresentedToken, Refusal, ResourceAuthorization, ResourceProvider};
use oauth_core::scope::Scope;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An authorization of the application's own.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The client, always `notes`.
    pub client_id: ClientId,
    /// What the token said.
    pub scope: Scope,
}

impl ResourceAuthorization for Pass {
    fn client_id(&self) -> &ClientId {
        &self.client_id
    }
    fn subject(&self) -> Option<&Subject> {
        None
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn audience(&self) -> &[Resource] {
        &[]
    }
    fn expires_at(&self) -> Timestamp {
        Timestamp::default()
    }
    fn attributes(&self) -> &Attributes {
        static NONE: Attributes = Attributes::new();
        &NONE
    }
}

/// Takes a token's own text for its scope, with dots for spaces; `bad`, `down` and `odd` are refused.
/// Counts how often it is asked.
#[derive(Clone, Debug, Default)]
pub struct Gate(pub Arc<AtomicUsize>);

impl ResourceProvider for Gate {
    type Authorization = Pass;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Pass, Refusal> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let scope = match token.expose() {
            "bad" => return Err(Refusal::InvalidToken),
            "down" => return Err(Refusal::Unavailable),
            "odd" => return Err(Refusal::NoToken),
            scope => scope.replace('.', " ").parse().unwrap(),
        };
        Ok(Pass { client_id: ClientId::new("notes").unwrap(), scope })
    }
}
