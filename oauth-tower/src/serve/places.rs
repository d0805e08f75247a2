//! Who is connected, and who gives way when there is no place left.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::progress::Progress;

/// How many give way at a time, at most: looking for them costs a walk over all.
const AT_A_TIME: usize = 32;

/// How long to wait before looking again, where nobody could give way.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// As many connections as there are places.
pub(super) struct Places {
    limit: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    seats: HashMap<u64, Arc<Seat>>,
    next: u64,
}

/// One connection: from where, how far it is, and whether it is asked to give way.
pub(super) struct Seat {
    network: IpAddr,
    pub(super) progress: Progress,
    asked: Notify,
}

/// A taken place, given back when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    seat: Arc<Seat>,
}

impl Places {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), taken: Mutex::default(), freed: Notify::new() })
    }

    /// Takes a place; where there is none left, somebody gives way who lets the server wait. Where
    /// nobody does, it waits until a request is over.
    pub(super) async fn take(self: &Arc<Self>, peer: IpAddr) -> Place {
        loop {
            if let Some(place) = self.try_take(peer) {
                return place;
            }
            self.make_room();
            let _ = timeout(LOOK_AGAIN, self.freed.notified()).await;
        }
    }

    fn try_take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        if taken.seats.len() >= self.limit {
            return None;
        }
        let number = taken.next;
        taken.next += 1;
        let seat = Arc::new(Seat { network: network(peer), progress: Progress::new(), asked: Notify::new() });
        taken.seats.insert(number, Arc::clone(&seat));
        Some(Place { places: Arc::clone(self), number, seat })
    }

    /// Asks some of those to leave that let the server wait: from the network that has most of them,
    /// the one that does so longest; then the same again. So a crowd from one place pushes out its
    /// own, and among many who have one connection each the oldest goes: an honest client is served
    /// long before it is that.
    pub(super) fn make_room(&self) {
        let mut networks: HashMap<IpAddr, Vec<(Instant, Arc<Seat>)>> = HashMap::new();
        let mut waiting = 0;
        for seat in self.taken().seats.values() {
            if let Some(since) = seat.progress.waits_since() {
                networks.entry(seat.network).or_default().push((since, Arc::clone(seat)));
                waiting += 1;
            }
        }
        let mut crowds = BinaryHeap::new();
        for (network, seats) in &mut networks {
            seats.sort_unstable_by_key(|(since, _)| Reverse(*since));
            crowds.extend(seats.last().map(|(since, _)| (seats.len(), Reverse(*since), *network)));
        }
        for _ in 0..(waiting / 8).clamp(1, AT_A_TIME) {
            let Some((_, _, network)) = crowds.pop() else { return };
            let Some(seats) = networks.get_mut(&network) else { continue };
            if let Some((_, seat)) = seats.pop() {
                seat.asked.notify_one();
            }
            crowds.extend(seats.last().map(|(since, _)| (seats.len(), Reverse(*since), network)));
        }
    }

    /// Waits until all places are free.
    pub(super) async fn all_free(&self) {
        while !self.taken().seats.is_empty() {
            self.freed.notified().await;
        }
    }

    /// A handler that panics does so outside of this lock.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until it is asked to give way.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }
}

impl Place {
    pub(super) fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }
}

impl Deref for Place {
    type Target = Seat;

    fn deref(&self) -> &Seat {
        &self.seat
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().seats.remove(&self.number);
        self.places.freed.notify_one();
    }
}

/// What counts as one origin: an IPv4 address, and of IPv6 the half that a subscriber is given.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Places};
    use std::net::IpAddr;
    use std::time::Duration;
    use tokio::time::timeout;

    fn take(places: &std::sync::Arc<Places>, from: &str) -> Place {
        places.try_take(from.parse::<IpAddr>().unwrap()).unwrap()
    }

    async fn asked(place: &Place) -> bool {
        timeout(Duration::ZERO, place.asked()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_of_the_largest_crowd_gives_way() {
        let places = Places::new(4);
        let honest = take(&places, "192.0.2.1");
        let crowd = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|from| take(&places, from));
        places.make_room();
        assert!(!asked(&honest).await, "the oldest of all, but of no crowd");
        assert!(asked(&crowd[0]).await && !asked(&crowd[1]).await && !asked(&crowd[2]).await);
    }

    #[tokio::test]
    async fn nobody_gives_way_whose_request_is_under_way() {
        let places = Places::new(2);
        let (busy, idle) = (take(&places, "192.0.2.1"), take(&places, "192.0.2.2"));
        busy.progress.begins();
        places.make_room();
        assert!(!asked(&busy).await && asked(&idle).await);
        idle.progress.begins();
        places.make_room();
        assert!(!asked(&busy).await && !asked(&idle).await);
        assert!(timeout(Duration::from_millis(50), places.take(busy.network)).await.is_err());
        drop(idle);
        assert!(timeout(Duration::from_secs(5), places.take(busy.network)).await.is_ok());
    }
}
