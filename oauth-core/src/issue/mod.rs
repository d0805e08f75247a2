//! What is to be issued, as an application sees it before.

mod issuance;
mod response;

pub(crate) use issuance::About;
pub use issuance::{BeforeIssuing, Issuance, Refusal, StandardMember};
pub(crate) use response::NewTokens;
pub use response::TokenResponse;
