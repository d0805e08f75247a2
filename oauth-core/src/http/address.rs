use super::TrustedProxies;
use http::Request;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address at the other end of the socket, as a request extension that the adapter sets.
///
/// Nothing else is believed: forwarded headers count only where this address is a trusted proxy's.
///
/// ```
/// use oauth_core::http::{PeerAddress, TrustedProxies};
/// let peer = "192.0.2.1".parse()?;
/// let request = http::Request::builder()
///     .extension(PeerAddress(peer))
///     .header("x-forwarded-for", "203.0.113.9")
///     .body(())?;
/// assert_eq!(PeerAddress::of(&request, &TrustedProxies::default()), Some(peer));
/// assert_eq!(PeerAddress::of(&request, &"192.0.2.0/24".parse()?), Some("203.0.113.9".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

impl PeerAddress {
    /// Finds the client's address: the nearest one on the way that is not a trusted proxy's; `None`
    /// if the adapter set none. Warns once, with the fix, if another peer sends a forwarded address.
    pub fn of<B>(request: &Request<B>, trusted: &TrustedProxies) -> Option<IpAddr> {
        let Self(peer) = *request.extensions().get::<Self>()?;
        let peer = peer.to_canonical();
        if !trusted.contains(peer) {
            if request.headers().contains_key(FORWARDED_FOR) {
                trusted.ignored(peer);
            }
            return Some(peer);
        }
        // Each hop added to what it was sent: bytes of a stranger must not hide what a proxy wrote behind them.
        let values = request.headers().get_all(FORWARDED_FOR).iter();
        let hops: Vec<&[u8]> = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).collect();
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            let Some(address) = std::str::from_utf8(hop).ok().map(str::trim).and_then(parse) else { break };
            nearest = address;
            if !trusted.contains(address) {
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
            request = request.header(FORWARDED_FOR, value.as_bytes());
        }
        let trusted: TrustedProxies = trusted.join(",").parse().expect("proxies");
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
        assert_eq!(PeerAddress::of(&Request::new(()), &TrustedProxies::default()), None);
    }

    #[test]
    fn f_22_a_chain_of_trusted_hops_is_followed_to_the_client() {
        let proxies = &["private", "loopback"];
        let from = |peer, forwarded: &[&str]| address(peer, forwarded, proxies).unwrap_or_default();
        assert_eq!(from("127.0.0.1", &["198.51.100.66, 10.0.0.9"]), "198.51.100.66");
        assert_eq!(from("::ffff:10.0.0.7", &["203.0.113.50, ::ffff:172.16.0.1, 192.168.0.1"]), "203.0.113.50");
        assert_eq!(from("10.0.0.7", &["1.1.1.1, 203.0.113.50, 10.0.0.9"]), "203.0.113.50", "what it claims is ignored");
        assert_eq!(from("10.0.0.7", &["10.0.0.8, 10.0.0.9"]), "10.0.0.8", "a client inside");
        assert_eq!(from("10.0.0.7", &["\u{fc}bel, 203.0.113.50"]), "203.0.113.50", "bytes of a stranger hide nothing");
        assert_eq!(from("192.0.2.1", &["203.0.113.50"]), "192.0.2.1");
    }

    /// Counts what is warned about.
    #[derive(Default)]
    struct Warnings(std::sync::Mutex<Vec<String>>);

    impl tracing::Subscriber for Warnings {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut text = String::new();
            event.record(&mut |_: &tracing::field::Field, value: &dyn std::fmt::Debug| text += &format!("{value:?} "));
            self.0.lock().expect("a list").push(text);
        }

        fn enter(&self, _: &tracing::span::Id) {}

        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[test]
    fn f_10_an_ignored_header_is_warned_about_once_with_the_fix() {
        let warnings = std::sync::Arc::new(Warnings::default());
        tracing::subscriber::with_default(std::sync::Arc::clone(&warnings), || {
            let trusted: TrustedProxies = "192.0.2.1".parse().expect("proxies");
            let request = |peer: [u8; 4]| {
                let request = Request::builder().extension(PeerAddress(peer.into()));
                request.header(FORWARDED_FOR, "203.0.113.9").body(()).expect("a request")
            };
            PeerAddress::of(&request([192, 0, 2, 1]), &trusted);
            assert!(warnings.0.lock().expect("a list").is_empty(), "it is believed");
            for last in 7..17 {
                PeerAddress::of(&request([10, 4, 0, last]), &trusted.clone());
            }
        });
        let warnings = warnings.0.lock().expect("a list");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("trusted_proxies = [\"10.4.0.7\"]"), "{warnings:?}");
    }
}
