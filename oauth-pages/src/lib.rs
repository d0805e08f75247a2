//! The pages of an OAuth provider as plain HTML, for every framework: sign in, consent,
//! applications, connected apps, password and errors.
//!
//! [`PagesProvider`] is a whole provider for `oauth-rocket` or for
//! [`Provider`](oauth_core::provider::Provider): it takes the settings, a store and the accounts.
//! An application that has users gives [`Accounts`], two functions; one that has none takes
//! [`StoredAccounts`], which keeps them in the same store.
//!
//! ```
//! use oauth_core::config::Config;
//! use oauth_core::identifier::Subject;
//! use oauth_core::provider::Provider;
//! use oauth_core::secret::Password;
//! use oauth_core::store::{MemoryStore, Result};
//! use oauth_pages::{Accounts, PagesProvider, Person};
//!
//! struct Users; // yours: a table, a directory, a list
//!
//! impl Accounts for Users {
//!     async fn sign_in(&self, username: &str, password: &Password) -> Result<Option<Person>> {
//!         let known = username == "ada" && *password == Password::new("lovelace");
//!         Ok(if known { Subject::new("1").ok().map(|id| Person::new(id, "ada")) } else { None })
//!     }
//!     async fn person(&self, subject: &Subject) -> Result<Option<Person>> {
//!         Ok((subject.as_str() == "1").then(|| Person::new(subject.clone(), "ada")))
//!     }
//! }
//!
//! let config = Config::new("https://id.example")?;
//! let provider = Provider::new(PagesProvider::new(config, MemoryStore::new(), Users))?;
//! # drop(provider); Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a page is
//! HTML rendered on the server, one stylesheet from the same place, no script and nothing from
//! anybody else. Every form carries a token that only this browser's cookie can have made; every
//! answer to a form is 303, but the ones that show a new secret once or ask whether it is meant. Addresses are relative to the
//! host that was typed, so pages also work at a name that is not the issuer's.
//!
//! A form whose session ended is shown again as it was typed once the same person has signed in; nothing is
//! done without a new click.
//!
//! | page, under the base path | what for |
//! |---|---|
//! | (the base itself) | who is signed in, and where to go |
//! | `/sign-in`, `/sign-out` | a session of 12 hours, kept by the server |
//! | `/consent` | takes the decision made on the authorization endpoint's page |
//! | `/applications`, and `/register`, `/show`, `/edit`, `/secret`, `/switch`, `/change`, `/delete` under it | one's own clients; an administrator's are all |
//! | `/connected` | what one allowed to whom, and its revocation |
//! | `/people`, and `/api-access` under it | for an administrator: whether clients may act for somebody |
//! | `/applications/confirm` | what an administrator was about to change when the session ended |
//! | `/audit` | for an administrator: who did what to which application or account |
//! | `/password` | a change of one's own password, where [`Accounts`] offer it |
//! | `/errors`, `/errors/{number}` | every error with its number and how to fix it |
//!
//! # Element ids that stay
//! Tests and password managers may rely on them:
//! - sign in: `organisation` (where there are such), `username`, `password`, `sign-in`; everywhere when
//!   signed in: `signed-in-as`, `signed-in-at` (an organisation), `sign-out`
//! - consent: `client-name`, `client-site`, `sanctioned` (a badge), `redirect-host`, `scope-<scope>`, `allow`, `deny`, `use-another-account`,
//!   `for-organisation`; where somebody may allow nothing: `not-entitled`, `roles`, `deny`
//! - home: `applications`, `connected`, `people`, `audit`, `change-password` (links), `api-access-off`
//! - people: `name`, `find`, `person-<subject>`, `api-access-off-<subject>` or `api-access-on-<subject>`,
//!   `next-page`
//! - applications: `new-application` or `may-not-register`, `search`, `show`, `find`, `application-<client id>`, `next-page`; for
//!   an administrator also `owner`, `choose-<client id>`, `action`, `change`, and on the page that asks
//!   whether it is meant `effect`, `changes-<client id>`, `stays-<client id>`, `reason`, `confirm-change`,
//!   `cancel`, `form-error`
//! - the form: `name`, `site`, `client-type-confidential`, `client-type-public`,
//!   `grant-authorization_code`, `grant-refresh_token`, `grant-client_credentials`, `redirect-uris`,
//!   `scope`, `resources`, `allowed-origins`, `lifetime-code`, `lifetime-access-token`,
//!   `lifetime-refresh-token-idle`, `lifetime-refresh-token`, `insecure-without-pkce`, `register` or
//!   `save`, `form-error`, `may-lapse`, `secrets-end`, `delete-secrets`
//! - an application: `client-name`, `client-id`, `client-type`, `client-secret` (once), `sanctioned`,
//!   `trusted`, `lapsed`, `switched-off`, `blocked`, `blocked-reason`, `without-pkce-warning`, the `lifetime-..`
//!   that are set, `edit`, `switch-off` or `switch-on` (and `confirm-switch-off` on the next page), `add-secret` or `retire-secret`, `renew-secret`,
//!   `delete`, and `confirm-delete` on the next page; for an administrator a button for each thing that
//!   can be done, `enable`, `disable`, `trust`, `untrust`, `sanction`, `unsanction`, `block`, `unblock`
//! - a blocked application, where somebody is sent to allow it: `client-name`, `blocked-reason`,
//!   `error-number`, `error-description`
//! - connected apps: `connected-<client id>`, `revoke-<client id>`; for each approval, by the beginning of
//!   its identifier, `authorization-<beginning>` and, where there are several, `revoke-authorization-<beginning>`
//! - the audit log: `act-<number>`, `audit-off` or `audit-elsewhere`, `next-page`
//! - password: `account`, `old-password`, `new-password`, `change-password`, `form-error`
//! - errors: `error-number`, `error-description`

mod accounts;
mod applications;
mod audit;
mod connected;
mod consent;
mod cookies;
mod destination;
mod errors;
mod form;
mod known_browser;
mod membership;
mod onward;
mod pages;
mod password;
mod password_grant;
mod people;
mod provider;
mod response;
mod resumed;
mod rules;
mod session;
mod sign_in;
mod sign_in_for;
mod span;
mod stored_accounts;
#[cfg(test)]
mod tests;
mod words;

pub use accounts::{Accounts, PasswordChange, Person};
pub use errors::error_uri;
pub use membership::{GROUPS, ORGANISATION, ROLES};
pub use pages::Pages;
pub use password_grant::AccountPasswords;
pub use provider::PagesProvider;
pub use stored_accounts::{API_ACCESS, AccountError, StoredAccounts};
