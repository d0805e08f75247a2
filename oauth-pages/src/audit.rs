//! The audit log, for an administrator: who did what to which application or account.

use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::administration::{Act, Actor};
use oauth_core::error::Rejection;
use oauth_core::identifier::Subject;
use oauth_core::store::{self, KeptAct, Page, SessionStore, Store};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use time::OffsetDateTime;

/// How many acts stand on a page.
const LISTED: u32 = 50;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Lists what was done, the latest first; or says where the lines go if the store keeps none.
    pub(crate) async fn list_acts(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        if !visitor.person.administrator {
            return Err(Rejection::AdministratorsOnly);
        }
        let after = self.query(request)?.get("after").and_then(|number| number.parse().ok());
        let acts = self.store.acts(&Page { after, limit: LISTED + 1 }).await?;
        let has_place = acts.is_some();
        let mut acts = acts.unwrap_or_default();
        let more = acts.len() > LISTED as usize;
        acts.truncate(LISTED as usize);
        let names = self.names(&acts).await?;
        let next = acts
            .last()
            .filter(|_| more)
            .map(|last| format!("{}?after={}", self.config.paths.join("audit"), last.number));
        let page = AuditPage {
            frame: self.frame("Audit log", Some(&visitor)),
            has_place,
            is_kept: self.config.audit_log,
            rows: acts.iter().map(|kept| Row::of(kept, &names)).collect(),
            next,
        };
        Ok(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    /// Finds what the people are called who stand in a piece of the log, each once.
    async fn names(&self, acts: &[KeptAct]) -> store::Result<BTreeMap<Subject, String>> {
        let mut names = BTreeMap::new();
        let actor = |act: &Act| match &act.by {
            Actor::Person(subject) => Some(subject.clone()),
            _ => None,
        };
        for subject in acts.iter().flat_map(|kept| actor(&kept.act).into_iter().chain(kept.act.subject.clone())) {
            if let Entry::Vacant(unknown) = names.entry(subject) {
                let person = self.accounts.person(unknown.key()).await?;
                let name = person.map_or_else(|| unknown.key().to_string(), |person| person.full_name());
                unknown.insert(name);
            }
        }
        Ok(names)
    }
}

/// An act as the page shows it.
struct Row {
    number: u64,
    at: String,
    by: String,
    action: String,
    on: String,
    changes: Vec<(String, String)>,
}

impl Row {
    fn of(kept: &KeptAct, names: &BTreeMap<Subject, String>) -> Self {
        let act = &kept.act;
        let name = |subject: &Subject| names.get(subject).cloned().unwrap_or_else(|| subject.to_string());
        let by = match &act.by {
            Actor::Person(subject) => name(subject),
            Actor::CommandLine => "the command line".to_owned(),
            _ => "the application".to_owned(),
        };
        let client = act.client_id.as_ref().map(ToString::to_string);
        let changes = act.changes.iter().map(|change| {
            (change.field.clone(), format!("{} \u{2192} {}", in_words(&change.before), in_words(&change.after)))
        });
        Self {
            number: kept.number,
            at: moment(act),
            by,
            action: act.action.replace('_', " "),
            on: client.or_else(|| act.subject.as_ref().map(name)).unwrap_or_default(),
            changes: changes.collect(),
        }
    }
}

fn in_words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "\u{2014}".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn moment(act: &Act) -> String {
    let at = OffsetDateTime::from_unix_timestamp(act.at.as_unix_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
    format!("{date} {hour:02}:{minute:02}:{second:02} UTC")
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    has_place: bool,
    is_kept: bool,
    rows: Vec<Row>,
    next: Option<String>,
}
