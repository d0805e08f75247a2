use crate::client::{Client, GrantType};
use crate::config::Config;
use crate::error::Rejection;
use crate::http::Parameters;
use crate::scope::Scope;
use crate::store;
use std::collections::BTreeMap;

/// Says which scopes are on offer, where that depends on who asks and what for: the settings' own list
/// ([`Config::scopes`]) is the same for everybody.
///
/// What a client may have by its registration limits what is said here, and a grant stays what it was:
/// [`BeforeIssuing`](super::BeforeIssuing) may narrow what is refreshed under it.
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

/// What a request asks for, as it is granted.
pub(crate) struct RequestedScope {
    pub(crate) scope: Scope,
    offered: Option<OfferedScopes>,
}

impl RequestedScope {
    /// Gives what the consent page says of each of its tokens.
    pub(crate) fn words(&self, config: &Config) -> BTreeMap<String, String> {
        let scopes = self.offered.as_ref().map_or(&config.scopes, |offered| &offered.scopes);
        let say = |token: &str| scopes.get(token).map(|text| (token.to_owned(), text.clone()));
        self.scope.iter().filter_map(say).collect()
    }
}

/// Decides what a request asks for: what it names, or the default (RFC 6749 §3.3).
pub(crate) async fn requested_scope(
    config: &Config,
    client: &Client,
    question: ScopeQuestion<'_>,
) -> Result<RequestedScope, Rejection> {
    let named: Scope =
        question.parameters.get("scope").unwrap_or_default().parse().map_err(|_| Rejection::ScopeMalformed)?;
    let offered = match &config.scope_policy {
        Some(policy) => Some(policy.offered(client, &question).await?),
        None => None,
    };
    let (scopes, default) = match &offered {
        Some(offered) => (&offered.scopes, offered.default.as_ref()),
        None => (&config.scopes, config.default_scope.as_ref()),
    };
    let may = |token: &str| scopes.contains_key(token) && client.scope.as_ref().is_none_or(|most| most.contains(token));
    let scope = if named.is_empty() {
        let default: Vec<&str> = default.iter().flat_map(|scope| scope.iter()).filter(|token| may(token)).collect();
        default.join(" ").parse().unwrap_or_default()
    } else if named.iter().all(may) {
        named
    } else {
        return Err(Rejection::ScopeUnknown);
    };
    if scope.is_empty() {
        return Err(Rejection::ScopeMissing);
    }
    Ok(RequestedScope { scope, offered })
}

/// Decides what a token under a grant allows: all that was granted and that the client may still
/// have, or the part of it that is named (RFC 6749 §6). A grant never grows.
pub(super) fn granted_scope(client: &Client, granted: &Scope, asked: Option<&str>) -> Result<Scope, Rejection> {
    let available = client.limit(granted);
    let named: Scope = asked.unwrap_or_default().parse().map_err(|_| Rejection::ScopeMalformed)?;
    match (named.is_empty(), named.is_subset(&available)) {
        (true, _) if available.is_empty() && !granted.is_empty() => Err(Rejection::ScopeBeyondGrant),
        (true, _) => Ok(available),
        (false, true) => Ok(named),
        (false, false) => Err(Rejection::ScopeBeyondGrant),
    }
}
