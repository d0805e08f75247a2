//! PostgreSQL through libpq.

#[path = "../body/mod.rs"]
mod body;

use super::issue::issue;
use super::{DIALECT, SETTINGS, fix, instr, migrate};
use crate::error::{Failure, Outcome};
use crate::issuance::Decided;
use crate::server::kind::{Kind, Open, Opened};
use crate::server::store::{Handle, store_on_server};
use crate::server::url::{Dialect, Location, Protection};
use crate::server::{OTHERS_WRITE, SWEEP};
use crate::tenant::Tenant;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection as Connection};
use oauth_core::store::Result;
use std::fmt;
use std::sync::Arc;
use tokio::time::Instant;

/// The name by which the verbs know the store they are implemented for.
use LibpqStore as Store;

/// Keeps everything in a PostgreSQL database, version 12 or later, through libpq, PostgreSQL's own
/// client in C: for who has it anyway, and wants what it does faster. All else is as with
/// `PostgresStore`. A clone is another handle on it.
///
/// libpq does not let go of a database that neither answers nor hangs up. A verb ends in time all the
/// same, with an error; but its thread waits, and so a database that stands still holds as many threads
/// as a URL has `connections`, until it goes on or its host is given up by TCP.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oauth_diesel::LibpqStore;
/// let url = "postgres://provider:secret@db.example/provider?sslmode=verify-full&sslrootcert=/etc/db.pem";
/// let store = LibpqStore::open(url).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct LibpqStore(Handle<Connection>);

store_on_server!(LibpqStore);

impl Kind for Connection {
    const DIALECT: Dialect = DIALECT;

    fn opener(location: Location) -> Outcome<Open<Self>> {
        if location.protection == Protection::Verified && location.authorities.is_none() {
            return Err(Failure::Unusable(
                "libpq needs to be told whom to trust: sslrootcert=FILE, for example \
                 /etc/ssl/certs/ca-certificates.crt for those that the system trusts; sslmode=disable only where the \
                 network is yours"
                    .to_owned(),
            ));
        }
        let (parameters, place, fix) = (parameters(&location), location.display(), fix(&location));
        Ok(Box::new(move |_| {
            let connected = Connection::establish(&parameters);
            let mut connection = connected.map_err(|error| {
                let error = error.to_string();
                Failure::Unusable(format!("{place} cannot be connected to: {}{fix}", error.trim_end()))
            })?;
            connection.batch_execute(SETTINGS)?;
            Ok(Opened { connection, closed: Arc::default(), stays: true })
        }))
    }

    #[cfg(feature = "_driver")]
    fn check(&mut self) -> Outcome<crate::server::migrate::Schema> {
        migrate::check(self)
    }

    fn migrate(&mut self) -> Outcome<()> {
        migrate::migrate(self, body::fold_names)
    }

    fn look(&mut self, tenant: &Tenant) -> Outcome<()> {
        body::look(self, tenant)
    }

    fn enter(&mut self, tenant: &Tenant) -> Outcome<()> {
        body::enter(self, tenant)
    }

    /// It knows no deadlines: whoever waits for it does.
    fn set_deadline(&mut self, _deadline: Instant) {}
}

/// Writes a location as libpq's keywords, so that nothing in it is read in another way than by us.
fn parameters(location: &Location) -> String {
    let Location { host, user, database, .. } = location;
    let port = location.port.to_string();
    let sslmode = match location.protection {
        Protection::None => "disable",
        Protection::Encrypted => "require",
        Protection::Verified => "verify-full",
    };
    let fixed = [
        ("host", host.as_str()),
        ("port", &port),
        ("user", user),
        ("dbname", database),
        ("application_name", "oauth"),
        ("connect_timeout", "4"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "15"),
        ("gssencmode", "disable"),
        ("sslmode", sslmode),
    ];
    let given = [("password", location.password.as_deref()), ("sslrootcert", location.authorities.as_deref())];
    let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let quoted = |value: &str| value.replace('\\', r"\\").replace('\'', r"\'");
    fixed.into_iter().chain(given).map(|(name, value)| format!("{name}='{}' ", quoted(value))).collect()
}
