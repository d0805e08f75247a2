//! What enters by the environment: an empty variable is unset, and one that another program set is ignored.

use std::ffi::{OsStr, OsString};

/// What the variables of our options begin with.
const PREFIX: &str = "PROVIDER_";
/// Where Kubernetes writes the address of a Service named `provider`, which is none of our settings.
const PORT: &str = "PROVIDER_PORT";

/// Finds which of our variables say nothing: empty ones, and the address of a Service in `PROVIDER_PORT`,
/// with a warning about the latter.
pub(crate) fn unset(variables: impl Iterator<Item = (OsString, OsString)>) -> (Vec<OsString>, Option<String>) {
    let (mut unset, mut warning) = (Vec::new(), None);
    for (name, value) in variables.filter(|(name, _)| is_ours(name)) {
        if value.is_empty() {
            unset.push(name);
        } else if name == PORT && is_address(&value) {
            warning = Some(format!(
                "{PORT} is ignored, because it is an address and no port: Kubernetes sets it for a Service \
                 named provider; set enableServiceLinks: false in the pod, or give --port"
            ));
            unset.push(name);
        }
    }
    (unset, warning)
}

fn is_ours(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX))
}

/// Tells whether a text begins with a scheme and `://`.
fn is_address(value: &OsStr) -> bool {
    let scheme = value.to_str().and_then(|value| value.split_once("://")).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::unset;

    fn names(variables: &[(&str, &str)]) -> (Vec<String>, bool) {
        let (unset, warning) = unset(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let named = warning.as_ref().is_none_or(|warning| warning.contains("enableServiceLinks: false"));
        assert!(named, "{warning:?}");
        (unset.into_iter().map(|name| name.into_string().unwrap()).collect(), warning.is_some())
    }

    #[test]
    fn f_35_an_empty_variable_is_unset() {
        let given = [("PROVIDER_ISSUER", ""), ("PROVIDER_CONSENTING_ROLE", ""), ("PROVIDER_TENANT", " "), ("HOME", "")];
        assert_eq!(names(&given), (vec!["PROVIDER_ISSUER".to_owned(), "PROVIDER_CONSENTING_ROLE".to_owned()], false));
    }

    #[test]
    fn f_36_the_address_of_a_service_is_no_port() {
        for address in ["tcp://10.96.0.12:8000", "udp://[::1]:1", "TCP://x"] {
            assert_eq!(names(&[("PROVIDER_PORT", address)]), (vec!["PROVIDER_PORT".to_owned()], true), "{address}");
        }
        for other in ["80x", "8000", "://", "1://", "a b://c", "tcp:/10.96.0.12"] {
            assert_eq!(names(&[("PROVIDER_PORT", other)]), (Vec::new(), false), "{other}");
        }
        assert_eq!(names(&[("PROVIDER_ISSUER", "https://id.example")]), (Vec::new(), false));
    }
}
