//! The store's verbs: each one closure over one connection, the same text for every database.
//!
//! Nothing in here names a database. A module that wants these verbs brings a `Connection` and a
//! `Store` with `read` and `write`, and mounts this folder with `#[path]`; that compiles it once
//! more, for that connection. So: Diesel's own language, no `RETURNING`, no `ON CONFLICT`.
//!
//! A body given to `write` runs inside a transaction that no other writer shares, and its changes
//! stay if it returns `Ok`, bad news included; a body given to `read` runs one `SELECT`.

mod account;
mod client;
mod code;
mod grant;
mod housekeeping;
mod session;
mod token;

use super::{Connection, Store};

use crate::error::Outcome;
use crate::schema::clients;
use diesel::prelude::*;
use oauth_core::identifier::ClientId;

/// Finds a client that was not deleted: its row, and whether it is enabled.
fn find_client(connection: &mut Connection, tenant: i64, id: &ClientId) -> Outcome<Option<(i64, bool)>> {
    let found = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.eq(id.as_str()))
        .select((clients::id, clients::enabled))
        .first(connection)
        .optional()?;
    Ok(found)
}
