//! What is kept of an act of administration.

use crate::clock::Timestamp;
use crate::identifier::{ClientId, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Actor {
    /// A person who is signed in.
    Person(Subject),
    /// A person who may run commands on the server.
    CommandLine,
    /// Code of the application.
    Application,
}

/// Something that was done to a client or an account. Holds no secret, and no hash of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// What was done, such as `client_changed` or `account_deleted`.
    pub action: String,
    /// The client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The fields that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// A field that changed. `secrets` has their number, `password` no value, and of a free attribute it says
/// whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// Its name, as the command line gives it.
    pub field: String,
    /// Its value before; null if there was none.
    pub before: Value,
    /// Its value after; null if there is none.
    pub after: Value,
}
