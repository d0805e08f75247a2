use super::{grant_id, json, text};
use crate::error::{Failure, Outcome};
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, GrantId, Resource};
use oauth_core::secret::Digest;
use oauth_core::store::IssuedAccess;
use serde::{Deserialize, Serialize};

const TOKEN: &str = "an access token";
const ALONE: u8 = 0;
const UNDER: u8 = 1;

/// What few tokens have.
#[derive(Default, Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<Resource>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    x: Attributes,
}

/// An access token as it was found.
pub(crate) struct HeldToken {
    pub(crate) token: IssuedAccess,
    /// The epoch of its client in which it was issued; `None` under a grant.
    pub(crate) epoch: Option<[u8; 8]>,
}

/// Writes a token under a grant: a byte, the grant, then what [`tail`] writes.
pub(crate) fn write_under(token: &IssuedAccess, grant: &GrantId) -> Outcome<Vec<u8>> {
    let mut record = vec![UNDER];
    record.extend_from_slice(grant.as_bytes());
    record.extend(tail(token)?);
    Ok(record)
}

/// Writes a token without a grant in two parts, between which the epoch of its client belongs.
pub(crate) fn write_alone(token: &IssuedAccess) -> Outcome<([u8; 1], Vec<u8>)> {
    Ok(([ALONE], tail(token)?))
}

/// The client's identifier after its length, the two times, the scope, and what few tokens have.
fn tail(token: &IssuedAccess) -> Outcome<Vec<u8>> {
    let client = token.client_id.as_str().as_bytes();
    let length = u8::try_from(client.len()).map_err(|_| Failure::Contradiction("the client identifier is too long"))?;
    let mut tail = vec![length];
    tail.extend_from_slice(client);
    tail.extend_from_slice(&token.issued_at.as_unix_seconds().to_be_bytes());
    tail.extend_from_slice(&token.expires_at.as_unix_seconds().to_be_bytes());
    tail.extend_from_slice(token.scope.to_string().as_bytes());
    if !token.audience.is_empty() || !token.attributes.is_empty() {
        tail.push(b'\n');
        let rest = Rest { a: token.audience.clone(), x: token.attributes.clone() };
        serde_json::to_writer(&mut tail, &rest)?;
    }
    Ok(tail)
}

impl HeldToken {
    pub(crate) fn read(digest: &Digest, record: &[u8]) -> Outcome<Self> {
        let mut reader = Reader(record);
        let (grant, epoch) = match reader.array()? {
            [UNDER] => (Some(grant_id(&reader.array::<16>()?)?), None),
            [ALONE] => (None, Some(reader.array::<8>()?)),
            _ => return Err(Failure::Corrupt(TOKEN)),
        };
        let [length] = reader.array()?;
        let client = text(reader.take(usize::from(length))?, TOKEN)?;
        let client_id = ClientId::new(client).map_err(|_| Failure::Corrupt(TOKEN))?;
        let mut time = || reader.array().map(|bytes| Timestamp::from_unix_seconds(i64::from_be_bytes(bytes)));
        let (issued_at, expires_at) = (time()?, time()?);
        let mut parts = reader.0.splitn(2, |byte| *byte == b'\n');
        let scope = text(parts.next().unwrap_or_default(), TOKEN)?;
        let rest: Rest = parts.next().map_or_else(|| Ok(Rest::default()), |rest| json(rest, TOKEN))?;
        let token = IssuedAccess {
            digest: *digest,
            client_id,
            grant,
            scope: scope.parse().map_err(|_| Failure::Corrupt(TOKEN))?,
            audience: rest.a,
            attributes: rest.x,
            issued_at,
            expires_at,
        };
        Ok(Self { token, epoch })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Outcome<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Failure::Corrupt(TOKEN))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Outcome<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Failure::Corrupt(TOKEN))
    }
}
