//! What the verbs have in common that serve HTTP: the clock, the threads, and when to end.

use std::io;
use std::sync::Arc;

use camtoken_server::{Clock, Options};
use tokio::runtime::{Builder, Runtime};

use crate::context::Context;

/// The system's clock, or the moment that `--at` fixes.
pub fn clock(context: &Context) -> Clock {
    match context.at {
        Some(at) => Arc::new(move || at),
        None => Options::default().clock,
    }
}

/// The threads that serve.
///
/// # Errors
///
/// A system that gives no threads.
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
/// None here.
#[cfg(not(unix))]
pub fn stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
