//! What a server waits for before it ends, although no client does.

use std::convert::Infallible;
use tokio::sync::mpsc;

/// Says that something of a request is not over yet: as long as one of these is kept, the server of
/// [`serve`](crate::serve) that is told to stop does not return, within its
/// [grace](crate::Limits::grace).
///
/// Each request of that server has one in its extensions, and [`answer`](crate::answer) keeps it until
/// the provider is done, whether the client waits or has hung up. Who takes requests apart and makes
/// others of them, as the filter of oauth-warp does, hands it on; an application may keep one for work
/// of its own.
#[derive(Clone, Debug)]
pub struct Unfinished {
    _kept: mpsc::Sender<Infallible>,
}

/// Knows when all are over.
#[cfg(feature = "serve")]
pub(crate) struct Finished(mpsc::Receiver<Infallible>);

#[cfg(feature = "serve")]
impl Unfinished {
    pub(crate) fn first() -> (Self, Finished) {
        let (kept, all) = mpsc::channel(1);
        (Self { _kept: kept }, Finished(all))
    }
}

#[cfg(feature = "serve")]
impl Finished {
    /// Waits until nobody keeps one any more.
    pub(crate) async fn wait(&mut self) {
        let _ = self.0.recv().await;
    }
}
