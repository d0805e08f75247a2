use crate::error::{Failure, Outcome};
use crate::server::driver::Leased;
use crate::server::url::{Dialect, Location, Protection};
use diesel_async::AsyncMysqlConnection;
use mysql_async::{Conn, OptsBuilder, SslOpts};
use std::sync::Arc;
use std::time::Duration;

pub(super) const DIALECT: Dialect = Dialect {
    schemes: &["mysql", "mariadb"],
    port: 3306,
    example: "mysql://USER:PASSWORD@HOST/DATABASE",
    protection: "ssl-mode",
    protections: ["DISABLED", "REQUIRED", "VERIFY_IDENTITY"],
    authorities: "ssl-ca",
};

/// What every connection is told. MariaDB and MySQL have different names for the time that a statement
/// may take, and each takes the other's for a comment.
const SETTINGS: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
    SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 3 \
    /*M! , SESSION max_statement_time = 3.8 */ /*!80000 , SESSION max_execution_time = 3800 */";

/// Opens a connection, in plain text or with TLS, and never the one for the other.
pub(super) async fn connect(location: Arc<Location>) -> Outcome<Leased<AsyncMysqlConnection>> {
    let options = OptsBuilder::default()
        .ip_or_hostname(&location.host)
        .tcp_port(location.port)
        .user(Some(&location.user))
        .pass(location.password.as_ref())
        .db_name(Some(&location.database))
        .tcp_keepalive(Some(u32::try_from(Duration::from_secs(15).as_millis()).unwrap_or(u32::MAX)))
        // A socket in the file system would be taken in place of what the URL names, without TLS.
        .prefer_socket(false)
        .stmt_cache_size(0)
        // What an UPDATE found counts, and not only what it changed.
        .client_found_rows(true)
        .ssl_opts(protection(&location));
    let connection = Conn::new(options).await.map_err(|error| refused(&location, &error))?;
    let mut connection = AsyncMysqlConnection::try_from(connection).await?;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut connection, SETTINGS).await?;
    Ok(Leased { lease: Box::new(Box::new(connection)), closed: Arc::default(), stays: true })
}

fn protection(location: &Location) -> Option<SslOpts> {
    let options = SslOpts::default();
    match location.protection {
        Protection::None => None,
        Protection::Encrypted => {
            Some(options.with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true))
        }
        Protection::Verified => Some(match &location.authorities {
            Some(path) => {
                options.with_root_certs(vec![std::path::PathBuf::from(path).into()]).with_disable_built_in_roots(true)
            }
            None => options,
        }),
    }
}

fn refused(location: &Location, error: &mysql_async::Error) -> Failure {
    let mut text = format!("{} cannot be connected to: {error}", location.display());
    if location.protection != Protection::None {
        text.push_str(if location.protection_is_given {
            "; ssl-mode asks for TLS, and nothing else will do"
        } else {
            "; TLS is what holds for a host that is not this one: ssl-mode=REQUIRED or ssl-ca=FILE if the \
             certificate is your own, ssl-mode=DISABLED only if the network is yours"
        });
    }
    Failure::Unusable(text)
}
