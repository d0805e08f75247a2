//! When the server is to end.

use std::pin::Pin;

/// Over when the server is to end.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Receives Ctrl-C and SIGTERM from now on: before it listens they would kill, and a framework's own
/// handling begins only after it said that it listens.
#[cfg(unix)]
pub(crate) fn stop() -> std::io::Result<Stop> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }))
}

/// Receives Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn stop() -> std::io::Result<Stop> {
    Ok(Box::pin(async { drop(tokio::signal::ctrl_c().await) }))
}
