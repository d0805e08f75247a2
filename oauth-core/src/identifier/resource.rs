use super::InvalidIdentifier;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The identifier of a protected resource (RFC 8707 §2): an absolute URI without fragment.
///
/// Two identifiers are equal if they are after the normalisation of RFC 3986 §6.2.2.1 and §6.2.3: scheme and
/// host in any case, the default port of http and https or none, and no path or the path `/`. All else counts
/// byte for byte. Each keeps the text it was made of.
///
/// ```
/// use oauth_core::identifier::Resource;
/// let registered = Resource::new("https://mcp.example")?;
/// assert_eq!(registered, Resource::new("HTTPS://MCP.example:443/")?);
/// assert_ne!(registered, Resource::new("https://mcp.example/api")?);
/// assert_ne!(Resource::new("https://mcp.example/api")?, Resource::new("https://mcp.example/api/")?);
/// # Ok::<(), oauth_core::identifier::InvalidIdentifier>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Resource {
    text: Arc<str>,
    /// The normal form, if it is another text.
    normal: Option<Arc<str>>,
}

impl Resource {
    /// Takes a resource identifier.
    ///
    /// # Errors
    /// Refuses what is longer than 2,048 bytes, not an absolute URI of printable ASCII, or has a
    /// fragment.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
        const REFUSED: InvalidIdentifier = InvalidIdentifier("a resource is an absolute URI without a fragment");
        let text = text.into();
        let (scheme, rest) = text.split_once(':').ok_or(REFUSED)?;
        let scheme_is_good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let rest_is_good = !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| matches!(byte, 0x21..=0x7E) && !matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\'));
        if !scheme_is_good || !rest_is_good || text.len() > 2_048 {
            return Err(REFUSED);
        }
        let normal = normalised(scheme, rest);
        Ok(Self { normal: (normal != text).then(|| normal.into()), text: text.into() })
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Gives the normal form: what a store finds it by.
    pub fn normal(&self) -> &str {
        self.normal.as_ref().unwrap_or(&self.text)
    }
}

/// Writes a URI in the form of RFC 3986 §6.2.2.1 and §6.2.3. A path that is only a slash is left out, which
/// is how most people write it.
fn normalised(scheme: &str, rest: &str) -> String {
    let scheme = scheme.to_ascii_lowercase();
    let Some(hierarchy) = rest.strip_prefix("//") else { return format!("{scheme}:{rest}") };
    let (authority, path) = hierarchy.split_at(hierarchy.find(['/', '?']).unwrap_or(hierarchy.len()));
    let (user, place) = authority.rsplit_once('@').map_or(("", authority), |(user, place)| (user, place));
    // The colons of an IPv6 address stand in brackets.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (place, ""),
    };
    let port = match (scheme.as_str(), port) {
        ("https", "443") | ("http", "80") => "",
        _ => port,
    };
    let path = match path.strip_prefix('/') {
        Some(rest) if rest.is_empty() || rest.starts_with('?') => rest,
        _ => path,
    };
    let at = if authority.contains('@') { "@" } else { "" };
    let colon = if port.is_empty() { "" } else { ":" };
    format!("{scheme}://{user}{at}{}{colon}{port}{path}", host.to_ascii_lowercase())
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Resource {}

impl PartialOrd for Resource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Resource {
    fn cmp(&self, other: &Self) -> Ordering {
        self.normal().cmp(other.normal())
    }
}

impl Hash for Resource {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal().hash(state);
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resource").field(&self.text).finish()
    }
}

impl TryFrom<String> for Resource {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, InvalidIdentifier> {
        Self::new(text)
    }
}

impl std::str::FromStr for Resource {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        Self::new(text)
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> Self {
        resource.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Resource;

    #[test]
    fn f_25_scheme_host_default_port_and_root_path_are_normalised() {
        let same = [
            ("https://mcp.example", "https://mcp.example/"),
            ("https://mcp.example", "HTTPS://mcp.example"),
            ("https://mcp.example", "https://MCP.Example"),
            ("https://mcp.example", "https://mcp.example:443"),
            ("https://mcp.example", "https://mcp.example:443/"),
            ("https://mcp.example", "https://mcp.example:"),
            ("http://mcp.example", "http://mcp.example:80/"),
            ("https://mcp.example:8443", "https://mcp.example:8443/"),
            ("https://mcp.example?v=1", "https://mcp.example/?v=1"),
            ("https://[2001:db8::A]/x", "https://[2001:DB8::a]:443/x"),
            ("urn:notes", "URN:notes"),
            ("com.example.app://Host", "com.example.app://host/"),
        ];
        for (left, right) in same {
            let (left, right) = (Resource::new(left).unwrap(), Resource::new(right).unwrap());
            assert_eq!(left, right);
            assert_eq!(left.cmp(&right), std::cmp::Ordering::Equal);
            assert_eq!(std::collections::HashSet::from([left.clone(), right.clone()]).len(), 1, "{left} {right}");
        }
    }

    #[test]
    fn f_25_all_else_counts_byte_for_byte() {
        let different = [
            ("https://mcp.example", "http://mcp.example"),
            ("https://mcp.example", "https://mcp.example:8443"),
            ("https://mcp.example", "https://mcp.example:80"),
            ("http://mcp.example", "http://mcp.example:443"),
            ("https://mcp.example", "https://mcp.example."),
            ("https://mcp.example", "https://mcp.example//"),
            ("https://mcp.example", "https://mcp.example/?"),
            ("https://mcp.example/api", "https://mcp.example/api/"),
            ("https://mcp.example/api", "https://mcp.example/API"),
            ("https://mcp.example/a", "https://mcp.example/%61"),
            ("https://mcp.example/a", "https://mcp.example/./a"),
            ("https://mcp.example/?v=1", "https://mcp.example/?V=1"),
            ("https://User@mcp.example", "https://user@mcp.example"),
            ("com.example.app://h:80", "com.example.app://h"),
            ("urn:Notes", "urn:notes"),
            ("https:mcp.example", "https://mcp.example"),
        ];
        for (left, right) in different {
            assert_ne!(Resource::new(left).unwrap(), Resource::new(right).unwrap());
        }
        assert_eq!(Resource::new("HTTPS://MCP.example:443/").unwrap().as_str(), "HTTPS://MCP.example:443/");
    }
}
