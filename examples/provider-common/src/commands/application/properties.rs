//! What an application is made of, as options: the same for creating and for changing one.

use crate::output::Refused;
use clap::{Args, ValueEnum};
use oauth_core::client::{Client, GrantType, Lifetimes, Registration};
use oauth_core::identifier::{Resource, Subject};
use oauth_core::scope::Scope;
use oauth_core::store::{AccountStore, account_called};
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Properties {
    /// Where it may be redirected to, exactly; may be repeated.
    #[arg(long = "redirect-uri", value_name = "URI", allow_hyphen_values = true)]
    redirect_uris: Vec<String>,
    /// A grant it may use; may be repeated.
    #[arg(long = "grant", value_name = "GRANT", value_delimiter = ',')]
    grants: Vec<GrantType>,
    /// A scope it may ask for; may be repeated.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// A resource identifier (RFC 8707) that it is the server of; may be repeated.
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<Resource>,
    /// A web origin whose scripts may read what is answered to it (CORS); may be repeated.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Its site, for the consent page.
    #[arg(long, value_name = "URL")]
    uri: Option<String>,
    /// Whose application it is: an account here.
    #[arg(long, visible_alias = "user", value_name = "USERNAME", allow_hyphen_values = true)]
    owner: Option<String>,
    /// A free attribute; may be repeated.
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = crate::commands::attribute)]
    attributes: Vec<(String, String)>,
    /// How long its codes can be redeemed; at most 600.
    #[arg(long, value_name = "SECONDS")]
    lifetime_code: Option<u64>,
    /// How long its access tokens live.
    #[arg(long, value_name = "SECONDS")]
    lifetime_access_token: Option<u64>,
    /// How long a refresh token of it lives that is not used.
    #[arg(long, value_name = "SECONDS")]
    lifetime_refresh_token_idle: Option<u64>,
    /// How long it can refresh until the person is asked again.
    #[arg(long, value_name = "SECONDS")]
    lifetime_refresh_token: Option<u64>,
    /// People are not asked for their consent: an application of the house.
    #[arg(
        long, visible_alias = "skip-authorization", value_name = "true|false",
        num_args = 0..=1, require_equals = true, default_missing_value = "true"
    )]
    trusted: Option<bool>,
    /// Those who run this server vouch for it: a badge on the consent page.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    sanctioned: Option<bool>,
    /// May ask for codes without PKCE: weakens it against code injection. Confidential ones only.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    insecure_without_pkce: Option<bool>,
}

/// What an option says if an application is created without it.
const DEFAULTS: [(&str, &str); 6] = [
    (
        "grants",
        "Unless given: authorization_code and refresh_token, or none for a resource server without redirect URI",
    ),
    ("scopes", "Unless given: every scope on offer"),
    ("lifetime_code", "As the server's, unless given"),
    ("lifetime_access_token", "As the server's, unless given"),
    ("lifetime_refresh_token_idle", "As the server's, unless given"),
    ("lifetime_refresh_token", "As the server's, unless given"),
];

/// Completes the help of `create` and `update`: an option that is not given means a default for the one, and for
/// the other that nothing changes.
pub(crate) fn with_help(applications: clap::Command) -> clap::Command {
    let say = |option: clap::Arg, more: &str| {
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        option.help(format!("{help}. {more}"))
    };
    let create = |option: clap::Arg| match DEFAULTS.iter().find(|(id, _)| option.get_id() == *id) {
        Some((_, default)) => say(option, default),
        None => option,
    };
    let update = |option: clap::Arg| match option.get_id().as_str() {
        "clear" => option,
        _ if option.is_positional() || option.is_required_set() => option,
        _ => say(option, "Stays as it is, unless given"),
    };
    applications
        .mut_subcommand("create", |command| command.mut_args(create))
        .mut_subcommand("update", |command| command.mut_args(update))
}

/// What can be taken away from an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    RedirectUris,
    Scopes,
    Resources,
    Origins,
    Uri,
    Owner,
    Attributes,
    Lifetimes,
}

impl Part {
    /// Takes it out of what is asked.
    pub(super) fn clear(self, asked: &mut Registration, client: &mut Client) {
        match self {
            Self::RedirectUris => asked.redirect_uris.clear(),
            Self::Scopes => asked.scope = None,
            Self::Resources => asked.resources.clear(),
            Self::Origins => asked.allowed_origins.clear(),
            Self::Uri => asked.uri = None,
            Self::Owner => {
                asked.owner = None;
                client.owner = None;
            }
            Self::Attributes => asked.attributes.clear(),
            Self::Lifetimes => asked.lifetimes = Lifetimes::default(),
        }
    }
}

impl Properties {
    /// Puts what was given in the place of what is asked.
    pub(super) fn put_over(&self, asked: &mut Registration) {
        let text = |list: &[String], over: &mut Vec<String>| {
            if !list.is_empty() {
                *over = list.to_vec();
            }
        };
        text(&self.redirect_uris, &mut asked.redirect_uris);
        text(&self.origins, &mut asked.allowed_origins);
        if !self.resources.is_empty() {
            asked.resources.clone_from(&self.resources);
        }
        if !self.grants.is_empty() {
            asked.grant_types.clone_from(&self.grants);
            asked.grant_types.sort();
            asked.grant_types.dedup();
        }
        if !self.scopes.is_empty() {
            let together = self.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            asked.scope = together.parse().ok();
        }
        if self.uri.is_some() {
            asked.uri.clone_from(&self.uri);
        }
        asked.attributes.extend(self.attributes.iter().cloned());
        for (given, lifetime) in [
            (self.lifetime_code, &mut asked.lifetimes.code),
            (self.lifetime_access_token, &mut asked.lifetimes.access_token),
            (self.lifetime_refresh_token_idle, &mut asked.lifetimes.refresh_token_idle),
            (self.lifetime_refresh_token, &mut asked.lifetimes.refresh_token),
        ] {
            *lifetime = given.map(Duration::from_secs).or(*lifetime);
        }
        asked.insecure_without_pkce = self.insecure_without_pkce.unwrap_or(asked.insecure_without_pkce);
    }

    /// Tells whether it is an API that is never redirected to and acts for nobody.
    pub(super) fn is_a_resource_server(&self) -> bool {
        self.grants.is_empty() && self.redirect_uris.is_empty() && !self.resources.is_empty()
    }

    /// Marks an application, which no registration asks for by itself.
    pub(super) fn mark(&self, client: &mut Client) {
        client.trusted = self.trusted.unwrap_or(client.trusted);
        client.sanctioned = self.sanctioned.unwrap_or(client.sanctioned);
        client.lapsed &= self.trusted.is_none() && self.sanctioned.is_none();
    }

    /// Finds the account whose it is to be; `None` if nobody was named.
    pub(super) async fn owner(&self, accounts: &impl AccountStore) -> Result<Option<Subject>, Refused> {
        let Some(username) = &self.owner else { return Ok(None) };
        let account = account_called(accounts, username).await?;
        Ok(Some(account.ok_or_else(|| Refused::not_found("user", username))?.subject))
    }
}
