//! The protected API: which scopes it requires, and what it tells about itself.

use crate::options::Options;
use crate::output::Refused;
use http::StatusCode;
use oauth_core::config::Config;
use oauth_core::identifier::Resource;
use oauth_core::resource::{Access, Requirement, ResourceMetadata};

/// What the API requires of a token: one scope to see, another to add.
pub struct Api {
    /// The scope of requests that only look, and of the others.
    pub access: Access,
    /// The document that clients find by the challenge of a refusal (RFC 9728); `None` for an issuer of plain
    /// http on another machine, which cannot have one.
    pub metadata: Option<ResourceMetadata>,
    /// Both scopes, as a request for a token names them.
    pub(crate) scope: String,
}

impl Api {
    /// Takes the scopes that the options name, or else `read` and `write`, or else what is on offer instead.
    pub(crate) fn new(options: &Options, config: &Config, resource: Resource) -> Result<Self, Refused> {
        let read = match named(config, "--api-read-scope", options.api_read_scope.as_deref())? {
            Some(read) => read,
            None => on_offer(config, "read").or_else(|| usual(config)).unwrap_or("read"),
        };
        let write = match named(config, "--api-write-scope", options.api_write_scope.as_deref())? {
            Some(write) => write,
            None => on_offer(config, "write").unwrap_or(read),
        };
        let scopes = if read == write { vec![read.to_owned()] } else { vec![read.to_owned(), write.to_owned()] };
        let metadata = ResourceMetadata::new(resource).ok().and_then(|metadata| {
            let metadata = metadata.authorization_server(config.issuer.as_str()).ok()?;
            Some(metadata.scopes(scopes.clone()).name("Notes"))
        });
        let requirement =
            Requirement::ByMethod { read: vec![read.to_owned()].into(), write: vec![write.to_owned()].into() };
        Ok(Self { access: requirement.into(), metadata, scope: scopes.join(" ") })
    }
}

/// Takes a scope that an option names, which must be on offer: no token could open the API otherwise.
fn named<'a>(config: &Config, option: &str, given: Option<&'a str>) -> Result<Option<&'a str>, Refused> {
    if given.is_none_or(|name| config.scopes.contains_key(name)) {
        return Ok(given);
    }
    let offered = config.scopes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(Refused::new("invalid_configuration", format!("{option}: give a scope that is on offer: {offered}")))
}

fn on_offer<'a>(config: &'a Config, name: &str) -> Option<&'a str> {
    config.scopes.get_key_value(name).map(|(name, _)| name.as_str())
}

/// Finds the first scope of those that are granted unless asked, or else the first of all.
fn usual(config: &Config) -> Option<&str> {
    let first = config.default_scope.as_ref().and_then(|scope| scope.iter().next());
    first.or_else(|| config.scopes.keys().map(String::as_str).next())
}

/// The names of refusals that no route of the API decides.
const NAMES: [(StatusCode, &str, &str); 3] = [
    (StatusCode::NOT_FOUND, "not_found", "there is nothing at this address of the API"),
    (StatusCode::BAD_REQUEST, "bad_request", "the request is malformed"),
    (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large: send a shorter one"),
];

/// Says what is wrong with a request to the API that no route of it answered.
pub fn refusal(status: StatusCode) -> crate::Said {
    let known = NAMES.iter().find(|(known, ..)| *known == status).copied();
    let (_, error, description) = known.unwrap_or((status, "server_error", "the request could not be answered"));
    crate::Said { status, json: serde_json::json!({ "error": error, "error_description": description }) }
}

#[cfg(test)]
mod tests {
    use super::Api;
    use crate::options::parsed;
    use http::Method;
    use oauth_core::identifier::Resource;

    fn api(line: &[&str]) -> Result<(String, String, String), String> {
        let options = parsed(line).map_err(|refused| refused.to_string())?;
        let config = options.config(8000).map_err(|refused| refused.to_string())?;
        let resource = Resource::new("http://127.0.0.1:8000/api").unwrap();
        let api = Api::new(&options, &config, resource).map_err(|refused| refused.to_string())?;
        let named = |method| api.access.requirement.named(&method).collect::<Vec<_>>().join(" ");
        Ok((named(Method::GET), named(Method::POST), api.scope.clone()))
    }

    #[test]
    fn f_63_the_api_requires_scopes_that_are_on_offer() {
        let own = r#"scopes={"student:read":"See pupils","student:write":"Change pupils"}"#;
        for (line, read, write) in [
            (&[][..], "read", "write"),
            (&["--set", r#"scopes={"student:read":"See pupils"}"#], "student:read", "student:read"),
            (&["--set", own, "--set", "default_scope=student:write"], "student:write", "student:write"),
            (&["--set", own, "--api-read-scope=student:read"], "student:read", "student:read"),
            (
                &["--set", own, "--api-read-scope=student:read", "--api-write-scope=student:write"],
                "student:read",
                "student:write",
            ),
            (&["--api-write-scope=read"], "read", "read"),
        ] {
            let both = if read == write { read.to_owned() } else { format!("{read} {write}") };
            assert_eq!(api(line).unwrap(), (read.to_owned(), write.to_owned(), both), "{line:?}");
        }
        let refused = api(&["--api-read-scope=student:read"]).unwrap_err();
        assert_eq!(refused, "--api-read-scope: give a scope that is on offer: read, write");
    }
}
