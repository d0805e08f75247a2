//! PostgreSQL: through tokio-postgres, which needs no C library, or through libpq.

/// Takes rows for itself, and leaves out those that somebody else has taken.
macro_rules! claim {
    ($rows:expr) => {
        $rows.for_update().skip_locked()
    };
}

/// Reads rows that stay as they are until the commit: who changes them waits, who reads them so does not.
macro_rules! share {
    ($rows:expr) => {
        $rows.for_share()
    };
}

/// Reads rows that this transaction is going to change: of two the second waits, and sees what the first did.
macro_rules! hold {
    ($rows:expr) => {
        $rows.for_update()
    };
}

/// Asks for a client that has a secret, and keeps it until the commit: who takes the secret away waits, or was first
/// and is seen, whatever else the statement sees.
macro_rules! has_secret {
    ($secret:expr) => {
        crate::written::Written([
            crate::written::Word::Text(
                "EXISTS (SELECT 1 FROM oauth_clients AS kept WHERE kept.id = oauth_clients.id AND strpos(kept.body, ",
            ),
            crate::written::Word::Value($secret),
            crate::written::Word::Text(") > 0 FOR SHARE)"),
        ])
    };
}

/// Has each statement of this transaction see what others have committed until then, also on a connection
/// whose owner asked for a snapshot: an end waits for what is being saved, and then has to find it.
macro_rules! see_commits {
    ($connection:expr) => {
        diesel::connection::SimpleConnection::batch_execute(
            $connection,
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        )?
    };
}

#[cfg(feature = "postgres")]
mod driver;
mod issue;
#[cfg(feature = "libpq")]
mod libpq;
mod migrate;

#[cfg(feature = "postgres")]
pub use driver::PostgresStore;
#[cfg(feature = "libpq")]
pub use libpq::LibpqStore;

use crate::server::url::{Dialect, Location, Protection};

const DIALECT: Dialect = Dialect {
    schemes: &["postgres", "postgresql"],
    port: 5432,
    example: "postgres://USER:PASSWORD@HOST/DATABASE",
    protection: "sslmode",
    protections: ["disable", "require", "verify-full"],
    authorities: "sslrootcert",
};

diesel::define_sql_function! {
    /// Finds where a text stands in another; 0 if nowhere, 1 for an empty one.
    #[sql_name = "strpos"]
    fn instr(text: diesel::sql_types::Text, part: diesel::sql_types::Text) -> diesel::sql_types::BigInt;
}

/// What every connection is told. The bounds are a little below those that are kept here, so that a
/// statement that waits for another one ends with the database's own reason.
const SETTINGS: &str = "SET statement_timeout = 3800; SET lock_timeout = 3500; \
                        SET idle_in_transaction_session_timeout = 10000; \
                        SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// Says what the URL asked for, and how to fix it, if no connection came about.
fn fix(location: &Location) -> &'static str {
    match location.protection {
        Protection::None => "",
        _ if location.protection_is_given => "; sslmode asks for TLS, and nothing else will do",
        _ => {
            "; TLS is what holds for a host that is not this one: sslmode=require or sslrootcert=FILE if the \
             certificate is your own, sslmode=disable only if the network is yours"
        }
    }
}
