//! The harness of the black-box tests: a server per adapter and store, a client that shows every
//! byte, and a person with a browser.
//!
//! A test is a story on a running server, told once and run on every server:
//!
//! ```no_run
//! use oauth_tests::{Server, on_every_server};
//!
//! on_every_server! {
//!     async fn r_026_code_used_twice(server: &Server) {
//!         let app = server.confidential().await;
//!         let code = server.code(&app, "read").await;
//!         server.redeem(&app, &code).await.expect(200);
//!         server.redeem(&app, &code).await.expect_error(400, "invalid_grant");
//!     }
//! }
//! ```
//!
//! That makes `r_026_code_used_twice::memory`, `::sqlite`, `::mariadb`, `::cluster`, `::warp` and `::tower`: pairs of
//! an adapter and a store, each adapter and each store once. `memory` is Rocket on the store in memory, the next three
//! are Rocket on another store, `warp` is Warp on PostgreSQL and `tower` is tower on Redis. On a SQL server each story
//! is a tenant of a database that all stories share. The databases' servers are the test program's own; the first
//! story that needs one starts it. All tests stand in one binary, `tests/all/main.rs`, one module per RFC, because
//! linking costs more than running.
//!
//! | want | have |
//! |---|---|
//! | other settings | `on_every_server! { config \|config\| config.code_lifetime = ...; async fn ... }` |
//! | a client | [`Server::confidential`], [`Server::public`], [`Server::register`] |
//! | a code, tokens | [`Server::code`], [`Server::tokens`] |
//! | many codes | [`Server::approved`], [`Server::approved_tokens`]: no browser |
//! | many requests at the same time | [`Race::run`] |
//! | the token endpoint | [`Server::redeem`], [`Server::refresh`], [`Server::token`] |
//! | any request | [`Server::get`], [`Server::post`], [`Server::call`]; [`Call`] is awaited |
//! | the very bytes | [`Server::raw`], [`Server::exchange`] |
//! | a person | [`Server::browser`], [`Browser::sign_in`], [`Browser::authorize`] |
//! | the time | [`Server::advance`], [`Server::now`] |
//! | what happened | [`Server::events`] |
//! | the store itself | [`Server::store`] |
//! | a store that fails, or stops | [`Server::faults`] |
//! | a client that hangs up | [`Call::hang_up_once`] |
//! | a small example, started | [`Example`] |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness fails by panicking: that is what a red test is"
)]

mod accounts;
mod adapter;
mod answer;
mod approval;
mod browser;
mod call;
mod clients;
mod events;
mod example;
mod faults;
mod flow;
mod html;
mod macros;
mod numbers;
mod pause;
mod race;
mod raw;
mod server;
mod store;

pub use accounts::{ADA, PASSWORD, cheap_hash};
pub use adapter::Adapter;
pub use answer::Answer;
pub use browser::{Asked, Browser};
pub use call::Call;
pub use clients::{App, CALLBACK};
pub use events::Recorder;
pub use example::Example;
pub use faults::{Failing, Faults};
pub use flow::{Ask, Code, Tokens, challenge_of, verifier};
pub use html::{Form, text_of};
pub use numbers::Numbers;
pub use pause::{Pause, Stop};
pub use race::Race;
pub use server::{Server, free_address};
pub use store::{AnyStore, Backend};
