use http::Request;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address at the other end of the socket, as a request extension that the adapter sets.
///
/// Nothing else is believed: forwarded headers count only where this address is a trusted proxy's.
///
/// ```
/// use oauth_core::http::PeerAddress;
/// let peer = "192.0.2.1".parse()?;
/// let request = http::Request::builder()
///     .extension(PeerAddress(peer))
///     .header("x-forwarded-for", "203.0.113.9")
///     .body(())?;
/// assert_eq!(PeerAddress::of(&request, &[]), Some(peer));
/// assert_eq!(PeerAddress::of(&request, &[peer]), Some("203.0.113.9".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

impl PeerAddress {
    /// Finds the client's address: the nearest one on the way that is not a trusted proxy's; `None`
    /// where the adapter set none.
    pub fn of<B>(request: &Request<B>, trusted: &[IpAddr]) -> Option<IpAddr> {
        let Self(peer) = *request.extensions().get::<Self>()?;
        let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == *address);
        let peer = peer.to_canonical();
        if !is_trusted(&peer) {
            return Some(peer);
        }
        let values = request.headers().get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            let Some(address) = parse(hop) else { break };
            nearest = address;
            if !is_trusted(&address) {
                break;
            }
        }
        Some(nearest)
    }
}

/// Reads an address as proxies write it: some add the port, some put IPv6 in brackets. Were those not
/// read, all who come through such a proxy would be counted as one.
fn parse(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let address = hop.parse().ok().or_else(with_port).or_else(bracketed)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut request = Request::builder().extension(PeerAddress(peer.parse().expect("an address")));
        for value in forwarded {
            request = request.header(FORWARDED_FOR, *value);
        }
        let trusted: Vec<IpAddr> = trusted.iter().filter_map(|text| text.parse().ok()).collect();
        PeerAddress::of(&request.body(()).expect("a request"), &trusted).map(|address| address.to_string())
    }

    #[test]
    fn r_178_forwarded_headers_count_from_trusted_proxies_only() {
        let from = |peer, forwarded: &[&str], trusted: &[&str]| address(peer, forwarded, trusted).unwrap_or_default();
        assert_eq!(from("192.0.2.1", &["203.0.113.9"], &[]), "192.0.2.1");
        assert_eq!(from("192.0.2.1", &["203.0.113.9"], &["192.0.2.1"]), "203.0.113.9");
        assert_eq!(from("192.0.2.1", &["1.1.1.1, 203.0.113.9"], &["192.0.2.1"]), "203.0.113.9", "the nearest hop");
        assert_eq!(
            from("192.0.2.1", &["1.1.1.1", "203.0.113.9, 192.0.2.2"], &["192.0.2.1", "192.0.2.2"]),
            "203.0.113.9"
        );
        assert_eq!(from("192.0.2.1", &["203.0.113.9, nonsense"], &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(from("192.0.2.1", &[], &["192.0.2.1"]), "192.0.2.1");
    }

    #[test]
    fn r_184_a_port_or_brackets_do_not_make_all_clients_one() {
        let from =
            |forwarded: &str| address("192.0.2.1", &[forwarded], &["192.0.2.1", "192.0.2.2"]).unwrap_or_default();
        assert_eq!(from("203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(from("[2001:db8::9]:4711"), "2001:db8::9");
        assert_eq!(from("[2001:db8::9]"), "2001:db8::9");
        assert_eq!(from("203.0.113.9, ::ffff:192.0.2.2"), "203.0.113.9", "a proxy by its other name");
        for nonsense in ["[203.0.113.9]", "203.0.113.9:", "[2001:db8::9", "2001:db8::9]:1", "unknown", ""] {
            assert_eq!(from(nonsense), "192.0.2.1", "{nonsense:?}");
        }
    }

    #[test]
    fn without_a_socket_there_is_no_address() {
        assert_eq!(PeerAddress::of(&Request::new(()), &[]), None);
    }
}
