use crate::span;
use oauth_core::client::{Client, ClientType, GrantType, Lifetimes, Origin, Registration};
use oauth_core::config::Config;
use oauth_core::http::Parameters;
use oauth_core::identifier::Resource;
use std::time::Duration;

/// The form by which an application is registered and changed, as it was filled in: what is refused
/// is shown again with it.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationForm {
    pub(crate) name: String,
    pub(crate) site: String,
    pub(crate) confidential: bool,
    pub(crate) grants: Vec<GrantBox>,
    pub(crate) redirect_uris: String,
    pub(crate) scope: String,
    pub(crate) resources: String,
    pub(crate) allowed_origins: String,
    /// In the order of [`Lifetime::ALL`].
    pub(crate) lifetimes: [String; 4],
    pub(crate) insecure_without_pkce: bool,
}

/// The checkbox of a grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrantBox {
    pub(crate) grant: GrantType,
    pub(crate) ticked: bool,
}

impl GrantBox {
    /// Says what the grant is for.
    pub(crate) fn words(&self) -> &'static str {
        match self.grant {
            GrantType::AuthorizationCode => "people sign in and allow it",
            GrantType::RefreshToken => "and it stays allowed while nobody is there",
            GrantType::ClientCredentials => "it acts for itself, without a person",
            GrantType::Implicit => "unsafe: tokens come through the browser's address",
            GrantType::Password => "unsafe: people type their passwords into it",
            _ => "see the documentation",
        }
    }
}

/// One of the lifetimes that an application may have of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Code,
    AccessToken,
    RefreshTokenIdle,
    RefreshToken,
}

impl Lifetime {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::AccessToken, Self::RefreshTokenIdle, Self::RefreshToken];

    /// Gives the element's id and the field's name.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Code => "lifetime-code",
            Self::AccessToken => "lifetime-access-token",
            Self::RefreshTokenIdle => "lifetime-refresh-token-idle",
            Self::RefreshToken => "lifetime-refresh-token",
        }
    }

    /// Says what it is.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Code => "A code can be redeemed for",
            Self::AccessToken => "An access token lives",
            Self::RefreshTokenIdle => "An unused refresh token lives",
            Self::RefreshToken => "People are asked again after",
        }
    }

    /// Finds what is set for an application.
    pub(crate) const fn of(self, lifetimes: &Lifetimes) -> Option<Duration> {
        match self {
            Self::Code => lifetimes.code,
            Self::AccessToken => lifetimes.access_token,
            Self::RefreshTokenIdle => lifetimes.refresh_token_idle,
            Self::RefreshToken => lifetimes.refresh_token,
        }
    }

    /// Finds what holds where nothing is set.
    const fn of_server(self, config: &Config) -> Duration {
        match self {
            Self::Code => config.code_lifetime,
            Self::AccessToken => config.access_token_lifetime,
            Self::RefreshTokenIdle => config.refresh_token_idle,
            Self::RefreshToken => config.refresh_token_lifetime,
        }
    }

    /// Says what holds where nothing is set.
    pub(crate) fn usual(self, config: &Config) -> String {
        match self {
            Self::AccessToken if config.insecure_access_tokens_never_expire => "for ever".to_owned(),
            _ => span::words(self.of_server(config)),
        }
    }

    /// Tells whether a lifetime is more than the server gives.
    pub(crate) fn is_longer(self, asked: Duration, config: &Config) -> bool {
        let endless = self == Self::AccessToken && config.insecure_access_tokens_never_expire;
        !endless && asked > self.of_server(config)
    }

    const fn set(self, lifetimes: &mut Lifetimes, span: Duration) {
        match self {
            Self::Code => lifetimes.code = Some(span),
            Self::AccessToken => lifetimes.access_token = Some(span),
            Self::RefreshTokenIdle => lifetimes.refresh_token_idle = Some(span),
            Self::RefreshToken => lifetimes.refresh_token = Some(span),
        }
    }
}

/// Offers the grants that the settings do to such a person, and those that are there already.
fn boxes(config: &Config, administrator: bool, ticked: impl Fn(GrantType) -> bool) -> Vec<GrantBox> {
    let offered = if administrator { config.grant_types() } else { config.registrable_grants() };
    let shown = GrantType::ALL.into_iter().filter(|grant| offered.contains(grant) || ticked(*grant));
    shown.map(|grant| GrantBox { grant, ticked: ticked(grant) }).collect()
}

impl ApplicationForm {
    /// Starts with what most applications want.
    pub(crate) fn empty(config: &Config, administrator: bool) -> Self {
        Self {
            name: String::new(),
            site: String::new(),
            confidential: true,
            grants: boxes(config, administrator, |grant| {
                matches!(grant, GrantType::AuthorizationCode | GrantType::RefreshToken)
            }),
            redirect_uris: String::new(),
            scope: String::new(),
            resources: String::new(),
            allowed_origins: String::new(),
            lifetimes: Default::default(),
            insecure_without_pkce: false,
        }
    }

    /// Shows what is registered.
    pub(crate) fn of(config: &Config, client: &Client, administrator: bool) -> Self {
        let lines = |lines: Vec<&str>| lines.join("\n");
        Self {
            name: client.name.clone(),
            site: client.uri.clone().unwrap_or_default(),
            confidential: client.is_confidential(),
            grants: boxes(config, administrator, |grant| client.may_use(grant)),
            redirect_uris: lines(client.redirect_uris.iter().map(|uri| uri.as_str()).collect()),
            scope: client.scope.as_ref().map(ToString::to_string).unwrap_or_default(),
            resources: lines(client.resources.iter().map(Resource::as_str).collect()),
            allowed_origins: lines(client.allowed_origins.iter().map(Origin::as_str).collect()),
            lifetimes: Lifetime::ALL.map(|which| which.of(&client.lifetimes).map(span::words).unwrap_or_default()),
            insecure_without_pkce: client.insecure_without_pkce,
        }
    }

    /// Takes what was posted.
    pub(crate) fn posted(config: &Config, form: &Parameters, administrator: bool) -> Self {
        let text = |name| form.get(name).unwrap_or_default().to_owned();
        Self {
            name: text("name").trim().to_owned(),
            site: text("site").trim().to_owned(),
            confidential: form.get("client-type") != Some("public"),
            grants: boxes(config, administrator, |grant| form.get(&format!("grant:{grant}")).is_some()),
            redirect_uris: text("redirect-uris"),
            scope: text("scope").trim().to_owned(),
            resources: text("resources"),
            allowed_origins: text("allowed-origins"),
            lifetimes: Lifetime::ALL.map(|which| text(which.field()).trim().to_owned()),
            insecure_without_pkce: form.get("insecure-without-pkce").is_some(),
        }
    }

    /// Makes a registration of it.
    ///
    /// # Errors
    /// Says which field is refused, and why.
    pub(crate) fn registration(&self, config: &Config) -> Result<Registration, String> {
        let client_type = if self.confidential { ClientType::Confidential } else { ClientType::Public };
        let mut asked = Registration::new(self.name.as_str(), client_type);
        asked.uri = Some(self.site.clone()).filter(|site| !site.is_empty());
        asked.grant_types = self.grants.iter().filter(|it| it.ticked).map(|it| it.grant).collect();
        asked.redirect_uris = lines(&self.redirect_uris).map(str::to_owned).collect();
        if !self.scope.is_empty() {
            let words = self.scope.split_whitespace().collect::<Vec<_>>().join(" ");
            let known = config.scopes.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
            asked.scope = Some(words.parse().map_err(|reason| format!("scope: {reason}; on offer: {known}"))?);
        }
        let resource = |line: &str| Resource::new(line).map_err(|reason| format!("resources: {line:?}: {reason}"));
        asked.resources = lines(&self.resources).map(resource).collect::<Result<_, _>>()?;
        asked.allowed_origins = lines(&self.allowed_origins).map(str::to_owned).collect();
        for (which, text) in Lifetime::ALL.into_iter().zip(&self.lifetimes).filter(|(_, text)| !text.is_empty()) {
            let span = span::parse(text).ok_or_else(|| {
                format!("{}: give a number and a unit, such as 10 minutes, 1 hour or 90 days", which.words())
            })?;
            which.set(&mut asked.lifetimes, span);
        }
        asked.insecure_without_pkce = self.insecure_without_pkce;
        Ok(asked)
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
