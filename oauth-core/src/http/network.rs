use super::masked;
use std::net::IpAddr;

const NARROWEST: u32 = 64;
const WIDEST: u32 = 48;
/// How wide an IPv6 origin is, and how many times the limit of the narrowest it may reach. One subscriber holds a
/// /64, and a site a /56 or a /48 (RFC 6177 §2): with one width, a site would have as many budgets as it has subnets.
const WIDTHS: [(u32, u32); 3] = [(NARROWEST, 1), (56, 2), (WIDEST, 4)];

/// Addresses that may all be one party's: an IPv4 address, or an IPv6 /64, /56 or /48.
///
/// ```
/// use oauth_core::http::Network;
/// let around = |text: &str| Network::around(text.parse().unwrap()).map(|(_, share)| share).collect::<Vec<_>>();
/// assert_eq!(around("2001:db8::1"), [1, 2, 4]);
/// assert_eq!(around("192.0.2.1"), [1]);
/// let site = |text: &str| Network::widest(text.parse().unwrap());
/// assert_eq!(site("2001:db8:0:1::1"), site("2001:db8:0:2::1"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network {
    first: IpAddr,
    prefix: u32,
}

impl Network {
    /// Gives the networks around an address, the narrowest first, each with its share: how many times as much
    /// as the narrowest it may claim.
    pub fn around(address: IpAddr) -> impl Iterator<Item = (Self, u32)> {
        let widths = if address.to_canonical().is_ipv4() { 1 } else { WIDTHS.len() };
        WIDTHS.iter().take(widths).map(move |(prefix, share)| (Self::of(address, *prefix), *share))
    }

    /// Gives the narrowest network around an address.
    pub fn narrowest(address: IpAddr) -> Self {
        Self::of(address, NARROWEST)
    }

    /// Gives the widest network around an address.
    pub fn widest(address: IpAddr) -> Self {
        Self::of(address, WIDEST)
    }

    /// Gives the network of a width, which an IPv4 address is by itself.
    fn of(address: IpAddr, six: u32) -> Self {
        let address = address.to_canonical();
        let prefix = if address.is_ipv4() { 32 } else { six };
        Self { first: masked(address, prefix), prefix }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}
