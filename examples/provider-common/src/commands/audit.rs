//! `provider audit`: what was done to applications and accounts, and by whom.

use crate::output::{Answer, Refused};
use clap::Args;
use oauth_core::administration::Actor;
use oauth_core::store::{AuditStore, KeptAct, Page};
use serde_json::{Value, json};

#[derive(Args)]
pub(crate) struct Audit {
    /// The most acts to list, the latest first.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Lists those before this one.
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
}

pub(crate) async fn run(asked: &Audit, store: &impl AuditStore) -> Result<Answer, Refused> {
    let acts = store.acts(&Page { after: asked.before, limit: asked.limit }).await?;
    let acts = acts.ok_or_else(|| {
        let reason = "--database: this database keeps no audit log; each act is a line of JSON in the log, under the target \
                      oauth::audit";
        Refused::new("unsupported", reason)
    })?;
    let text = if acts.is_empty() {
        "There is nothing; --audit-log keeps acts from now on.".to_owned()
    } else {
        acts.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Answer { json: json!(acts), text })
}

fn line(KeptAct { number, act }: &KeptAct) -> String {
    let by = match &act.by {
        Actor::Person(subject) => subject.as_str(),
        Actor::CommandLine => "command line",
        _ => "application",
    };
    let client = act.client_id.as_ref().map(|id| id.as_str());
    let on = client.or(act.subject.as_ref().map(|subject| subject.as_str())).unwrap_or_default();
    let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let change = |change: &oauth_core::administration::Change| {
        format!("  {}: {} -> {}", change.field, written(&change.before), written(&change.after))
    };
    let changes: String = act.changes.iter().map(change).collect();
    format!("{number}  {}  {by}  {}  {on}{changes}", act.at.as_unix_seconds(), act.action)
}
