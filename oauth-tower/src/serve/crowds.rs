//! Who gives way first among the connections that let the server wait.

use oauth_core::http::Network;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::IpAddr;
use std::time::Instant;

/// Connections by the networks that they come from.
pub(super) struct Crowds<T> {
    rows: HashMap<Network, Row<T>>,
    /// How many there are in each network, narrow and wide.
    sizes: HashMap<Network, usize>,
}

struct Row<T> {
    peer: IpAddr,
    seats: Vec<(Instant, T)>,
}

impl<T> Crowds<T> {
    pub(super) fn new() -> Self {
        Self { rows: HashMap::new(), sizes: HashMap::new() }
    }

    pub(super) fn enter(&mut self, peer: IpAddr, since: Instant, seat: T) {
        for (network, _) in Network::around(peer) {
            *self.sizes.entry(network).or_default() += 1;
        }
        let row = self.rows.entry(Network::narrowest(peer)).or_insert_with(|| Row { peer, seats: Vec::new() });
        row.seats.push((since, seat));
    }

    /// Takes some: from the network that has most, the one that lets the server wait longest; then the same again.
    /// A wider network has most only beyond its share, which is larger.
    pub(super) fn take(mut self, most: usize) -> Vec<T> {
        let mut heap = BinaryHeap::new();
        for (network, row) in &mut self.rows {
            row.seats.sort_unstable_by_key(|(since, _)| Reverse(*since));
            let size = size(&self.sizes, row.peer);
            heap.extend(row.seats.last().map(|(since, _)| (size, Reverse(*since), *network)));
        }
        let mut taken = Vec::new();
        while let Some((was, since, network)) = if taken.len() < most { heap.pop() } else { None } {
            let Some(row) = self.rows.get_mut(&network) else { continue };
            let now = size(&self.sizes, row.peer);
            // Others of a wider network have left since. An eighth less is the same crowd: each that leaves must not
            // let all of a large one be sorted anew.
            if was.saturating_sub(now) > was / 8 {
                heap.push((now, since, network));
                continue;
            }
            taken.extend(row.seats.pop().map(|(_, seat)| seat));
            for (network, _) in Network::around(row.peer) {
                self.sizes.entry(network).and_modify(|size| *size = size.saturating_sub(1));
            }
            heap.extend(row.seats.last().map(|(since, _)| (size(&self.sizes, row.peer), Reverse(*since), network)));
        }
        taken
    }
}

/// Gives the size of the largest crowd around a peer, in quarters of its share.
fn size(sizes: &HashMap<Network, usize>, peer: IpAddr) -> usize {
    let quarters = |(network, share): (Network, u32)| {
        let share = usize::try_from(share).unwrap_or(1).max(1);
        sizes.get(&network).copied().unwrap_or_default() * 4 / share
    };
    Network::around(peer).map(quarters).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Crowds;
    use std::time::{Duration, Instant};

    fn taken(peers: &[&str], most: usize) -> Vec<usize> {
        let (now, mut crowds) = (Instant::now(), Crowds::new());
        for (age, peer) in peers.iter().enumerate() {
            crowds.enter(peer.parse().unwrap(), now + Duration::from_secs(age as u64), age);
        }
        crowds.take(most)
    }

    #[test]
    fn f_08_a_site_that_uses_each_of_its_subnets_is_one_crowd() {
        let site: Vec<String> = (0..9).map(|subnet| format!("2001:db8:1:{subnet}::1")).collect();
        let mut peers = vec!["192.0.2.1", "192.0.2.1", "2001:db8:2::1"];
        peers.extend(site.iter().map(String::as_str));
        assert_eq!(taken(&peers, 2), [3, 4], "nine of one /48 are more than twice their share");
        assert_eq!(taken(&peers, 5).len(), 5);
        assert_eq!(taken(&peers[..7], 1), [0], "four of one /48 are its share");
    }

    #[test]
    fn the_oldest_goes_if_all_have_as_many() {
        assert_eq!(taken(&["192.0.2.1", "192.0.2.2", "192.0.2.3"], 9), [0, 1, 2]);
    }
}
