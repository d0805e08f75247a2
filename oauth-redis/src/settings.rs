use crate::error::{Failure, Outcome};
use crate::link::{Confirmed, Connection, Link};
use crate::place::Places;
use crate::{Inner, RedisStore, server, url};
use oauth_core::store::Result;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, TlsCertificates};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a call may take, unless set: less than the five seconds that a caller is promised.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a connection may take to be there.
const CONNECTING: Duration = Duration::from_secs(2);

/// Settings of a [`RedisStore`]; made by [`RedisStore::builder`]. `Debug` shows no address, since a
/// password may be part of one.
#[derive(Clone)]
#[must_use]
pub struct Builder {
    pub(crate) urls: Vec<String>,
    pub(crate) is_cluster: bool,
    pub(crate) prefix: String,
    patience: Duration,
    pub(crate) confirmed: Option<Confirmed>,
    root_certificates: Option<Vec<u8>>,
}

impl RedisStore {
    /// Opens what a URL says, which is the way of a program that is told at its start:
    /// `redis://[USER][:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` the same over TLS,
    /// `redis+unix:///PATH`, or `redis-cluster://[USER][:PASSWORD@]HOST[:PORT][,HOST[:PORT]]...` and
    /// `rediss-cluster://`, which name some servers of a cluster.
    ///
    /// Parameters, percent-encoded, say what [`Builder`] does: `prefix=TEXT` ([`Builder::prefix`]),
    /// `cafile=PATH` ([`Builder::root_certificates`]), and `wait_for=REPLICAS` ([`Builder::wait_for`]) or
    /// `durable_on=REPLICAS` ([`Builder::durable_on`]) with `within=MILLISECONDS`, 1,000 unless set.
    ///
    /// # Errors
    /// As [`Builder::open`], and for a parameter that there is none of.
    pub async fn open(url: &str) -> Result<Self> {
        url::read(url).map_err(|failure| failure.while_doing("open Redis"))?.open().await
    }

    /// Opens a cluster, given by some of its servers: see [`Builder::cluster`].
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub async fn cluster<U: Into<String>>(urls: impl IntoIterator<Item = U>) -> Result<Self> {
        Self::builder(urls).cluster().open().await
    }

    /// Takes where the server is, or, for a cluster, where some of its servers are:
    /// `redis://[USER][:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` the same over TLS, or
    /// `redis+unix:///PATH` for one server on this machine.
    pub fn builder<U: Into<String>>(urls: impl IntoIterator<Item = U>) -> Builder {
        let urls: Vec<String> = urls.into_iter().map(Into::into).collect();
        Builder {
            is_cluster: urls.len() > 1,
            urls,
            prefix: "oauth:".to_owned(),
            patience: PATIENCE,
            confirmed: None,
            root_certificates: None,
        }
    }
}

impl Builder {
    /// Says that the server is one of a cluster; several addresses say so too.
    pub fn cluster(mut self) -> Self {
        self.is_cluster = true;
        self
    }

    /// Begins every key with a text, `oauth:` unless set: several providers can share a server.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Answers a write only when so many replicas have received it (the command `WAIT`): a failover to one
    /// of them loses nothing that was answered.
    ///
    /// Where they do not confirm in time the verb is an error, although the write has happened on the
    /// server and may reach the replicas later. Every write then takes a trip to a replica more, and
    /// writes over one connection wait for each other. [`durable_on`](Self::durable_on) asks for more.
    pub fn wait_for(mut self, replicas: usize, time: Duration) -> Self {
        self.confirmed = Some(Confirmed { replicas, on_disk: false, time });
        self
    }

    /// Answers a write only when it is in the append-only file, on disk, of the server and of so many
    /// replicas (the command `WAITAOF`, from Redis 7.2 on, and Valkey's): neither a power cut nor a failover
    /// to one of them loses anything that was answered. With 0 replicas it is the server alone.
    ///
    /// Servers and replicas need `appendonly yes`; with `appendfsync everysec` a write waits for up to a
    /// second, with `always` for the disk. Where they do not confirm in time the verb is an error, as with
    /// [`wait_for`](Self::wait_for), which this takes the place of.
    pub fn durable_on(mut self, replicas: usize, time: Duration) -> Self {
        self.confirmed = Some(Confirmed { replicas, on_disk: true, time });
        self
    }

    /// Gives up a call after this time, 4 seconds unless set.
    pub fn response_timeout(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Trusts these certificate authorities, in PEM, for `rediss:`, and no others; unless set, those of
    /// the operating system.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Connects, and looks whether the server can be used.
    ///
    /// Logs a warning where the server keeps no append-only file.
    ///
    /// # Errors
    /// Says which setting is wrong, that the server cannot be reached or its certificate is not
    /// trusted, that it is older than Redis 7, a replica, or throws keys away when memory is short, and
    /// that it cannot confirm what [`durable_on`](Self::durable_on) asks for.
    pub async fn open(self) -> Result<RedisStore> {
        self.connect().await.map_err(|failure| failure.while_doing("open Redis"))
    }

    async fn connect(self) -> Outcome<RedisStore> {
        let addresses = self.urls.iter().map(|url| address(url)).collect::<Outcome<Vec<_>>>()?;
        if self.prefix.contains(['{', '}']) {
            return Err(Failure::Unusable("the prefix holds a brace, which Redis Cluster would misread".to_owned()));
        }
        let uses_tls = addresses.iter().any(|address| matches!(address.addr(), ConnectionAddr::TcpTls { .. }));
        if uses_tls {
            // The connection takes the process's cryptography: ours, unless the application chose.
            let _chosen_already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        } else if self.root_certificates.is_some() {
            return Err(Failure::Unusable(
                "root certificates were given, and the address has no TLS: use rediss:".to_owned(),
            ));
        }
        let certificates = TlsCertificates { client_tls: None, root_cert: self.root_certificates };
        let certificates = uses_tls.then_some(certificates);
        let opening = async {
            if self.is_cluster {
                cluster(addresses, certificates, self.patience).await
            } else {
                single(addresses, certificates).await
            }
        };
        let late = |_| Failure::Unusable(format!("no server answered within {:?}", self.patience));
        let connection = tokio::time::timeout(self.patience, opening).await.map_err(late)??;
        let link = Link { connection, patience: self.patience, confirmed: self.confirmed };
        server::inspect(&link).await?;
        let places = Places::new(self.prefix, self.is_cluster);
        let store = RedisStore(Arc::new(Inner::new(link, places)));
        store.prepare_once().await?;
        Ok(store)
    }
}

/// Reads an address, without repeating it in an error: it may hold a password.
fn address(url: &str) -> Outcome<ConnectionInfo> {
    const FORM: &str = "an address is redis://HOST:PORT, rediss://HOST:PORT or redis+unix:///PATH";
    let known = ["redis://", "rediss://", "redis+unix://"].iter().any(|scheme| url.starts_with(scheme));
    if !known {
        return Err(Failure::Unusable(FORM.to_owned()));
    }
    if url.contains('#') {
        return Err(Failure::Unusable("an address has no fragment: TLS is never weakened".to_owned()));
    }
    url.into_connection_info().map_err(|_| Failure::Unusable(FORM.to_owned()))
}

async fn single(addresses: Vec<ConnectionInfo>, certificates: Option<TlsCertificates>) -> Outcome<Connection> {
    let address = addresses.into_iter().next();
    let address = address.ok_or_else(|| Failure::Unusable("no address was given".to_owned()))?;
    let client = match certificates {
        Some(certificates) => Client::build_with_tls(address, certificates)?,
        None => Client::open(address)?,
    };
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTING))
        .set_response_timeout(None)
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(200));
    Ok(Connection::Single(ConnectionManager::new_with_config(client, config).await?))
}

async fn cluster(
    addresses: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
    patience: Duration,
) -> Outcome<Connection> {
    let mut builder = ClusterClientBuilder::new(addresses)
        .connection_timeout(CONNECTING)
        .response_timeout(patience)
        .overall_response_timeout(Some(patience))
        .retries(8)
        .max_retry_wait(400);
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates);
    }
    Ok(Connection::Cluster(builder.build()?.get_async_connection().await?))
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { urls: _, is_cluster, prefix, patience, confirmed, root_certificates: _ } = self;
        f.debug_struct("Builder")
            .field("is_cluster", is_cluster)
            .field("prefix", prefix)
            .field("patience", patience)
            .field("confirmed", confirmed)
            .finish_non_exhaustive()
    }
}
