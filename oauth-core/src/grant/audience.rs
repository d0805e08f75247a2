use crate::clock::Timestamp;
use crate::config::Config;
use crate::error::Rejection;
use crate::http::Parameters;
use crate::identifier::Resource;
use crate::issue::NewTokens;
use crate::store::{ClientFilter, ClientStore, Grant, Page};

/// The most registrations of one resource that are looked at.
const MOST: u32 = 16;

/// The resources of a request.
pub(crate) struct RequestedResources {
    /// Those that it names, in the spelling of their registration: what a grant keeps. Empty if it names none.
    pub(crate) named: Vec<Resource>,
    /// Where its token may be used: the named ones, or the configured default.
    pub(crate) audience: Vec<Resource>,
}

/// Decides which resources a request names: each must be known here, in the settings or as a
/// registered resource server; the configured default where it names none (RFC 8707 §2).
pub(crate) async fn requested_resources<S: ClientStore>(
    store: &S,
    config: &Config,
    parameters: &Parameters,
) -> Result<RequestedResources, Rejection> {
    let mut named = named(parameters)?;
    if named.is_empty() {
        return Ok(RequestedResources { named, audience: config.default_audience.clone() });
    }
    for resource in &mut named {
        let Known::Here(registered) = known(store, config, resource, None).await? else {
            return Err(Rejection::ResourceUnknown);
        };
        *resource = registered;
    }
    Ok(RequestedResources { audience: named.clone(), named })
}

/// Decides where a token under a grant may be used: everywhere that was granted, or the part of it
/// that is named (RFC 8707 §2.2). A grant never grows; one that names none takes the present default.
pub(super) fn granted_resources(
    config: &Config,
    granted: &[Resource],
    parameters: &Parameters,
) -> Result<Vec<Resource>, Rejection> {
    let granted = if granted.is_empty() { &config.default_audience } else { granted };
    let named = named(parameters)?;
    if named.is_empty() {
        return Ok(granted.to_vec());
    }
    let find = |resource| granted.iter().find(|known| **known == resource).cloned();
    named.into_iter().map(find).collect::<Option<_>>().ok_or(Rejection::ResourceBeyondGrant)
}

impl NewTokens {
    /// Keeps of the audience what is known today: settings change and registrations end after an approval, or
    /// pass to another client, which the person has allowed nothing.
    ///
    /// A resource of the settings needs no look into the store.
    pub(super) async fn for_known_audience<S: ClientStore>(
        mut self,
        store: &S,
        config: &Config,
        grant: &Grant,
        parameters: &Parameters,
    ) -> Result<Self, Rejection> {
        let (mut audience, mut otherwise) = (Vec::new(), Rejection::AudienceGone);
        let is_named = parameters.all("resource").next().is_some();
        for resource in &self.issue.access.audience {
            match known(store, config, resource, Some(grant.created_at)).await? {
                Known::Here(registered) => audience.push(registered),
                _ if is_named => return Err(Rejection::ResourceUnknown),
                // It may come back, so the client keeps what it has.
                Known::Disabled => otherwise = Rejection::ResourceUnknown,
                Known::Not => {}
            }
        }
        if audience.is_empty() && !self.issue.access.audience.is_empty() {
            return Err(otherwise);
        }
        self.issue.access.audience = audience;
        Ok(self)
    }
}

fn named(parameters: &Parameters) -> Result<Vec<Resource>, Rejection> {
    let mut named: Vec<Resource> = Vec::new();
    for text in parameters.all("resource") {
        let resource = Resource::new(text).map_err(|_| Rejection::ResourceMalformed)?;
        if !named.contains(&resource) {
            named.push(resource);
        }
    }
    Ok(named)
}

/// What this server knows of a resource.
enum Known {
    /// It can be used, by this spelling.
    Here(Resource),
    /// All clients that are registered for it are disabled.
    Disabled,
    Not,
}

/// Looks a resource up. If tokens stand under an approval, a client counts only if it was the server of the
/// resource at that moment.
async fn known<S: ClientStore>(
    store: &S,
    config: &Config,
    resource: &Resource,
    approved: Option<Timestamp>,
) -> Result<Known, Rejection> {
    let mut configured = config.resources.iter().chain(&config.default_audience);
    if let Some(configured) = configured.find(|configured| *configured == resource) {
        return Ok(Known::Here(configured.clone()));
    }
    let filter = ClientFilter { resources: vec![resource.clone()], ..ClientFilter::default() };
    let mut known = Known::Not;
    for server in store.clients(&filter, &Page::first(MOST)).await? {
        let since = server.server_since(resource);
        let serves_since = |approved| since.is_some_and(|since| since <= approved);
        if !approved.map_or(since.is_some(), serves_since) {
            continue;
        }
        if let Some(registered) = server.resources.iter().find(|held| server.enabled && *held == resource) {
            return Ok(Known::Here(registered.clone()));
        }
        known = Known::Disabled;
    }
    Ok(known)
}
