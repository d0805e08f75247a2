//! The names of tombstones, and how long they stay.

use crate::clock::Timestamp;
use crate::config::Config;
use crate::identifier::{ClientId, Resource};
use crate::secret::Digest;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long no page registers the identifier of a deleted client: longer than any form is good for.
const CLIENT: Duration = DAY.saturating_mul(30);
/// How long a resource identifier waits at least: clients may have lifetimes of their own.
const RESOURCE: Duration = DAY.saturating_mul(366);

pub(super) fn of_client(id: &ClientId) -> Digest {
    Digest::of(&format!("client:{id}"))
}

pub(super) fn of_resource(resource: &Resource) -> Digest {
    Digest::of(&format!("resource:{resource}"))
}

pub(super) fn until(now: Timestamp) -> Timestamp {
    now.after(CLIENT)
}

/// The moment from which no token can live that names a resource now.
pub(super) fn until_no_token_lives(now: Timestamp, config: &Config) -> Timestamp {
    if config.insecure_access_tokens_never_expire {
        return now.after(RESOURCE.saturating_mul(100));
    }
    let last = config.refresh_token_lifetime.saturating_add(config.access_token_lifetime);
    now.after(last.max(RESOURCE))
}
