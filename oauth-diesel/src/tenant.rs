use crate::error::{Failure, Outcome};
use crate::record::key;
use oauth_core::secret::Digest;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

type Seen = BTreeSet<(i64, Arc<str>)>;

/// Whose records a store sees: the number that every row of theirs carries.
///
/// It is the first eight bytes of the name's digest, so that it need not be looked up. Someone who chooses two
/// names can make their numbers equal, so the table of tenants has the one name of each number: it is compared
/// until this process has seen it, and a second name is refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenant {
    number: i64,
    name: Arc<str>,
    /// The numbers that were seen under their names, by all stores of the same database.
    seen: Arc<Mutex<Seen>>,
}

impl Tenant {
    /// The tenant of a name, in the same database; an empty name is the one that a store has of itself.
    pub(crate) fn named(&self, name: &str) -> Self {
        let number = if name.is_empty() { 0 } else { key(Digest::of(name).as_bytes()) };
        Self { number, name: name.into(), seen: Arc::clone(&self.seen) }
    }

    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether the number is known to be this name's. A store's own tenant is always there.
    pub(crate) fn is_seen(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.name.is_empty() || seen.contains(&(self.number, Arc::clone(&self.name)))
    }

    /// Notes that the table has the number under this name.
    pub(crate) fn note_seen(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert((self.number, Arc::clone(&self.name)));
    }

    /// Compares the name that the table has under the number; `false` if it has none yet.
    pub(crate) fn compare(&self, held: Option<&str>) -> Outcome<bool> {
        match held {
            Some(held) if held != self.name() => Err(Failure::Contradiction(
                "the name of this tenant has the same number as another tenant's name: give it another name",
            )),
            held => Ok(held.is_some()),
        }
    }
}
