use crate::act::{Act, Actor, Change};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::store::Account;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The attributes whose values say what a person may do; the values of others are the application's.
const SHOWN: [&str; 4] = ["api_access", "groups", "organisation", "roles"];

impl Actor {
    /// Tells whether it may use names again that have a tombstone: who runs the server may.
    pub(super) fn reuses_names(&self) -> bool {
        !matches!(self, Self::Person(_))
    }
}

impl Act {
    /// Compares a client before and after an act; `None` is one that is not there.
    pub fn on_client(by: &Actor, action: &str, before: Option<&Client>, after: Option<&Client>) -> Self {
        let client_id = before.or(after).map(|client| client.id.clone());
        let fields = |client: Option<&Client>| client.map(of_client).unwrap_or_default();
        let mut changes = compare(&fields(before), &fields(after));
        // One secret in the place of another leaves their number.
        if before.zip(after).is_some_and(|(before, after)| before.secrets != after.secrets)
            && !changes.iter().any(|change| change.field == "secrets")
        {
            let number = after.map_or(0, |client| client.secrets.len());
            changes.push(Change { field: "secrets".to_owned(), before: json!(number), after: json!(number) });
        }
        Self {
            at: Timestamp::from_unix_seconds(0),
            by: by.clone(),
            action: action.to_owned(),
            client_id,
            subject: None,
            changes,
        }
    }

    /// Compares an account before and after an act; `None` is one that is not there.
    pub fn on_account(by: &Actor, action: &str, before: Option<&Account>, after: Option<&Account>) -> Self {
        let subject = before.or(after).map(|account| account.subject.clone());
        let fields = |account: Option<&Account>| account.map(of_account).unwrap_or_default();
        let mut changes = compare(&fields(before), &fields(after));
        if before.zip(after).is_some_and(|(before, after)| before.password.digest() != after.password.digest()) {
            changes.push(Change { field: "password".to_owned(), before: Value::Null, after: Value::Null });
        }
        Self {
            at: Timestamp::from_unix_seconds(0),
            by: by.clone(),
            action: action.to_owned(),
            client_id: None,
            subject,
            changes,
        }
    }

    /// Says that clients may act for a person, or may no longer.
    pub fn on_api_access(by: &Actor, subject: &Subject, allowed: bool) -> Self {
        let field = "api_access".to_owned();
        Self {
            at: Timestamp::from_unix_seconds(0),
            by: by.clone(),
            action: "account_changed".to_owned(),
            client_id: None,
            subject: Some(subject.clone()),
            changes: vec![Change { field, before: json!(!allowed), after: json!(allowed) }],
        }
    }
}

fn of_client(client: &Client) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(client) else { return Map::new() };
    fields.remove("id");
    fields.insert("secrets".to_owned(), json!(client.secrets.len()));
    fields.remove("attributes");
    fields.extend(client.attributes.iter().map(|(name, value)| attribute(name, value)));
    // What is left out because it is off is off.
    for flag in ["trusted", "sanctioned", "lapsed"] {
        fields.entry(flag).or_insert(Value::Bool(false));
    }
    fields
}

fn of_account(account: &Account) -> Map<String, Value> {
    let fields = [
        ("username", json!(account.shown_name())),
        ("administrator", json!(account.administrator)),
        ("enabled", json!(account.enabled)),
    ];
    let attributes = account.attributes.iter().map(|(name, value)| attribute(name, value));
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(attributes).collect()
}

fn attribute(name: &str, value: &str) -> (String, Value) {
    let shown = if SHOWN.contains(&name) { json!(value) } else { json!("(set)") };
    (format!("attributes.{name}"), shown)
}

fn compare(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |of: &Map<String, Value>, name: &String| of.get(name).cloned().unwrap_or(Value::Null);
    let each = names.into_iter().map(|name| (name.clone(), value(before, name), value(after, name)));
    each.filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| Change { field, before, after })
        .collect()
}
