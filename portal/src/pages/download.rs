//! A file that waits in a session to be downloaded.

use std::sync::Arc;

use zeroize::Zeroizing;

/// A certificate with its key that was issued in this session, to be downloaded.
#[derive(Clone)]
pub struct Download(pub Arc<Zeroizing<Vec<u8>>>);
