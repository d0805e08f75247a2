//! Waiting without a runtime: one thread wakes all who wait.

use futures_channel::oneshot;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

type Waiter = (Instant, oneshot::Sender<()>);

/// The thread that wakes them is gone, or never started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoTimer;

/// Waits for a time; the thread starts with the first who waits.
pub(crate) async fn sleep(duration: Duration) -> Result<(), NoTimer> {
    static TIMER: OnceLock<Option<Sender<Waiter>>> = OnceLock::new();
    let (sender, woken) = oneshot::channel();
    let timer = TIMER.get_or_init(start).as_ref().ok_or(NoTimer)?;
    timer.send((Instant::now() + duration, sender)).map_err(|_| NoTimer)?;
    woken.await.map_err(|_| NoTimer)
}

fn start() -> Option<Sender<Waiter>> {
    let (sender, waiters) = channel();
    let started = thread::Builder::new().name("oauth-timer".to_owned()).spawn(move || wake(&waiters));
    if let Err(error) = &started {
        tracing::error!(%error, "the thread that lets requests wait did not start: they are refused instead");
    }
    started.is_ok().then_some(sender)
}

fn wake(waiters: &Receiver<Waiter>) {
    // Two may wait for the same moment.
    let (mut waiting, mut number) = (BTreeMap::<(Instant, u64), oneshot::Sender<()>>::new(), 0_u64);
    loop {
        let now = Instant::now();
        while let Some(first) = waiting.first_entry().filter(|first| first.key().0 <= now) {
            // One that has hung up is woken by nobody.
            let _ = first.remove().send(());
        }
        let next = match waiting.first_key_value() {
            Some(((at, _), _)) => waiters.recv_timeout(at.saturating_duration_since(now)),
            None => waiters.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok((at, waiter)) => {
                number += 1;
                waiting.insert((at, number), waiter);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sleep;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn each_waits_for_its_own_time() {
        let started = Instant::now();
        let (short, long) = tokio::join!(sleep(Duration::from_millis(5)), sleep(Duration::from_millis(50)));
        assert!(short.is_ok() && long.is_ok() && started.elapsed() >= Duration::from_millis(50));
    }
}
