use super::{Field, fields};
use crate::error::Outcome;
use oauth_core::client::Client;
use oauth_core::secret::Digest;
use oauth_core::store::{ClientFilter, Mark};

/// What decides whether something that was issued to a client is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientState {
    pub(crate) is_enabled: bool,
    /// Random for each registration: what was issued under another one under the same name is dead.
    pub(crate) incarnation: Vec<u8>,
    /// Random for each revocation of everything: a token without a grant dies with the one it carries.
    pub(crate) epoch: Vec<u8>,
}

impl ClientState {
    /// The client's mark: another one for each registration and after each revocation of all it has.
    pub(crate) fn mark(&self) -> Mark {
        let digest = Digest::of_bytes(&[self.incarnation.as_slice(), &self.epoch].concat());
        let number = digest.as_bytes().first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
        Mark::from_number(number)
    }

    /// Reads the fields `e`, `i`, `o`; `None` where there is no such client.
    pub(crate) fn read(found: Vec<Field>) -> Outcome<Option<Self>> {
        let [enabled, incarnation, epoch] = fields(found, "a client")?;
        Ok(enabled.zip(incarnation).zip(epoch).map(|((enabled, incarnation), epoch)| Self {
            is_enabled: enabled == b"1",
            incarnation,
            epoch,
        }))
    }
}

/// The terms by which a client can be found, each a digest of fixed length: an attribute may be long.
pub(crate) fn index_terms(client: &Client) -> Vec<Digest> {
    let owner = client.owner.iter().map(|owner| term("owner", "", owner.as_str()));
    // By the spelling too: an older version looks there, and so is what it entered taken away.
    let spellings = client.resources.iter().flat_map(|resource| [resource.normal(), resource.as_str()]);
    let resources = spellings.map(|resource| term("resource", "", resource));
    let attributes = client.attributes.iter().map(|(name, value)| term("attribute", name, value));
    let mut terms: Vec<_> =
        std::iter::once(term("all", "", "")).chain(owner).chain(resources).chain(attributes).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The terms under which all clients stand that a filter may mean; more than one for several resources only.
pub(crate) fn terms_of(filter: &ClientFilter) -> Vec<Digest> {
    let ClientFilter { owner, resources, attributes } = filter;
    let by_owner = owner.as_ref().map(|owner| term("owner", "", owner.as_str()));
    let by_attribute = || attributes.first().map(|(name, value)| term("attribute", name, value));
    let by_resource = || resources.iter().map(|resource| term("resource", "", resource.normal())).collect();
    match by_owner.or_else(by_attribute) {
        Some(term) => vec![term],
        None if resources.is_empty() => vec![term("all", "", "")],
        None => by_resource(),
    }
}

fn term(kind: &str, name: &str, value: &str) -> Digest {
    Digest::of(&format!("{kind}:{}:{name}{value}", name.len()))
}
