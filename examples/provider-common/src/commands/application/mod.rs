//! `provider application ...`: OAuth clients, by the rules of the page that registers them.

mod change;
mod create;
pub(crate) mod properties;

use super::PAGE;
use crate::output::{Answer, Refused, warn};
use change::Step;
use clap::{Args, Subcommand};
use oauth_core::client::{Client, GrantType, RegistrationError};
use oauth_core::config::Config;
use oauth_core::identifier::ClientId;
use oauth_core::secret::ClientSecret;
use oauth_core::store::{AccountStore, AuditStore, ClientFilter, ClientStore, Page, account_called};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Registers an application; its generated secret is shown this once.
    Create(Box<create::Create>),
    /// Lists the applications.
    List(List),
    /// Shows an application.
    Show(Id),
    /// Changes what is given of an application; what is not given stays.
    Update(Box<change::Update>),
    /// Switches an application on.
    Enable(Id),
    /// Switches an application off; what was issued to it counts again when it is on again.
    Disable(Id),
    /// Blocks an application for a reason that people are told; its owner cannot switch it on.
    Block(change::Block),
    /// Takes a block back, and switches the application on.
    Unblock(Id),
    /// Gives an application a new secret in the place of all it has; shown this once.
    RenewSecret(Id),
    /// Gives an application a second secret, which counts beside the first; shown this once.
    AddSecret(Id),
    /// Takes every secret away but the newest.
    RetireSecret(Id),
    /// Deletes an application with everything that was issued to it.
    Delete(Id),
}

#[derive(Args)]
pub(crate) struct List {
    /// Only those that belong to this account.
    #[arg(long, visible_alias = "user", value_name = "USERNAME", allow_hyphen_values = true)]
    owner: Option<String>,
    /// Only those with this free attribute; may be repeated: all must be there.
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = super::attribute)]
    attributes: Vec<(String, String)>,
}

/// Which application; with or without `--client-id` before it.
#[derive(Args)]
#[group(id = "which", required = true, multiple = false)]
pub(crate) struct Id {
    /// Its client_id.
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    positional: Option<ClientId>,
    /// Its client_id.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    client_id: Option<ClientId>,
}

impl Id {
    fn into_client_id(self) -> Result<ClientId, Refused> {
        let given = self.client_id.or(self.positional);
        given.ok_or_else(|| Refused::new("invalid_input", "give the client_id of an application"))
    }
}

pub(crate) async fn run<S: ClientStore + AccountStore + AuditStore>(
    command: Command,
    store: &S,
    config: &Config,
) -> Result<Answer, Refused> {
    let step = async |step, id| change::take(step, id, store, config).await;
    match command {
        Command::Create(asked) => create::create(*asked, store, config).await,
        Command::List(asked) => list(asked, store, config).await,
        Command::Show(id) => {
            let id = id.into_client_id()?;
            let client = store.client(&id).await?.ok_or_else(|| Refused::not_found("application", id.as_str()))?;
            Ok(answer(describe(&client, config)))
        }
        Command::Update(asked) => change::update(*asked, store, config).await,
        Command::Enable(id) => step(Step::Enable, id).await,
        Command::Disable(id) => step(Step::Disable, id).await,
        Command::Block(asked) => change::block(asked, store, config).await,
        Command::Unblock(id) => step(Step::Unblock, id).await,
        Command::RenewSecret(id) => step(Step::RenewSecret, id).await,
        Command::AddSecret(id) => step(Step::AddSecret, id).await,
        Command::RetireSecret(id) => step(Step::RetireSecret, id).await,
        Command::Delete(id) => {
            let id = id.into_client_id()?;
            change::delete(&id, store, config).await?;
            Ok(Answer { json: json!({ "client_id": id, "deleted": true }), text: format!("Deleted {id}.") })
        }
    }
}

async fn list<S: ClientStore + AccountStore>(asked: List, store: &S, config: &Config) -> Result<Answer, Refused> {
    let mut filter = ClientFilter { attributes: asked.attributes, ..ClientFilter::default() };
    if let Some(username) = &asked.owner {
        let account = account_called(store, username).await?;
        filter.owner = Some(account.ok_or_else(|| Refused::not_found("user", username))?.subject);
    }
    let mut all: Vec<Client> = Vec::new();
    let mut page = Page::first(PAGE);
    loop {
        let some = store.clients(&filter, &page).await?;
        let Some(last) = some.last() else { break };
        page = Page::after(last.id.clone(), PAGE);
        all.extend(some);
    }
    let line = |client: &Client| {
        let kind = if client.is_confidential() { "confidential" } else { "public      " };
        let state = match (&client.blocked, client.enabled) {
            (Some(_), _) => "  (blocked)",
            (None, false) => "  (disabled)",
            (None, true) => "",
        };
        format!("{:<22}  {kind}  {}{state}", client.id, client.name)
    };
    let text = if all.is_empty() {
        "There are no such applications: `application create` registers one.".to_owned()
    } else {
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Answer { json: all.iter().map(|client| describe(client, config)).collect(), text })
}

/// Describes an application by the names of RFC 7591 §2; hashes of secrets stay where they are.
fn describe(client: &Client, config: &Config) -> Value {
    let response_types: &[&str] = if client.may_use(GrantType::AuthorizationCode) { &["code"] } else { &[] };
    let mut described = json!({
        "allowed_origins": client.allowed_origins,
        "attributes": client.attributes,
        "client_id": client.id,
        "client_id_issued_at": client.created_at,
        "client_name": client.name,
        "client_type": client.client_type,
        "enabled": client.enabled,
        "grant_types": client.grant_types,
        "insecure_without_pkce": client.insecure_without_pkce,
        "lifetimes": client.lifetimes,
        "redirect_uris": client.redirect_uris,
        "resources": client.resources,
        "sanctioned": client.sanctioned,
        "lapsed": client.lapsed,
        "trusted": client.trusted,
        "response_types": response_types,
        "scope": client.scope.clone().unwrap_or_else(|| config.scope()),
        "token_endpoint_auth_method": if client.is_confidential() { "client_secret_basic" } else { "none" },
    });
    let optional = [
        ("blocked", client.blocked.as_deref()),
        ("client_uri", client.uri.as_deref()),
        ("owner", client.owner.as_ref().map(|owner| owner.as_str())),
    ];
    if let Some(members) = described.as_object_mut() {
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    }
    described
}

/// Adds a secret that was just made, to be shown this once.
fn with_secret(mut described: Value, secret: &ClientSecret) -> Value {
    if let Some(members) = described.as_object_mut() {
        members.insert("client_secret".to_owned(), secret.expose().into());
        members.insert("client_secret_expires_at".to_owned(), 0.into());
        warn("the client_secret is shown this once; only its digest is stored");
    }
    described
}

/// Writes the members of an object as lines of text too.
fn answer(json: Value) -> Answer {
    let line = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        };
        format!("{name:<27} {value}").trim_end().to_owned()
    };
    let text = json.as_object().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n");
    Answer { json, text }
}

/// Says by the codes of RFC 7591 §3.2.2 why an application is not registered.
fn refused(error: RegistrationError) -> Refused {
    let code = match error {
        RegistrationError::NoRedirectUri | RegistrationError::RedirectUri { .. } => "invalid_redirect_uri",
        RegistrationError::Busy => "temporarily_unavailable",
        _ => "invalid_client_metadata",
    };
    Refused::new(code, error.to_string())
}
