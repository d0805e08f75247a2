use crate::client::Client;
use crate::config::Config;
use crate::error::Rejection;
use crate::scope::Scope;

/// Decides what a request asks for: what it names, or the default (RFC 6749 §3.3).
pub(crate) fn requested_scope(config: &Config, client: &Client, asked: Option<&str>) -> Result<Scope, Rejection> {
    let named: Scope = asked.unwrap_or_default().parse().map_err(|_| Rejection::ScopeMalformed)?;
    if named.is_empty() {
        let default = config.default_scope.as_ref().map(|scope| client.limit(scope)).unwrap_or_default();
        return if default.is_empty() { Err(Rejection::ScopeMissing) } else { Ok(default) };
    }
    if named.is_subset(&client.limit(&config.scope())) { Ok(named) } else { Err(Rejection::ScopeUnknown) }
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
