use super::{Page, Result};
use crate::act::Act;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// An act in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAct {
    /// Its number: later acts have greater ones.
    pub number: u64,
    /// What was done.
    #[serde(flatten)]
    pub act: Act,
}

/// Where the audit log is kept (optional: unless it is written, there is no place for it, and acts are
/// lines of the log only).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use oauth_core::store::{AuditStore, MemoryStore, Page};
/// assert_eq!(MemoryStore::new().acts(&Page::first(10)).await?, None, "memory keeps none");
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait AuditStore: Send + Sync + 'static {
    /// Adds an act at the end; `false` if there is no place for it.
    fn keep_act(&self, _act: &Act) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(false) }
    }

    /// Lists acts, the latest first; `None` if there is no place for them. `after` is the number of the
    /// last one that was read.
    fn acts(&self, _page: &Page<u64>) -> impl Future<Output = Result<Option<Vec<KeptAct>>>> + Send {
        async { Ok(None) }
    }
}
