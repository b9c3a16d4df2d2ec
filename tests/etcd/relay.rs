//! A TCP relay between store and member that cuts connections when the test says so.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A relay on a port of its own; it goes on as long as the process.
pub struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    streams: Mutex<Vec<TcpStream>>,
    /// The next answer does not get through: its connection is cut.
    cut_answer: AtomicBool,
}

impl Relay {
    pub fn to(member: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (shared, member) = (Arc::new(Shared::default()), member.to_owned());
        let accepted = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&member) else { continue };
                let (Ok(back), Ok(there)) = (client.try_clone(), server.try_clone()) else { continue };
                if let Ok(kept) = client.try_clone() {
                    accepted.streams.lock().expect("nobody panics with it").push(kept);
                }
                thread::spawn(move || copy(&client, &there, || true));
                let shared = Arc::clone(&accepted);
                thread::spawn(move || copy(&server, &back, || !shared.cut_answer.swap(false, Ordering::SeqCst)));
            }
        });
        Self { port, shared }
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Cuts every connection there is.
    pub fn cut_all(&self) {
        for stream in self.shared.streams.lock().expect("nobody panics with it").drain(..) {
            // It may have ended before.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets nothing of the next answer through, and cuts its connection.
    pub fn cut_next_answer(&self) {
        self.shared.cut_answer.store(true, Ordering::SeqCst);
    }
}

/// Copies until one end closes or `passes` says no; then both ends are cut.
fn copy(mut from: &TcpStream, mut to: &TcpStream, passes: impl Fn() -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || !passes() || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
