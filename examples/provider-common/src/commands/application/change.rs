//! `provider application update`, `enable`, `block`, `renew-secret` and their like: changes of one that
//! is there.

use super::properties::{Part, Properties};
use super::{Id, answer, describe, refused, with_secret};
use crate::output::{Answer, Refused};
use clap::Args;
use oauth_core::administration::{Actor, Administration};
use oauth_core::client::{Client, Registration, RegistrationError};
use oauth_core::config::Config;
use oauth_core::identifier::ClientId;
use oauth_core::name::is_reason;
use oauth_core::secret::ClientSecret;
use oauth_core::store::{AccountStore, AuditStore, ClientStore, Replaced};

/// How often a change is made anew while others change the same application.
const ATTEMPTS: usize = 5;

#[derive(Args)]
pub(crate) struct Update {
    #[command(flatten)]
    id: Id,
    /// What people will know it by.
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,
    #[command(flatten)]
    properties: Properties,
    /// Takes something away before anything else is given; may be repeated.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    clear: Vec<Part>,
}

#[derive(Args)]
pub(crate) struct Block {
    #[command(flatten)]
    id: Id,
    /// Why, in words for people: everyone whom such an application sends here reads it.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
}

/// What changes by a word alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Enable,
    Disable,
    Unblock,
    RenewSecret,
    AddSecret,
    RetireSecret,
}

/// Changes what was given and leaves the rest.
pub(super) async fn update<S: ClientStore + AccountStore + AuditStore>(
    asked: Update,
    store: &S,
    config: &Config,
) -> Result<Answer, Refused> {
    let Update { id, name, properties, clear } = asked;
    // An account that is not there is told before anything is changed.
    let owner = properties.owner(store).await?;
    let id = id.into_client_id()?;
    let changed = change(&id, store, config, |client| {
        let mut registration = Registration::of(client);
        clear.iter().for_each(|part| part.clear(&mut registration, client));
        registration.name = name.clone().unwrap_or(registration.name);
        properties.put_over(&mut registration);
        registration.apply_as_administrator(client, config).map_err(refused)?;
        properties.mark(client);
        client.owner = owner.clone().or_else(|| client.owner.take());
        Ok(())
    });
    let (client, ()) = changed.await?;
    Ok(answer(describe(&client, config)))
}

/// Blocks an application, for a reason that people are told.
pub(super) async fn block(
    asked: Block,
    store: &(impl ClientStore + AuditStore),
    config: &Config,
) -> Result<Answer, Refused> {
    let reason = asked.reason.trim();
    if !is_reason(reason) {
        let refused = "--reason: give 1 to 500 characters that can be seen, without line breaks";
        return Err(Refused::new("invalid_input", refused));
    }
    let id = asked.id.into_client_id()?;
    let blocked = change(&id, store, config, |client| {
        client.block(reason);
        Ok(())
    });
    let (client, ()) = blocked.await?;
    Ok(answer(describe(&client, config)))
}

/// Takes a step.
pub(super) async fn take(
    step: Step,
    id: Id,
    store: &(impl ClientStore + AuditStore),
    config: &Config,
) -> Result<Answer, Refused> {
    let (client, secret) = change(&id.into_client_id()?, store, config, |client| step.apply(client)).await?;
    let described = describe(&client, config);
    Ok(answer(match &secret {
        Some(secret) => with_secret(described, secret),
        None => described,
    }))
}

impl Step {
    fn apply(self, client: &mut Client) -> Result<Option<ClientSecret>, Refused> {
        match self {
            Self::Enable if client.blocked.is_some() => {
                return Err(Refused::new(
                    "blocked",
                    "this application is blocked: `application unblock` takes that back",
                ));
            }
            Self::Enable => client.enabled = true,
            Self::Disable => client.enabled = false,
            Self::Unblock if client.blocked.is_none() => {
                return Err(Refused::new("invalid_input", "this application is not blocked"));
            }
            Self::Unblock => client.unblock(),
            Self::RenewSecret => return client.renew_secret().map(Some).map_err(refused),
            Self::AddSecret => return client.add_secret().map(Some).map_err(refused),
            Self::RetireSecret if !client.is_confidential() => return Err(refused(RegistrationError::PublicSecret)),
            Self::RetireSecret if !client.retire_secrets() => {
                return Err(Refused::new("invalid_input", "there is one secret only: `application add-secret` first"));
            }
            Self::RetireSecret => {}
        }
        Ok(None)
    }
}

/// Deletes an application as it is when it is deleted.
pub(super) async fn delete(
    id: &ClientId,
    store: &(impl ClientStore + AuditStore),
    config: &Config,
) -> Result<(), Refused> {
    for _ in 0..ATTEMPTS {
        let read = store.client(id).await?.ok_or_else(|| Refused::not_found("application", id.as_str()))?;
        match Administration::new(store, config, Actor::CommandLine).delete(&read).await? {
            Replaced::Now => return Ok(()),
            Replaced::Changed => {}
            Replaced::Gone => return Err(Refused::not_found("application", id.as_str())),
        }
    }
    Err(Refused::new("temporarily_unavailable", "others change this application all the time; try again"))
}

/// Changes an application as it is when it is changed, so that nothing is undone that others do.
async fn change<T>(
    id: &ClientId,
    store: &(impl ClientStore + AuditStore),
    config: &Config,
    mut make: impl FnMut(&mut Client) -> Result<T, Refused>,
) -> Result<(Client, T), Refused> {
    for _ in 0..ATTEMPTS {
        let before = store.client(id).await?.ok_or_else(|| Refused::not_found("application", id.as_str()))?;
        let mut client = before.clone();
        let made = make(&mut client)?;
        if client == before {
            return Ok((client, made));
        }
        match Administration::new(store, config, Actor::CommandLine).replace(&before, &client).await? {
            Replaced::Now => return Ok((client, made)),
            Replaced::Changed => {}
            Replaced::Gone => return Err(Refused::not_found("application", id.as_str())),
        }
    }
    Err(Refused::new("temporarily_unavailable", "others change this application all the time; try again"))
}
