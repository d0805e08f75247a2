use rustix::time::{ClockId, clock_gettime};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Gives the nanoseconds of the machine's monotonic clock, which all of its processes share.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap()
}

/// Gives a number below a bound, by chance.
pub(crate) fn chance(bound: u64) -> u64 {
    u64::from_ne_bytes(oauth_core::secret::random_bytes()) % bound
}

/// Gives by how much the machine has been late since this program began: how much longer than asked a
/// thread slept that does nothing else. Two processors that others use make every answer late.
pub(crate) fn late() -> Duration {
    static LATE: OnceLock<AtomicU64> = OnceLock::new();
    let late = LATE.get_or_init(|| {
        std::thread::spawn(|| {
            loop {
                let started = Instant::now();
                std::thread::sleep(NAP);
                let over = started.elapsed().saturating_sub(NAP + USUAL);
                if let Some(late) = LATE.get() {
                    late.fetch_add(u64::try_from(over.as_nanos()).unwrap(), Ordering::Relaxed);
                }
            }
        });
        AtomicU64::new(0)
    });
    Duration::from_nanos(late.load(Ordering::Relaxed))
}

const NAP: Duration = Duration::from_millis(5);

/// How much longer a sleep takes on a machine that nobody else uses.
const USUAL: Duration = Duration::from_millis(1);
