//! `provider application create`.

use super::properties::Properties;
use super::{answer, describe, refused, with_secret};
use crate::commands::secret_from_stdin;
use crate::output::{Answer, Refused, warn};
use clap::Args;
use oauth_core::administration::{Actor, Administration, Entered};
use oauth_core::client::{ClientType, Registered, Registration};
use oauth_core::config::Config;
use oauth_core::identifier::ClientId;
use oauth_core::secret::ClientSecret;
use oauth_core::store::{AccountStore, AuditStore, ClientStore};

#[derive(Args)]
pub(crate) struct Create {
    /// What people will know it by.
    #[arg(long, allow_hyphen_values = true)]
    name: String,
    #[command(flatten)]
    kind: Kind,
    #[command(flatten)]
    properties: Properties,
    /// Its identifier; a random one unless given.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    client_id: Option<ClientId>,
    /// Reads its secret from standard input: one line. A generated one is safer and faster.
    #[arg(long)]
    client_secret_stdin: bool,
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

pub(super) async fn create<S: ClientStore + AccountStore + AuditStore>(
    asked: Create,
    store: &S,
    config: &Config,
) -> Result<Answer, Refused> {
    let Registered { mut client, mut secret } = registration(&asked).register(config).map_err(refused)?;
    if let Some(id) = asked.client_id {
        client.id = id;
    }
    asked.properties.mark(&mut client);
    client.owner = asked.properties.owner(store).await?;
    if asked.client_secret_stdin {
        let given = ClientSecret::new(secret_from_stdin("client secret")?.as_str());
        client.set_secret(&given, &config.passwords).await.map_err(refused)?;
        // The person who gave it knows it: it is not written anywhere again.
        secret = None;
    }
    let acting = Administration::new(store, config, Actor::CommandLine);
    if acting.register(&client).await? != Entered::Now {
        let reason =
            format!("--client-id: {:?} is taken; choose another, or delete that application first", client.id.as_str());
        return Err(Refused::new("exists", reason));
    }
    if client.insecure_without_pkce {
        warn("warning: --insecure-without-pkce leaves this application open to code injection (RFC 9700 section 4.5)");
    }
    let described = describe(&client, config);
    Ok(answer(match &secret {
        Some(secret) => with_secret(described, secret),
        None => described,
    }))
}

fn registration(asked: &Create) -> Registration {
    let client_type = if asked.kind.confidential { ClientType::Confidential } else { ClientType::Public };
    let mut registration = Registration::new(asked.name.as_str(), client_type);
    asked.properties.put_over(&mut registration);
    if asked.properties.is_a_resource_server() {
        registration.grant_types.clear();
    }
    registration
}
