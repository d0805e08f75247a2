//! The store's verbs: each one closure over one connection, the same text for every database.
//!
//! Nothing in here names a database. A module that wants these verbs brings a `Connection`, a `Store`
//! with `read`, `write`, `write_one` and `change`, the macros `claim!`, `share!`, `hold!`, `has_secret!` and
//! `see_commits!`, the functions `issue` and `instr`, the most rows of a `SWEEP` and whether `OTHERS_WRITE`, and
//! mounts this folder with `#[path]`; that compiles it once more, for that connection. So: Diesel's own language, no `RETURNING`, no `ON CONFLICT`.
//!
//! A body given to `write` runs inside a transaction of its own, and its changes stay if it returns
//! `Ok`, bad news included; a body given to `read` runs one `SELECT`; one given to `write_one` is a
//! single statement, which needs no transaction around it. A body given to `change` reads and decides
//! only; what it [decided](Decided) is carried out at once.
//!
//! Other writers may be under way at the same time (not on SQLite, where there is one). So nothing
//! that was read is written over on trust: the statement that changes it says again what must still
//! hold (`.. AND used_at IS NULL`), and [`only_one`] turns "no row" into [`Failure::Raced`]. The
//! transaction is then rolled back and the body run again: what it reads now says how it ended. That
//! is right at any isolation level from READ COMMITTED up, and takes no lock before it writes.
//!
//! `save_code` holds what it does not write: its client and the person's mark (`share!`). What issues tokens holds the
//! client too (`has_secret!`, and each `issue`), because its secret may be taken away. An end changes
//! its data, moves the mark, which waits for those who hold it, and then revokes, in statements that see what
//! was committed until then (`see_commits!`). The order is: account, client, mark, sessions, tokens, grants.
//! Where several rows are changed a code or a token comes before its grant, on every way.

mod account;
mod audit;
mod client;
mod code;
mod failures;
mod grant;
mod housekeeping;
mod marks;
mod pending;
mod session;
mod tenant;
mod token;

pub(super) use account::fold_names;
pub(super) use tenant::{enter, look};

use super::{Connection, OTHERS_WRITE, SWEEP, Store, instr, issue};

use crate::error::{Failure, Outcome};
use crate::issuance::Decided;
use crate::schema::clients;
use diesel::prelude::*;
use oauth_core::client::SecretHash;
use oauth_core::identifier::ClientId;
use oauth_core::store::Issue;

/// Does what was decided: one statement, or on a database that has none such, what makes up for it.
pub(super) fn carry_out<T>(connection: &mut Connection, decided: Decided<T>) -> Outcome<T> {
    match decided {
        Decided::Nothing(said) => Ok(said),
        Decided::Revoke { grant, at, said } => grant::mark_revoked(connection, grant, at).map(|()| said),
        Decided::Issue { issuance, said } => issue(connection, *issuance).map(|()| said),
    }
}

/// Finds a client that was not deleted: its row, and whether it is enabled.
fn find_client(connection: &mut Connection, tenant: i64, id: &ClientId) -> Outcome<Option<(i64, bool)>> {
    let found = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.eq(id.as_str()))
        .select((clients::id, clients::enabled))
        .get_result(connection)
        .optional()?;
    Ok(found)
}

/// Gives the text of the secret that authenticated a client, as it stands in the client's body; if none did,
/// the empty text, which stands everywhere.
fn secret_of(issue: &Issue) -> String {
    issue.authenticated_by.as_ref().map(SecretHash::stored_text).unwrap_or_default()
}

/// Takes what a statement says that it changed, where that must be one row.
pub(super) fn only_one(changed: usize) -> Outcome<()> {
    if changed == 1 { Ok(()) } else { Err(Failure::Raced) }
}
