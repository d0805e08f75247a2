//! The provider in Rocket: a fairing that mounts it, and the routes it mounts.

mod fairing;
mod method;
mod routes;
mod settings;

pub use fairing::OAuth;
pub use routes::{routes, unknown_paths, well_known};
