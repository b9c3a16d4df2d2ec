//! The virtual token, after WebDriver's virtual authenticator: tokens with buttons and a screen, for other people's tests.
//!
//! A session is a worker of a test run: its tokens, its clock and its randomness are its own, and end with it.

mod album;
mod bank_time;
mod errands;
mod events;
mod foreign;
mod handle;
mod pattern;
mod room;
mod routes;
mod rules;
mod session;
mod shown;
mod values;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rand::Rng;
use tokio::sync::watch;

use super::places::Shares;
use super::problem::{Code, Problem};
use super::turns::Caller;
use camtoken::key::TokenId;
use camtoken::language::Language;

pub use handle::{Answer, Session, Unanswered, VirtualToken};

use album::Album;
use room::Room;
pub(super) use routes::routes;

/// Sessions at the same time. A caller that can be identified has half of them at most.
const SESSIONS: usize = 1_000;

/// All sessions.
pub(super) struct Emulator {
    sessions: Mutex<HashMap<String, Arc<session::Session>>>,
    shares: Arc<Shares>,
    album: Mutex<Album>,
    room: Arc<Room>,
    language: Language,
    /// Whether a verifier beside it decides by the clocks of the sessions.
    moves_verifier: bool,
    /// Raised when the service ends.
    closed: watch::Receiver<bool>,
}

type World = axum::extract::State<Arc<Emulator>>;
type OfToken = axum::extract::Path<(String, String)>;

/// Takes a token in the hand.
fn with<T>(
    emulator: &Emulator,
    (session, token): &(String, String),
    act: impl FnOnce(&mut session::Hand<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let (session, token) = (emulator.find(session)?, token_id(token)?);
    let mut inside = session.inside();
    act(&mut inside.token(&token)?)
}

/// The token that a path names.
fn token_id(text: &str) -> Result<TokenId, Problem> {
    text.parse().map_err(|_| Code::NotFound.into())
}

impl Emulator {
    pub fn new(language: Language, moves_verifier: bool, closed: watch::Receiver<bool>) -> Self {
        let (shares, room) = (Shares::new(SESSIONS / 2), Room::new());
        Self { sessions: Mutex::default(), shares, album: Mutex::default(), room, language, moves_verifier, closed }
    }

    /// Keeps a new session under a name that cannot be guessed.
    fn keep(&self, mut session: session::Session, caller: &Caller) -> Result<(String, Arc<session::Session>), Problem> {
        let mut bytes = [0; 16];
        super::rng().fill_bytes(&mut bytes);
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut sessions = self.sessions();
        let mut share = caller.share(&self.shares);
        if sessions.len() >= SESSIONS || share.is_err() {
            let now = Instant::now();
            sessions.retain(|_, session| !session.is_over(now));
            share = share.or_else(|_| caller.share(&self.shares));
        }
        session.share = share.map_err(|_| Code::TooMany)?;
        if sessions.len() >= SESSIONS {
            return Err(Code::TooMany.into());
        }
        let session = Arc::new(session);
        sessions.insert(id.clone(), Arc::clone(&session));
        Ok((id, session))
    }

    /// A session that is not over; it lives on from now.
    fn find(&self, id: &str) -> Result<Arc<session::Session>, Problem> {
        let mut sessions = self.sessions();
        let session = sessions.get(id).cloned().ok_or(Code::NotFound)?;
        if session.touch(Instant::now()) {
            return Ok(session);
        }
        sessions.remove(id);
        self.album().forget(|its_session, _| its_session == id);
        Err(Code::NotFound.into())
    }

    fn remove(&self, id: &str) -> Result<(), Problem> {
        let session = self.sessions().remove(id).ok_or(Code::NotFound)?;
        session.end();
        self.album().forget(|its_session, _| its_session == id);
        Ok(())
    }

    /// The last pictures. Never asked for while a token is in the hand.
    fn album(&self) -> MutexGuard<'_, Album> {
        self.album.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<session::Session>>> {
        // A map is whole between two calls.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
