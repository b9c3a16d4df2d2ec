//! The records as one stream, for callers with the right API key. While the service has the store open, no other process can back it
//! up.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;

use super::access::Scope;
use super::api::{Api, Described, Method};
use super::clock::system_time;
use super::problem::{Code, Problem};
use camtoken::store::backup::{self, Saved};
use camtoken::store::{Store, block_on};
use camtoken::verifier::Verifier;

/// What is saved.
pub(super) struct Backup<S> {
    verifier: Arc<Verifier<S>>,
    /// One at a time.
    free: Arc<Semaphore>,
}

impl<S> Backup<S> {
    pub fn new(verifier: Arc<Verifier<S>>) -> Self {
        Self { verifier, free: Arc::new(Semaphore::new(1)) }
    }
}

/// How much is sent at a time.
const CHUNK: usize = 64 << 10;

pub(super) fn routes<S: Store + 'static>(described: Described) -> Api<Arc<Backup<S>>> {
    let stream = json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
    Api::new(described).add(Method::Get, "/v1/backup", get(save::<S>), |op| {
        op.scopes(&[Scope::Backup])
            .summary("service", "All records with their histories, for camtoken store restore")
            .answer_of(200, "The backup; it ends with a hash of all of it", stream)
    })
}

async fn save<S: Store + 'static>(State(backup): State<Arc<Backup<S>>>) -> Result<Response, Problem> {
    let place = Arc::clone(&backup.free).try_acquire_owned().map_err(|_| Code::Busy)?;
    let (sender, receiver) = mpsc::channel(4);
    let (verifier, runtime) = (Arc::clone(&backup.verifier), Handle::current());
    spawn_blocking(move || {
        // A store may need the runtime; to be driven by it would forbid to wait for the reader.
        let _runtime = runtime.enter();
        let to = BufWriter::with_capacity(CHUNK, Chunks(sender.clone()));
        let now = system_time();
        // A restoration would refuse it, perhaps when the store is lost.
        let look = |saved: &Saved| {
            if let Err(error) = verifier.check_saved(saved, now) {
                tracing::error!(record = %saved.id, %error, "a damaged record was saved: camtoken store end-damaged");
            }
        };
        if let Err(error) = block_on(backup::write_with(verifier.store(), to, look)) {
            // Breaks the answer off: what was sent is no backup.
            let _ = sender.blocking_send(Err(io::Error::other(error)));
        }
        drop(place);
    });
    let chunks = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"camtoken.backup\""),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// Sends what is written. A slow reader makes the writer wait; a reader that disconnects ends it.
struct Chunks(mpsc::Sender<io::Result<Bytes>>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
