use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The machines of this host.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
/// Private networks (RFC 1918 §3, RFC 4193 §3).
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// The proxies whose `X-Forwarded-For` is believed: single addresses, ranges (CIDR, RFC 4632 §3.1), and the names
/// `loopback` and `private`, separated by commas. None unless set.
///
/// `private` is every address of RFC 1918 and RFC 4193. In a cluster these are all pods: each of them can then
/// claim any address, so name the range of the proxies if others share the network.
///
/// ```
/// use oauth_core::http::TrustedProxies;
/// let proxies: TrustedProxies = "loopback, 10.1.0.0/16, 2001:db8::1".parse()?;
/// assert!(proxies.contains("10.1.2.3".parse()?));
/// assert!(proxies.contains("::ffff:127.0.0.1".parse()?), "an IPv4 address by its other name");
/// assert!(!proxies.contains("10.2.0.1".parse()?));
/// assert!("0.0.0.0/0".parse::<TrustedProxies>().is_err(), "it would let anybody claim any address");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct TrustedProxies {
    named: Vec<String>,
    ranges: Vec<Range>,
    warned: Arc<AtomicBool>,
}

/// Addresses of one family that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: IpAddr,
    prefix: u32,
}

/// A text names no proxies; it says why, and what to give instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} {reason}")]
pub struct InvalidProxies {
    text: String,
    reason: String,
}

impl TrustedProxies {
    /// Tells whether an address is a trusted proxy's; an IPv4 address may be written as a mapped IPv6 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.ranges.iter().any(|range| range.contains(address))
    }

    /// Lists what was given, as it was given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(String::as_str)
    }

    /// Warns, once for all clones, that a forwarded address is ignored.
    pub(super) fn ignored(&self, peer: IpAddr) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "X-Forwarded-For is ignored, because {peer} is no trusted proxy. If it is your proxy, everybody behind it \
                 counts as one address: set trusted_proxies = [\"{peer}\"], or its range. If not, ignore this line"
            );
        }
    }

    fn add(&mut self, text: &str) -> Result<(), InvalidProxies> {
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let ranges: &[&str] = match part {
                "loopback" => &LOOPBACK,
                "private" => &PRIVATE,
                one => &[one],
            };
            for range in ranges {
                self.ranges.push(Range::parse(range)?);
            }
            self.named.push(part.to_owned());
        }
        Ok(())
    }
}

impl Range {
    fn parse(text: &str) -> Result<Self, InvalidProxies> {
        let no = |reason: &str| InvalidProxies { text: text.to_owned(), reason: reason.to_owned() };
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let written: IpAddr = address.parse().map_err(|_| {
            no("is no address: give an address such as 192.0.2.1, a range such as 10.0.0.0/8, loopback or private")
        })?;
        let bits = if written.is_ipv4() { 32 } else { 128 };
        let digits = prefix.filter(|prefix| prefix.bytes().all(|byte| byte.is_ascii_digit()));
        let prefix = match (prefix, digits.and_then(|prefix| prefix.parse::<u32>().ok())) {
            (None, _) => bits,
            (Some(_), Some(prefix)) if prefix <= bits => prefix,
            _ => return Err(no(&format!("has no prefix length: give a number up to {bits} behind the slash"))),
        };
        // A range of mapped addresses is the range of IPv4 addresses that they stand for.
        let first = written.to_canonical();
        let prefix = if first.is_ipv4() && written.is_ipv6() { prefix.saturating_sub(96) } else { prefix };
        // Nobody's proxies need more than the largest private network, and two halves are the whole.
        let shortest = if first.is_ipv4() { 8 } else { 7 };
        if prefix < shortest {
            return Err(no(&format!(
                "trusts a large part of the internet, so that strangers could claim any address: give at least /{shortest}"
            )));
        }
        let range = Self { first: masked(first, prefix), prefix };
        if range.first != first {
            let Self { first: start, .. } = range;
            return Err(no(&format!("is one address and a range: give {first} for the one, {start}/{prefix} for all")));
        }
        Ok(range)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && masked(address, self.prefix) == self.first
    }
}

/// Keeps the first bits of an address.
pub(crate) fn masked(address: IpAddr, prefix: u32) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V4((four.to_bits() & mask).into())
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & mask))
        }
    }
}

impl FromStr for TrustedProxies {
    type Err = InvalidProxies;

    fn from_str(text: &str) -> Result<Self, InvalidProxies> {
        let mut proxies = Self::default();
        proxies.add(text)?;
        Ok(proxies)
    }
}

impl FromIterator<IpAddr> for TrustedProxies {
    /// Takes single addresses.
    fn from_iter<T: IntoIterator<Item = IpAddr>>(addresses: T) -> Self {
        let mut proxies = Self::default();
        for address in addresses.into_iter().map(|address| address.to_canonical()) {
            proxies.named.push(address.to_string());
            proxies.ranges.push(Range { first: address, prefix: if address.is_ipv4() { 32 } else { 128 } });
        }
        proxies
    }
}

impl PartialEq for TrustedProxies {
    fn eq(&self, other: &Self) -> bool {
        self.ranges == other.ranges
    }
}

impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.named).finish()
    }
}

impl<'de> Deserialize<'de> for TrustedProxies {
    /// Reads a text with commas, or a list of texts.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Given)
    }
}

struct Given;

impl<'de> Visitor<'de> for Given {
    type Value = TrustedProxies;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("addresses, ranges such as 10.0.0.0/8, loopback or private: a list, or a text with commas")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TrustedProxies, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TrustedProxies, A::Error> {
        let mut proxies = TrustedProxies::default();
        while let Some(text) = list.next_element::<String>()? {
            proxies.add(&text).map_err(A::Error::custom)?;
        }
        Ok(proxies)
    }
}

#[cfg(test)]
mod tests {
    use super::TrustedProxies;

    fn trusts(proxies: &str, address: &str) -> bool {
        proxies.parse::<TrustedProxies>().expect("proxies").contains(address.parse().expect("an address"))
    }

    #[test]
    fn f_22_ranges_names_and_addresses_are_trusted() {
        for (proxies, inside, outside) in [
            ("127.0.0.0/8", "127.255.255.255", "128.0.0.0"),
            ("10.4.0.0/14", "10.7.255.255", "10.8.0.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"),
            ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("10.0.0.0/8", "::ffff:10.1.1.1", "::10.1.1.1"),
            ("loopback", "::1", "::2"),
            ("loopback", "127.9.9.9", "10.0.0.1"),
            ("private", "172.31.255.255", "172.32.0.0"),
            ("private", "fdff::1", "fe00::1"),
            ("192.0.2.1, loopback,private", "192.168.9.9", "192.169.0.0"),
        ] {
            assert!(trusts(proxies, inside), "{proxies} {inside}");
            assert!(!trusts(proxies, outside), "{proxies} {outside}");
        }
    }

    #[test]
    fn f_22_what_would_trust_too_much_is_refused_with_the_fix() {
        for (text, reason) in [
            ("0.0.0.0/0", "at least /8"),
            ("0.0.0.0/1,128.0.0.0/1", "at least /8"),
            ("::/0", "at least /7"),
            ("::ffff:0:0/96", "at least /8"),
            ("::ffff:0:0/90", "at least /8"),
            ("10.1.2.3/8", "give 10.1.2.3 for the one, 10.0.0.0/8 for all"),
            ("2001:db8::1/64", "2001:db8::/64 for all"),
            ("10.0.0.0/33", "up to 32"),
            ("2001:db8::/129", "up to 128"),
            ("10.0.0.0/+8", "up to 32"),
            ("10.0.0.0/", "up to 32"),
            ("proxy.example", "is no address"),
            ("Private", "is no address"),
        ] {
            let refused = text.parse::<TrustedProxies>().map_err(|wrong| wrong.to_string()).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn f_22_a_list_and_a_text_with_commas_are_the_same() {
        let list: TrustedProxies = serde_json::from_str(r#"["10.0.0.0/8", "loopback,::1"]"#).expect("a list");
        let text: TrustedProxies = serde_json::from_str(r#""10.0.0.0/8,loopback, ::1""#).expect("a text");
        assert_eq!(list, text);
        assert_eq!(list.iter().collect::<Vec<_>>(), ["10.0.0.0/8", "loopback", "::1"]);
        assert!(serde_json::from_str::<TrustedProxies>("[7]").is_err());
    }
}
