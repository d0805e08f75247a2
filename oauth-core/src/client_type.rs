//! The two types of clients.

use serde::{Deserialize, Serialize};

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientType {
    /// Runs where a secret can be kept, and authenticates with it.
    Confidential,
    /// Runs on the user's device or in the browser; has no secret.
    Public,
}
