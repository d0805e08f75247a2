use crate::asked::{OfferedScopes, ScopeQuestion};
use crate::client::Client;
use crate::config::Config;
use crate::error::Rejection;
use crate::scope::Scope;
use std::collections::BTreeMap;

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
