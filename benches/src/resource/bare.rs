//! The least that somebody would write by hand: a map from digests to what a token allows.

use super::tokens::token;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

/// What it knows of a token.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) subject: Arc<str>,
    scope: &'static str,
    expires_at: SystemTime,
}

/// All tokens; locked, because a real one is written to as well.
pub(super) struct Bare(RwLock<HashMap<[u8; 32], Known>>);

impl Bare {
    pub(super) fn new(tokens: usize) -> Self {
        let expires_at = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
        let known = (0..tokens).map(|number| {
            let known = Known { subject: format!("subject-{number}").into(), scope: "read write", expires_at };
            (Sha256::digest(token(number)).into(), known)
        });
        Self(RwLock::new(known.collect()))
    }

    /// Checks what stands in the header.
    pub(super) fn check(&self, header: Option<&str>) -> Option<Known> {
        let digest: [u8; 32] = Sha256::digest(header?.strip_prefix("Bearer ")?).into();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned()?;
        let allowed = known.expires_at > SystemTime::now() && known.scope.split(' ').any(|scope| scope == "read");
        allowed.then_some(known)
    }
}
