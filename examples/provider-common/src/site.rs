//! What a server serves, ready to be mounted.

use crate::api::Api;
use crate::first_account;
use crate::options::{Options, origin};
use crate::output::{Format, Refused, write_out};
use crate::signals::{self, Stop};
use crate::storage::{self, Storage};
use crate::welcome::{self, Welcome};
use oauth_core::grant::PasswordGrant;
use oauth_core::provider::Provider;
use oauth_pages::{AccountPasswords, PagesProvider, StoredAccounts};
use std::net::{SocketAddr, TcpListener};

/// The application behind the provider: pages, and accounts in the store.
pub type App = PagesProvider<Storage, StoredAccounts<Storage>>;

/// A provider that is ready to be put on the web.
pub struct Site {
    /// The endpoints and pages. The API takes the tokens that are meant for it, which is the default
    /// audience of the settings.
    pub provider: Provider<App>,
    /// Where to listen.
    pub address: SocketAddr,
    /// Where the API is: the path of its resource identifier, starting with a slash.
    pub api_path: String,
    /// How long a connection may idle between two requests, in seconds.
    pub idle_time: u32,
    /// What the API requires of a token, and tells about itself.
    pub api: Api,
    /// Where the root leads to.
    pub home: String,
    /// What to say once the socket is bound.
    pub welcome: Welcome,
    /// Over when the server is to end: on Ctrl-C and SIGTERM.
    pub stop: Stop,
}

impl Site {
    /// Opens the database, creates the first account and makes the provider.
    pub(crate) async fn prepare(options: &Options, format: Format, program: &'static str) -> Result<Self, Refused> {
        let stop = signals::stop();
        let stop =
            stop.map_err(|error| Refused::new("server_error", format!("signals cannot be received: {error}")))?;
        let address = free_address(SocketAddr::new(options.address, options.port))?;
        let config = options.config(address.port())?;
        for warning in options.warnings() {
            tracing::warn!("{warning}");
        }
        let api = Api::new(options, &config, options.api_resource(&config.issuer)?)?;
        let database = storage::shown(&options.database);
        let store = options.store().await?;
        let accounts = StoredAccounts::new(store.clone(), &config);
        let command = format!("{}{}", welcome::called(program), options.to_find_the_data());
        let account = first_account::create(&accounts, &command).await?;
        if let (Format::Text, Some(text)) = (format, welcome::first_account(&account, &database)) {
            write_out(&text);
        }
        let welcome = Welcome {
            format,
            config: config.clone(),
            scope: api.scope.clone(),
            command,
            listening: origin(address.ip(), address.port()),
            database,
            account,
        };
        let (api_path, home) = (format!("{}/api", config.issuer_path()), config.paths.link(""));
        // As if it were not there, unless a setting offers it.
        let passwords = PasswordGrant::new(AccountPasswords::new(StoredAccounts::new(store.clone(), &config)));
        let pages = PagesProvider::new(config, store, accounts);
        let provider = Provider::new(pages).map_err(|wrong| options.refused(&wrong))?.with_grant(passwords);
        Ok(Self { provider, address, api_path, api, idle_time: options.idle_time, home, welcome, stop })
    }
}

/// Checks that a port is free before anything is written, or finds a free one: the issuer must be
/// known before a framework binds.
fn free_address(asked: SocketAddr) -> Result<SocketAddr, Refused> {
    let bound = TcpListener::bind(asked).and_then(|listener| listener.local_addr());
    bound.map_err(|error| Refused::not_bound(&error, asked))
}
