//! The common part of the verbs that serve HTTP: the clock, the threads, and the end.

use std::io;
use std::sync::Arc;

use camtoken::Timestamp;
use camtoken::verifier::{ClockGuard, ClockReading};
use camtoken_server::{Clock, Options, WatchedClock};
use tokio::runtime::{Builder, Runtime};

use crate::context::Context;
use crate::system;

/// The system's clock, or the moment that `--at` fixes.
pub fn clock(context: &Context) -> Clock {
    match context.at {
        Some(at) => Arc::new(move || at),
        None => Options::default().clock,
    }
}

/// The system's clock with its watch from now on, if there is one.
pub fn watched(guard: Option<ClockGuard>) -> Option<WatchedClock> {
    // A clock before 1970 is behind every record, so nothing is decided by it.
    let reading =
        || system::clocks().unwrap_or(ClockReading { wall: Timestamp::from_unix(0), uptime_secs: 0, boot: [0; 16] });
    Some(WatchedClock { guard: guard?, reading: Arc::new(reading) })
}

/// The threads that serve.
///
/// # Errors
///
/// A system that cannot start the threads.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// Ends with Ctrl-C or SIGTERM.
///
/// # Errors
///
/// Signals that cannot be caught.
#[cfg(unix)]
pub fn stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends with Ctrl-C.
///
/// # Errors
///
/// There are none here.
#[cfg(not(unix))]
pub fn stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
