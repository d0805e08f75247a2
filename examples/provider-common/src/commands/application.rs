//! `provider application ...`: OAuth clients, by the rules of the page that registers them.

use super::{PAGE, secret_from_stdin};
use crate::output::{Answer, Refused, warn};
use clap::{Args, Subcommand};
use oauth_core::client::{Client, ClientType, GrantType, Registered, Registration, RegistrationError};
use oauth_core::config::Config;
use oauth_core::event::Event;
use oauth_core::identifier::{ClientId, Resource};
use oauth_core::scope::Scope;
use oauth_core::secret::ClientSecret;
use oauth_core::store::{ClientFilter, ClientStore, Created, Page};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Registers an application; its generated secret is shown this once.
    Create(Box<Create>),
    /// Lists the applications.
    List,
    /// Shows an application.
    Show(Id),
    /// Deletes an application with everything that was issued to it.
    Delete(Id),
}

#[derive(Args)]
pub(crate) struct Create {
    /// What people will know it by.
    #[arg(long, allow_hyphen_values = true)]
    name: String,
    #[command(flatten)]
    kind: Kind,
    /// Where it may be redirected to, exactly; may be repeated.
    #[arg(long = "redirect-uri", value_name = "URI", allow_hyphen_values = true)]
    redirect_uris: Vec<String>,
    /// A grant it may use; may be repeated. Unless given: authorization_code and refresh_token, or none
    /// for a resource server that is never redirected to.
    #[arg(long = "grant", value_name = "GRANT", value_delimiter = ',')]
    grants: Vec<GrantType>,
    /// A scope it may ask for; may be repeated. Unless given: every scope on offer.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// A resource identifier (RFC 8707) that it is the server of; may be repeated.
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<Resource>,
    /// Its identifier; a random one unless given.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    client_id: Option<ClientId>,
    /// Reads its secret from standard input: one line. A generated one is safer and faster.
    #[arg(long)]
    client_secret_stdin: bool,
    /// May ask for codes without PKCE: weakens it against code injection. Confidential ones only.
    #[arg(long)]
    insecure_without_pkce: bool,
}

#[derive(Args)]
#[group(id = "kind", required = true, multiple = false)]
pub(crate) struct Kind {
    /// It runs where a secret can be kept: on a server.
    #[arg(long)]
    confidential: bool,
    /// It runs on people's devices or in their browsers, and has no secret.
    #[arg(long)]
    public: bool,
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

pub(crate) async fn run(command: Command, store: &impl ClientStore, config: &Config) -> Result<Answer, Refused> {
    match command {
        Command::Create(asked) => create(*asked, store, config).await,
        Command::List => list(store, config).await,
        Command::Show(id) => {
            let id = id.into_client_id()?;
            let client = store.client(&id).await?.ok_or_else(|| Refused::not_found("application", id.as_str()))?;
            Ok(answer(describe(&client, config)))
        }
        Command::Delete(id) => {
            let id = id.into_client_id()?;
            if !store.delete_client(&id, config.clock.now()).await? {
                return Err(Refused::not_found("application", id.as_str()));
            }
            config.events.record(&Event::ClientDeleted { client_id: id.clone() });
            Ok(Answer { json: json!({ "client_id": id, "deleted": true }), text: format!("Deleted {id}.") })
        }
    }
}

async fn create(asked: Create, store: &impl ClientStore, config: &Config) -> Result<Answer, Refused> {
    let Registered { mut client, mut secret } = registration(&asked).register(config).map_err(refused)?;
    if let Some(id) = asked.client_id {
        client.id = id;
    }
    if asked.client_secret_stdin {
        let given = ClientSecret::new(secret_from_stdin("client secret")?.as_str());
        client.set_secret(&given, &config.passwords).await.map_err(refused)?;
        // Whoever gave it knows it: it is not written anywhere again.
        secret = None;
    }
    if store.create_client(&client).await? == Created::Exists {
        let reason =
            format!("--client-id: {:?} is taken; choose another, or delete that application first", client.id.as_str());
        return Err(Refused::new("exists", reason));
    }
    config.events.record(&Event::ClientRegistered { client_id: client.id.clone() });
    if client.insecure_without_pkce {
        warn("warning: --insecure-without-pkce leaves this application open to code injection (RFC 9700 section 4.5)");
    }
    let mut described = describe(&client, config);
    if let (Some(secret), Some(members)) = (&secret, described.as_object_mut()) {
        members.insert("client_secret".to_owned(), secret.expose().into());
        members.insert("client_secret_expires_at".to_owned(), 0.into());
        warn("the client_secret is shown this once; only its digest is stored");
    }
    Ok(answer(described))
}

fn registration(asked: &Create) -> Registration {
    let client_type = if asked.kind.confidential { ClientType::Confidential } else { ClientType::Public };
    let mut registration = Registration::new(asked.name.as_str(), client_type);
    registration.redirect_uris.clone_from(&asked.redirect_uris);
    registration.resources.clone_from(&asked.resources);
    registration.insecure_without_pkce = asked.insecure_without_pkce;
    let only_a_resource_server = asked.redirect_uris.is_empty() && !asked.resources.is_empty();
    if !asked.grants.is_empty() || only_a_resource_server {
        registration.grant_types.clone_from(&asked.grants);
        registration.grant_types.sort();
        registration.grant_types.dedup();
    }
    if !asked.scopes.is_empty() {
        let together = asked.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        registration.scope = together.parse().ok();
    }
    registration
}

async fn list(store: &impl ClientStore, config: &Config) -> Result<Answer, Refused> {
    let mut all: Vec<Client> = Vec::new();
    let mut page = Page::first(PAGE);
    loop {
        let some = store.clients(&ClientFilter::default(), &page).await?;
        let Some(last) = some.last() else { break };
        page = Page::after(last.id.clone(), PAGE);
        all.extend(some);
    }
    let line = |client: &Client| {
        let kind = if client.is_confidential() { "confidential" } else { "public      " };
        format!("{:<22}  {kind}  {}{}", client.id, client.name, if client.enabled { "" } else { "  (disabled)" })
    };
    let text = if all.is_empty() {
        "There are no applications yet: `application create` registers one.".to_owned()
    } else {
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Answer { json: all.iter().map(|client| describe(client, config)).collect(), text })
}

/// Describes an application by the names of RFC 7591 §2; hashes of secrets stay where they are.
fn describe(client: &Client, config: &Config) -> Value {
    let response_types: &[&str] = if client.may_use(GrantType::AuthorizationCode) { &["code"] } else { &[] };
    let mut described = json!({
        "client_id": client.id,
        "client_id_issued_at": client.created_at,
        "client_name": client.name,
        "client_type": client.client_type,
        "enabled": client.enabled,
        "grant_types": client.grant_types,
        "insecure_without_pkce": client.insecure_without_pkce,
        "redirect_uris": client.redirect_uris,
        "resources": client.resources,
        "response_types": response_types,
        "scope": client.scope.clone().unwrap_or_else(|| config.scope()),
        "token_endpoint_auth_method": if client.is_confidential() { "client_secret_basic" } else { "none" },
    });
    let optional =
        [("client_uri", client.uri.as_deref()), ("owner", client.owner.as_ref().map(|owner| owner.as_str()))];
    if let Some(members) = described.as_object_mut() {
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
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
