//! What a command says: one JSON value or text on standard output, and why it was refused.

use serde_json::{Value, json};
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

/// In which form standard output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// Exactly one JSON value.
    Json,
}

/// What a command has to say, in both forms.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) text: String,
}

/// Why a command or the server ended: a code for programs, and for people a reason that says how to
/// fix it.
#[derive(Debug)]
pub struct Refused {
    code: &'static str,
    reason: String,
}

impl Refused {
    /// Takes both.
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// Says why nothing can listen there.
    pub fn not_bound(error: &io::Error, place: SocketAddr) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!(
                    "--port: {place} is in use by another program; end that one, or give another port (0 takes a free one)"
                )
            }
            io::ErrorKind::PermissionDenied => {
                format!("--port: {place} may not be bound by this user; give a port of 1024 or more")
            }
            _ => format!("--address: {place} cannot be bound: {error}"),
        };
        Self::new("address_unavailable", reason)
    }

    /// Says that there is none of this name.
    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        Self::new("not_found", format!("there is no {what} {name:?}; `{what} list` shows those there are"))
    }
}

impl From<oauth_core::store::StoreError> for Refused {
    fn from(error: oauth_core::store::StoreError) -> Self {
        Self::new("temporarily_unavailable", error.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refused {}

impl Format {
    /// Writes an answer.
    pub(crate) fn answer(self, answer: &Answer) {
        match self {
            Self::Text => write_out(&answer.text),
            Self::Json => write_out(&answer.json.to_string()),
        }
    }

    /// Writes a refusal: the reason to standard error and, as JSON, to standard output too.
    pub(crate) fn refuse(self, refused: &Refused) -> ExitCode {
        warn(&format!("error: {refused}"));
        if self == Self::Json {
            write_out(&json!({ "error": refused.code, "error_description": refused.reason }).to_string());
        }
        ExitCode::from(1)
    }
}

/// Writes a line to standard output; who has closed it does not want to read it.
pub(crate) fn write_out(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
