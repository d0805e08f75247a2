use oauth_core::config::Paths;

/// Where a browser goes once somebody signed in.
///
/// It travels through the form as a name or as the query of an authorization request, never as an
/// address: whatever is put in its place, the browser stays here (RFC 9700 §4.11.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Home,
    Applications,
    Connected,
    Password,
    People,
    /// Back to an authorization request, which is checked anew.
    Authorization(String),
}

impl Destination {
    /// Reads what a form or a query carried; what is unknown leads to the home page.
    pub(crate) fn parse(text: Option<&str>) -> Self {
        match text.unwrap_or_default() {
            "applications" => Self::Applications,
            "connected" => Self::Connected,
            "password" => Self::Password,
            "people" => Self::People,
            query if query.split('&').any(|pair| pair.starts_with("client_id=")) => Self::authorization(query),
            _ => Self::Home,
        }
    }

    /// Takes the query of an authorization request, encoded anew: whatever it held, it is a query
    /// of names and values now.
    pub(crate) fn authorization(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self::Authorization(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Gives what a form carries.
    pub(crate) fn field(&self) -> &str {
        match self {
            Self::Home => "home",
            Self::Applications => "applications",
            Self::Connected => "connected",
            Self::Password => "password",
            Self::People => "people",
            Self::Authorization(query) => query,
        }
    }

    /// Gives the address on this server.
    pub(crate) fn location(&self, paths: &Paths) -> String {
        match self {
            Self::Home => format!("{}/", paths.base),
            Self::Authorization(query) => format!("{}?{query}", paths.authorization_path()),
            page => paths.join(page.field()),
        }
    }
}
