//! PostgreSQL: through tokio-postgres, which needs no C library, or through libpq.

/// Takes rows for itself, and leaves out those that somebody else has taken.
macro_rules! claim {
    ($rows:expr) => {
        $rows.for_update().skip_locked()
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

/// What every connection is told. The bounds are a little below those that are kept here, so that a
/// statement that waits for another one ends with the database's own reason.
const SETTINGS: &str = "SET statement_timeout = 3800; SET lock_timeout = 3500; \
                        SET idle_in_transaction_session_timeout = 10000; \
                        SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// Says, where no connection came about, what its URL asked for.
fn mend(location: &Location) -> &'static str {
    match location.protection {
        Protection::None => "",
        _ if location.protection_is_given => "; sslmode asks for TLS, and nothing else will do",
        _ => {
            "; TLS is what holds for a host that is not this one: sslmode=require or sslrootcert=FILE where the \
             certificate is your own, sslmode=disable only where the network is yours"
        }
    }
}
