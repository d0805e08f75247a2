//! `provider check`: what weakens this server.

use crate::options::Options;
use crate::output::{Answer, Refused};
use crate::storage::Storage;
use serde_json::json;
use std::process::ExitCode;

/// Lists what is found in the settings and at the database, and ends with 1 if that is anything.
pub(crate) fn run(options: &Options, store: &Storage) -> Result<(Answer, ExitCode), Refused> {
    let mut findings = options.warnings();
    findings.extend(store.exposure());
    let (text, code) = match findings.as_slice() {
        [] => ("Nothing found.".to_owned(), ExitCode::SUCCESS),
        some => (some.join("\n"), ExitCode::from(1)),
    };
    Ok((Answer { json: json!({ "findings": findings }), text }, code))
}
