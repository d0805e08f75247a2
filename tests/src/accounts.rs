//! People with accounts, without the cost of a real password hash.

use crate::AnyStore;
use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use oauth_core::identifier::{Attributes, Subject};
use oauth_core::store::{Account, AccountStore, Created, PasswordHash};
use std::sync::OnceLock;

/// The name of the person every server knows; an administrator.
pub const ADA: &str = "ada";

/// The password of everybody.
pub const PASSWORD: &str = "correct horse battery";

/// Hashes [`PASSWORD`] once, with the least argon2id there is: verifying takes its costs from the hash.
pub fn cheap_hash() -> PasswordHash {
    static HASH: OnceLock<PasswordHash> = OnceLock::new();
    let hash = || {
        let params = Params::new(8, 1, 1, None).expect("the least parameters are allowed");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        PasswordHash::from_phc(argon2.hash_password(PASSWORD.as_bytes()).expect("hashing works").to_string())
    };
    HASH.get_or_init(hash).clone()
}

/// Creates an account; its subject is `subject-` and its name, its password [`PASSWORD`].
pub(crate) async fn create(store: &AnyStore, username: &str, administrator: bool) -> Account {
    let account = Account {
        subject: Subject::new(format!("subject-{username}")).expect("a fit name"),
        username: username.to_owned(),
        spelling: None,
        password: cheap_hash(),
        administrator,
        enabled: true,
        attributes: Attributes::new(),
        created_at: crate::server::START,
    };
    assert_eq!(store.create_account(&account).await.expect("the store works"), Created::Now);
    account
}
