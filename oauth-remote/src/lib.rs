//! Checks access tokens at another OAuth provider: introspection (RFC 7662) over https, at the endpoint
//! that its metadata names (RFC 8414), as a resource server that is registered there.
//!
//! ```no_run
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use oauth_core::identifier::{ClientId, Resource};
//! use oauth_core::resource::{PresentedToken, Refusal, ResourceAuthorization as _, ResourceProvider as _};
//! use oauth_core::secret::ClientSecret;
//! use oauth_remote::RemoteResourceProvider;
//!
//! // At the provider: register this API as a confidential client, with its resource identifier.
//! let client_id = ClientId::new("notes-api")?;
//! let secret = ClientSecret::new(std::env::var("NOTES_API_SECRET")?);
//! let resources = RemoteResourceProvider::builder("https://id.example", client_id, secret)
//!     .audience(Resource::new("https://notes.example/api")?)
//!     .build()?;
//!
//! // Hand it to oauth_rocket or oauth_warp, or ask it yourself:
//! let token = PresentedToken::new("mF_9.B5f-4.1JqM")?;
//! match resources.validate_access_token(&token).await {
//!     Ok(authorization) => println!("{} may read: {}", authorization.client_id, authorization.allows("read")),
//!     Err(Refusal::Unavailable) => println!("503: the provider cannot be asked; the log says why"),
//!     Err(refusal) => println!("{}: {refusal}", refusal.status()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is believed
//! Status 200 with a JSON object that has each member once, `"active": true`, a `client_id`, and the
//! members of RFC 7662 §2.2 with their types, `iss` that of the provider where it is there. What has
//! `exp` in the past, `nbf` ahead, another `token_type` than Bearer, a `cnf` (it is bound to a key, and
//! nothing here proves it), or an audience that is not this API's is refused as a bad token. Every other
//! answer, no answer, and a connection that is not what TLS promised is [`Refusal::Unavailable`]: 503,
//! never 401, because the token may be good, and never a pass. The log says how to fix it.
//!
//! An answer without `exp` is good for as long as it would be kept, and at least for a second: that is
//! then its `expires_at`.
//!
//! # How stale an answer may be
//! A good one is kept 10 seconds and never beyond `exp`, a bad one 5: a token that is revoked at the
//! provider is accepted here for at most 10 seconds more
//! ([`Builder::active_lifetime`]; with zero every check asks). Checks of one token at the same time become
//! one request, so that even then an answer may be as old as one request takes. Tokens are kept as
//! digests, their number and size are bounded, and bad ones never drive good ones out.
//!
//! # While the provider is down
//! A check takes 5 seconds at most. After three in a row that got no answer nothing is asked for 2
//! seconds; then one request goes to see. Wrong credentials and wrong metadata begin such a rest at once.
//! An odd answer for one token never does, or a sender of odd tokens could stop everybody's. What is
//! known from before still counts during a rest, and only as long as it would have anyway.
//!
//! # Whom TLS trusts
//! The authorities of the operating system, so that those of a company count and updates arrive without a
//! new build; or those given ([`Builder::root_certificates`]). TLS 1.2 and 1.3 by rustls on aws-lc-rs. A URL
//! with https is never asked without TLS, http is for this machine alone, and redirects are not followed.
//!
//! [`Refusal::Unavailable`]: oauth_core::resource::Refusal::Unavailable

mod answer;
mod cache;
mod circuit;
mod discovery;
mod failure;
mod flights;
mod https;
mod members;
mod provider;
mod settings;
mod url;

pub use provider::RemoteResourceProvider;
pub use settings::{Builder, InvalidSetting};
pub use url::UnsuitableUrl;
