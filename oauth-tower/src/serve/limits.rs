use std::time::Duration;

/// What a client may take of the server.
///
/// ```
/// use oauth_tower::Limits;
/// let mut limits = Limits::default();
/// limits.connections = 2_000;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How long a connection may idle before the first byte of a head: 75 seconds unless set, which is
    /// longer than balancers keep theirs open (60 seconds mostly), so that none of them meets a connection
    /// that this side has closed. Idle connections give way first, see [`connections`](Self::connections).
    pub idle_time: Duration,
    /// How long a request's head may take from its first byte: 10 seconds unless set.
    pub head_time: Duration,
    /// How many bytes a request's head may have, from the method to the empty line: 32 KiB unless set.
    /// One more is answered 431. So is a head of more than 100 fields.
    pub head_size: usize,
    /// How long a request's body may take, from when it is first waited for: 20 seconds unless set. Its
    /// size is the route's to limit; the provider's is 64 KiB.
    pub body_time: Duration,
    /// How long a client may read nothing of an answer that it has not got whole: 20 seconds unless set.
    pub write_time: Duration,
    /// How many connections are open at a time: 10,000 unless set, and never more than three quarters
    /// of the files that the process may open (`ulimit -n`), because a store needs some too.
    ///
    /// When that many are open and another comes, one of those gives way that let the server wait, for
    /// a head, a body, or to read an answer: from the network with most of them (an IPv4 address, or a /64 of
    /// IPv6; a /56 and a /48 beyond twice and four times as many) the one that does so longest. A request whose handler runs never gives way.
    pub connections: usize,
    /// How long requests under way may take once the server is to stop: 10 seconds unless set.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle_time: Duration::from_secs(75),
            head_time: Duration::from_secs(10),
            head_size: 32 * 1024,
            body_time: Duration::from_secs(20),
            write_time: Duration::from_secs(20),
            connections: 10_000,
            grace: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// How many connections there can be in this process.
    pub(super) fn places(&self) -> usize {
        self.connections.min(files().map_or(usize::MAX, |files| files / 4 * 3))
    }
}

/// How many files this process may open; `None` where there is no limit.
#[cfg(unix)]
fn files() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    usize::try_from(limit).ok()
}

#[cfg(not(unix))]
fn files() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::{Limits, files};

    #[test]
    fn there_are_fewer_places_than_files() {
        assert_eq!(Limits { connections: 7, ..Limits::default() }.places(), 7);
        let Some(files) = files() else { return };
        let limits = Limits { connections: usize::MAX, ..Limits::default() };
        assert!(limits.places() < files && limits.places() >= files / 2, "{} of {files}", limits.places());
    }
}
