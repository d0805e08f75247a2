//! Who is connected, and who gives way when there is no place left.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::crowds::Crowds;
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
    peer: IpAddr,
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
        let seat = Arc::new(Seat { peer, progress: Progress::new(), asked: Notify::new() });
        taken.seats.insert(number, Arc::clone(&seat));
        Some(Place { places: Arc::clone(self), number, seat })
    }

    /// Asks some of those to leave that let the server wait: from the network that has most of them,
    /// the one that does so longest; then the same again. So a crowd from one place pushes out its
    /// own, and among many who have one connection each the oldest goes: an honest client is served
    /// long before it is that. A wider network is a crowd if it has more than its share.
    pub(super) fn make_room(&self) {
        let (mut crowds, mut waiting) = (Crowds::new(), 0_usize);
        for seat in self.taken().seats.values() {
            if let Some(since) = seat.progress.waits_since() {
                crowds.enter(seat.peer, since, Arc::clone(seat));
                waiting += 1;
            }
        }
        for seat in crowds.take((waiting / 8).clamp(1, AT_A_TIME)) {
            seat.asked.notify_one();
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
        assert!(timeout(Duration::from_millis(50), places.take(busy.peer)).await.is_err());
        drop(idle);
        assert!(timeout(Duration::from_secs(5), places.take(busy.peer)).await.is_ok());
    }
}
