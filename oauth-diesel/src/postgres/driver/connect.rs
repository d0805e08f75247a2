use super::super::{SETTINGS, fix};
use super::tls::MakeTls;
use crate::error::{Failure, Outcome};
use crate::server::VERB;
use crate::server::driver::Leased;
use crate::server::url::Location;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use rustls::ClientConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

/// Opens a connection, in plain text or with TLS, and never the one for the other.
pub(super) async fn connect(
    location: Arc<Location>,
    tls: Option<Arc<ClientConfig>>,
) -> Outcome<Leased<AsyncPgConnection>> {
    let mut config = Config::new();
    config
        .host(&location.host)
        .port(location.port)
        .user(&location.user)
        .dbname(&location.database)
        .application_name("oauth")
        .connect_timeout(VERB)
        .tcp_user_timeout(Duration::from_secs(10))
        .keepalives_idle(Duration::from_secs(15))
        .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
    if let Some(password) = &location.password {
        config.password(password);
    }
    let closed = Arc::new(AtomicBool::new(false));
    let client = match tls {
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| refused(&location, &error))?;
            drive(connection, Arc::clone(&closed));
            client
        }
        Some(tls) => {
            let (client, connection) =
                config.connect(MakeTls(tls)).await.map_err(|error| refused(&location, &error))?;
            drive(connection, Arc::clone(&closed));
            client
        }
    };
    let mut connection = AsyncPgConnection::try_from(client).await?;
    connection.batch_execute(SETTINGS).await?;
    Ok(Leased { lease: Box::new(Box::new(connection)), closed, stays: true })
}

/// Drives a connection on a task of its own until the database hangs up or the client is dropped.
fn drive<F>(connection: F, closed: Arc<AtomicBool>)
where
    F: Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the database ended");
        }
        closed.store(true, Ordering::Relaxed);
    });
}

fn refused(location: &Location, error: &tokio_postgres::Error) -> Failure {
    let mut text = format!("{} cannot be connected to: {error}", location.display());
    let mut source = std::error::Error::source(error);
    while let Some(reason) = source {
        text.push_str(&format!(": {reason}"));
        source = reason.source();
    }
    text.push_str(fix(location));
    Failure::Unusable(text)
}
