use crate::accounts::Accounts;
use crate::errors::error_uri;
use crate::pages::Pages;
use oauth_core::config::Config;
use oauth_core::provider::AuthorizationProvider;
use oauth_core::store::{SessionStore, Store};

/// A whole provider: the endpoints of the core, the pages of this crate, a store and the accounts.
///
/// See the [crate's page](crate) for an example.
pub struct PagesProvider<S, A> {
    config: Config,
    store: S,
    owner: Pages<S, A>,
}

impl<S, A> PagesProvider<S, A>
where
    S: Store + SessionStore,
    A: Accounts,
{
    /// Puts pages in front of a store and accounts. Unless [`Config::error_uri`] is set, errors
    /// point to the pages that explain them.
    pub fn new(mut config: Config, store: S, accounts: A) -> Self {
        if config.error_uri.is_none() {
            config.error_uri = Some(error_uri(&config));
        }
        let owner = Pages::new(config.clone(), store.clone(), accounts);
        Self { config, store, owner }
    }

    /// Gives the accounts.
    pub fn accounts(&self) -> &A {
        self.owner.accounts()
    }
}

impl<S, A> AuthorizationProvider for PagesProvider<S, A>
where
    S: Store + SessionStore,
    A: Accounts,
{
    type Store = S;
    type Owner = Pages<S, A>;

    fn store(&self) -> &S {
        &self.store
    }

    fn owner(&self) -> &Pages<S, A> {
        &self.owner
    }

    fn config(&self) -> &Config {
        &self.config
    }
}
