use super::Result;
use crate::clock::Timestamp;
use crate::secret::Digest;

/// Failures to add to a count that several processes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// Which count: a digest of who failed and from where.
    pub key: Digest,
    /// How many to add.
    pub number: u32,
    /// When a count that begins now ends; one that has begun keeps its end.
    pub until: Timestamp,
}

/// What a shared count came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many failures all processes have counted.
    pub number: u32,
    /// When the count ends.
    pub until: Timestamp,
}

/// Counts failed authentications for all processes of a provider
/// ([`Housekeeping::failures`](super::Housekeeping::failures)).
///
/// It is called at most once a second by each process, and never for a request that succeeds. A count may be
/// lost with the server that holds it: then each process counts anew.
#[async_trait::async_trait]
pub trait FailureStore: Send + Sync + 'static {
    /// Adds to counts, in one write, and returns what each came to, in the order given. A count that is not there,
    /// or has ended at `now`, begins anew; what has ended is forgotten. No key comes twice.
    ///
    /// # Errors
    /// The store does not answer: the process counts alone meanwhile.
    async fn add_failures(&self, failures: &[Failures], now: Timestamp) -> Result<Vec<Counted>>;
}
