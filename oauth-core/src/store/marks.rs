use super::{ClientStore, Grant, GrantStore, Result};
use crate::client::Client;
use crate::secret::random_bytes;
use std::time::Duration;

/// For how long a store keeps a mark at least: longer than any decision takes from the read of its marks to
/// its commit. The core decides again after ten minutes.
pub const MARK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How long a decision may take from the read of its marks to its commit.
pub(crate) const DECISION_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// A random number that moves whenever something ends on which a decision may rest.
///
/// There is [none](Self::NONE) until the first end, and again once the mark has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(i64);

impl Mark {
    /// The mark of a person or a client of whom nothing ended lately.
    pub const NONE: Self = Self(0);

    /// Makes another mark: what an end moves to.
    pub fn random() -> Self {
        // A positive number of 62 random bits: every database and script keeps it as it is.
        Self(i64::from_be_bytes(random_bytes()) & (i64::MAX >> 1) | 1)
    }

    /// Takes what a store kept.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Gives the number that a store keeps; 0 is [none](Self::NONE).
    pub const fn as_number(self) -> i64 {
        self.0
    }
}

/// The marks of the two whom a grant concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Moves when a password changes, when an account is changed or deleted, and when grants of the person
    /// are revoked.
    pub subject: Mark,
    /// Moves when all grants of the client are revoked.
    pub client: Mark,
}

/// What an approval rests on: [`save_code`](super::CodeStore::save_code) compares it in the step that commits.
///
/// The core reads the client, asks for the decision, reads the marks, and then looks once more at the session,
/// the person and the remembered consent. Every end changes its data first, then moves the mark, then revokes.
/// So an end that came before the read of the marks was seen by that last look, and one that came later has
/// moved a mark.
///
/// ```
/// use oauth_core::client::{Client, ClientType};
/// use oauth_core::identifier::ClientId;
/// use oauth_core::store::{Basis, Mark, Marks};
///
/// let client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Public);
/// let basis = Basis { client, marks: Marks::default() };
/// assert_eq!(basis.marks.subject, Mark::NONE);
/// assert_ne!(Mark::random(), Mark::random());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The client as it was read before the decision.
    pub client: Client,
    /// The marks as they were read after it.
    pub marks: Marks,
}

impl Basis {
    /// Reads what a grant would rest on that is decided just now; `None` if its client does not exist. For tests
    /// and imports: the endpoints read the client before they ask anybody.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of<S: ClientStore + GrantStore>(store: &S, grant: &Grant) -> Result<Option<Self>> {
        let Some(client) = store.client(&grant.client_id).await? else { return Ok(None) };
        let marks = store.marks(&grant.subject, &grant.client_id).await?;
        Ok(Some(Self { client, marks }))
    }
}
