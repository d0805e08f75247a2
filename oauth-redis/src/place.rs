//! Where a record stands: on one server all in one place, in a cluster in one of 64 that its name
//! decides, each a hash tag, so that scripts find together what belongs together.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_core::identifier::GrantId;
use oauth_core::secret::Digest;

/// Over how many slots of a cluster the records are spread.
const PLACES: u8 = 64;

/// How keys begin.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What the settings say, and behind it what a tenant adds.
    base: String,
    prefix: String,
    is_cluster: bool,
}

/// The beginning of every key in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place(String);

impl Places {
    pub(crate) fn new(prefix: String, is_cluster: bool) -> Self {
        Self { base: prefix.clone(), prefix, is_cluster }
    }

    /// The places of a tenant. An at sign begins no key of the others, and of a name its digest's first
    /// eight bytes stand behind it, so that no key gets long: to meet the place of another tenant takes some
    /// 2^64 names, and of two names that one party chooses some 2^32. An empty name is the tenant that a store has
    /// of itself.
    pub(crate) fn of_tenant(&self, name: &str) -> Self {
        let base = self.base.clone();
        let of_name = Digest::of(name).as_bytes().first_chunk::<8>().map(|part| URL_SAFE_NO_PAD.encode(part));
        let part = of_name.filter(|_| !name.is_empty()).map(|part| format!("@{part}:"));
        Self { prefix: format!("{base}{}", part.unwrap_or_default()), base, is_cluster: self.is_cluster }
    }

    pub(crate) fn of_digest(&self, digest: &Digest) -> Place {
        let [first, ..] = digest.as_bytes();
        self.numbered(*first)
    }

    pub(crate) fn of_grant(&self, id: &GrantId) -> Place {
        let [first, ..] = id.as_bytes();
        self.numbered(*first)
    }

    /// The place of a client or a person.
    pub(crate) fn of_name(&self, name: &str) -> Place {
        self.of_digest(&Digest::of(name))
    }

    /// The accounts stand together: a name and an identifier are taken in one step.
    pub(crate) fn of_accounts(&self) -> Place {
        Place(if self.is_cluster { format!("{}{{people}}", self.prefix) } else { self.prefix.clone() })
    }

    /// Every place in which something may be over.
    pub(crate) fn all(&self) -> impl Iterator<Item = Place> {
        let last = if self.is_cluster { PLACES } else { 1 };
        (0..last).map(|number| self.numbered(number))
    }

    /// The place itself where everything is at hand there, and nothing where parts stand elsewhere.
    pub(crate) fn if_single(&self) -> &str {
        if self.is_cluster { "" } else { &self.prefix }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    fn numbered(&self, byte: u8) -> Place {
        let Self { prefix, is_cluster, .. } = self;
        Place(if *is_cluster { format!("{prefix}{{{:02x}}}", byte % PLACES) } else { prefix.clone() })
    }
}

impl Place {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of something in this place, of a kind that one letter names.
    pub(crate) fn key(&self, kind: char, name: impl AsRef<[u8]>) -> Vec<u8> {
        let mut key = self.0.clone().into_bytes();
        key.push(u8::try_from(kind).unwrap_or(b'?'));
        key.extend_from_slice(name.as_ref());
        key
    }
}
