//! The service from outside: the real binary on a free port, driven over HTTP, each answer compared with its description.

#[path = "server/access.rs"]
mod access;
#[path = "server/batch.rs"]
mod batch;
#[path = "server/client.rs"]
mod client;
#[path = "server/clock.rs"]
mod clock;
#[path = "server/doors.rs"]
mod doors;
#[path = "server/face.rs"]
mod face;
#[path = "server/fuzz_corpus.rs"]
mod fuzz_corpus;
#[path = "server/hand.rs"]
mod hand;
#[path = "server/provisioning.rs"]
mod provisioning;
#[path = "server/quality.rs"]
mod quality;
#[path = "server/shares.rs"]
mod shares;
#[cfg(unix)]
#[path = "server/siege.rs"]
mod siege;
#[path = "server/story.rs"]
mod story;
#[cfg(feature = "tls")]
#[path = "server/tls.rs"]
mod tls;
