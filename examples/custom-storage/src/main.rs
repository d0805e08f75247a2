//! A provider whose clients, accounts, grants and tokens are all in `custom.redb`.
//!
//! `PASSWORD="correct horse battery" cargo run -p custom-storage`, then sign in as `ada` on
//! <http://127.0.0.1:8000/oauth>.

use oauth_core::config::Config;
use oauth_core::secret::Password;
use oauth_core::store::AccountStore as _;
use oauth_pages::{PagesProvider, StoredAccounts};
use oauth_rocket::OAuth;

#[rocket::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = custom_storage::open("custom.redb")?;
    if store.account_named("ada").await?.is_none() {
        let accounts = StoredAccounts::new(store.clone(), &Config::new("http://127.0.0.1:8000")?);
        accounts.create("ada", &Password::new(std::env::var("PASSWORD")?), true).await?;
    }
    let oauth = OAuth::new(|config| {
        let accounts = StoredAccounts::new(store.clone(), &config);
        PagesProvider::new(config, store, accounts)
    });
    rocket::build().attach(oauth).launch().await?;
    Ok(())
}
