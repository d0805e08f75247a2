//! What is asked of an application about a request: which scopes are on offer.

use crate::client::{Client, GrantType};
use crate::http::Parameters;
use crate::scope::Scope;
use crate::store;
use std::collections::BTreeMap;

/// Says which scopes are on offer, where that depends on who asks and what for: the settings' own list
/// ([`Config::scopes`](crate::config::Config::scopes)) is the same for everybody.
///
/// What a client may have by its registration limits what is said here, and a grant stays what it was:
/// [`BeforeIssuing`](crate::grant::BeforeIssuing) may narrow what is refreshed under it.
///
/// ```
/// use oauth_core::client::Client;
/// use oauth_core::config::Config;
/// use oauth_core::grant::{OfferedScopes, ScopePolicy, ScopeQuestion};
/// use std::collections::BTreeMap;
/// use std::sync::Arc;
///
/// struct ByPlan;
///
/// #[async_trait::async_trait]
/// impl ScopePolicy for ByPlan {
///     async fn offered(&self, client: &Client, _: &ScopeQuestion<'_>) -> oauth_core::store::Result<OfferedScopes> {
///         let mut scopes = BTreeMap::from([("notes:read".to_owned(), "Read your notes".to_owned())]);
///         if client.attributes.get("plan").is_some_and(|plan| plan == "paid") {
///             scopes.insert("notes:write".to_owned(), "Write notes for you".to_owned());
///         }
///         Ok(OfferedScopes::new(scopes))
///     }
/// }
///
/// let mut config = Config::new("https://id.example")?;
/// config.scope_policy = Some(Arc::new(ByPlan));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait::async_trait]
pub trait ScopePolicy: Send + Sync + 'static {
    /// Tells which scopes this client is offered for this request. Asked at the authorization endpoint
    /// and at the grants that need no person; called for refused requests too.
    ///
    /// # Errors
    /// What it needs to know does not answer; the client is told to try again.
    async fn offered(&self, client: &Client, question: &ScopeQuestion<'_>) -> store::Result<OfferedScopes>;
}

/// What a [`ScopePolicy`] is asked about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ScopeQuestion<'a> {
    /// How tokens are asked for.
    pub grant_type: GrantType,
    /// The whole request, of which nothing but the client was checked.
    pub parameters: &'a Parameters,
}

/// What a [`ScopePolicy`] offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferedScopes {
    /// The scopes, each with what the consent page says of it.
    pub scopes: BTreeMap<String, String>,
    /// What is granted where no scope is asked; `None` refuses such a request.
    pub default: Option<Scope>,
}

impl OfferedScopes {
    /// Offers these, and none as the default.
    pub fn new(scopes: BTreeMap<String, String>) -> Self {
        Self { scopes, default: None }
    }

    /// Sets what is granted where no scope is asked: as much of it as is offered.
    #[must_use]
    pub fn with_default(mut self, default: Scope) -> Self {
        self.default = Some(default);
        self
    }
}
