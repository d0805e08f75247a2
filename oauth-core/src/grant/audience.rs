use crate::config::Config;
use crate::error::Rejection;
use crate::http::Parameters;
use crate::identifier::Resource;
use crate::store::{ClientFilter, ClientStore, Page};

/// Decides which resources a request names: each must be known here, in the settings or as a
/// registered resource server; the configured default where it names none (RFC 8707 §2).
pub(crate) async fn requested_resources<S: ClientStore>(
    store: &S,
    config: &Config,
    parameters: &Parameters,
) -> Result<Vec<Resource>, Rejection> {
    let named = named(parameters)?;
    if named.is_empty() {
        return Ok(config.default_audience.clone());
    }
    for resource in &named {
        let configured = config.resources.contains(resource) || config.default_audience.contains(resource);
        if !configured && !is_registered(store, resource).await? {
            return Err(Rejection::ResourceUnknown);
        }
    }
    Ok(named)
}

/// Decides where a token under a grant may be used: everywhere that was granted, or the part of it
/// that is named (RFC 8707 §2.2). A grant never grows.
pub(super) fn granted_resources(granted: &[Resource], parameters: &Parameters) -> Result<Vec<Resource>, Rejection> {
    let named = named(parameters)?;
    if named.is_empty() {
        return Ok(granted.to_vec());
    }
    if named.iter().all(|resource| granted.contains(resource)) {
        Ok(named)
    } else {
        Err(Rejection::ResourceBeyondGrant)
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

async fn is_registered<S: ClientStore>(store: &S, resource: &Resource) -> Result<bool, Rejection> {
    let servers = ClientFilter { resources: vec![resource.clone()], ..ClientFilter::default() };
    let found = store.clients(&servers, &Page::first(16)).await?;
    Ok(found.iter().any(|server| server.enabled))
}
