use oauth_core::client::{Client, ClientType, GrantType, Registration};
use oauth_core::config::Config;
use oauth_core::http::Parameters;
use oauth_core::identifier::Resource;

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
            _ => "see the documentation",
        }
    }
}

fn boxes(ticked: impl Fn(GrantType) -> bool) -> Vec<GrantBox> {
    GrantType::ALL.into_iter().map(|grant| GrantBox { grant, ticked: ticked(grant) }).collect()
}

impl ApplicationForm {
    /// Starts with what most applications want.
    pub(crate) fn empty() -> Self {
        Self {
            name: String::new(),
            site: String::new(),
            confidential: true,
            grants: boxes(|grant| grant != GrantType::ClientCredentials),
            redirect_uris: String::new(),
            scope: String::new(),
            resources: String::new(),
            insecure_without_pkce: false,
        }
    }

    /// Shows what is registered.
    pub(crate) fn of(client: &Client) -> Self {
        let lines = |lines: Vec<&str>| lines.join("\n");
        Self {
            name: client.name.clone(),
            site: client.uri.clone().unwrap_or_default(),
            confidential: client.is_confidential(),
            grants: boxes(|grant| client.may_use(grant)),
            redirect_uris: lines(client.redirect_uris.iter().map(|uri| uri.as_str()).collect()),
            scope: client.scope.as_ref().map(ToString::to_string).unwrap_or_default(),
            resources: lines(client.resources.iter().map(Resource::as_str).collect()),
            insecure_without_pkce: client.insecure_without_pkce,
        }
    }

    /// Takes what was posted.
    pub(crate) fn posted(form: &Parameters) -> Self {
        let text = |name| form.get(name).unwrap_or_default().to_owned();
        Self {
            name: text("name").trim().to_owned(),
            site: text("site").trim().to_owned(),
            confidential: form.get("client-type") != Some("public"),
            grants: boxes(|grant| form.get(&format!("grant:{grant}")).is_some()),
            redirect_uris: text("redirect-uris"),
            scope: text("scope").trim().to_owned(),
            resources: text("resources"),
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
        asked.insecure_without_pkce = self.insecure_without_pkce;
        Ok(asked)
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
