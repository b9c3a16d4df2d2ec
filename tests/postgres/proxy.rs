//! A proxy between store and server that cuts connections and delays answers when the test says so.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// What happens to the next thing that the store says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It gets there, and is answered.
    No,
    /// It does not get there: the connection is cut before.
    Before,
    /// It gets there, and the connection is cut when the server answers.
    After,
}

/// A proxy on a socket of its own.
pub struct Proxy {
    shared: Arc<Shared>,
    dir: TempDir,
}

#[derive(Default)]
struct Shared {
    cut: AtomicU8,
    /// How many milliseconds an answer takes longer.
    delay: AtomicU64,
    connections: AtomicUsize,
    streams: Mutex<Vec<UnixStream>>,
}

impl Proxy {
    /// Starts a proxy for the server whose socket is in this directory.
    pub fn to(server: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let listener = UnixListener::bind(dir.path().join(".s.PGSQL.5432")).expect("a new directory");
        let shared = Arc::new(Shared::default());
        let (server, accepted) = (server.join(".s.PGSQL.5432"), Arc::clone(&shared));
        thread::spawn(move || {
            for store in listener.incoming() {
                let (Ok(store), Ok(server)) = (store, UnixStream::connect(&server)) else { continue };
                accepted.connections.fetch_add(1, Ordering::Relaxed);
                accepted.join(&store, &server).expect("sockets can be cloned");
            }
        });
        Self { shared, dir }
    }

    /// The same database as `url`, through the proxy.
    pub fn url(&self, url: &str, server: &Path) -> String {
        url.replace(&server.display().to_string(), &self.dir.path().display().to_string())
    }

    /// What happens to the next thing that the store says, once.
    pub fn cut(&self, cut: Cut) {
        self.shared.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// How much longer each answer takes from now on.
    pub fn delay(&self, delay: Duration) {
        self.shared.delay.store(u64::try_from(delay.as_millis()).expect("not for ever"), Ordering::SeqCst);
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Cuts every connection there is.
    pub fn cut_all(&self) {
        for stream in self.shared.streams.lock().expect("nobody panics with it").drain(..) {
            // It may have ended before.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    /// Copies in both directions, on a thread each.
    fn join(self: &Arc<Self>, store: &UnixStream, server: &UnixStream) -> io::Result<()> {
        self.streams.lock().expect("nobody panics with it").push(store.try_clone()?);
        let doomed = Arc::new(AtomicU8::new(0));
        let (from, to) = (store.try_clone()?, server.try_clone()?);
        let (shared, dooms) = (Arc::clone(self), Arc::clone(&doomed));
        thread::spawn(move || {
            copy(&from, &to, || match shared.cut.swap(Cut::No as u8, Ordering::SeqCst) {
                cut if cut == Cut::Before as u8 => false,
                cut => {
                    dooms.fetch_or(cut, Ordering::SeqCst);
                    true
                }
            });
        });
        let (from, to, shared) = (server.try_clone()?, store.try_clone()?, Arc::clone(self));
        thread::spawn(move || {
            copy(&from, &to, || {
                thread::sleep(Duration::from_millis(shared.delay.load(Ordering::SeqCst)));
                doomed.load(Ordering::SeqCst) == 0
            });
        });
        Ok(())
    }
}

/// Copies until one end closes or `passes` says no; then both ends are cut.
fn copy(mut from: &UnixStream, mut to: &UnixStream, mut passes: impl FnMut() -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || !passes() || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
