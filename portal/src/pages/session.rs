//! Sessions: a random name in a cookie, everything else here, five minutes without a word and it is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderValue;
use base16ct::lower;
use camtoken::Timestamp;
use sha2::{Digest, Sha256};

use super::download::Download;
use crate::bank::Draft;
use crate::domain::linkage::login_of;
use crate::domain::people::Person;
use crate::system::random_hex;

/// How long a session lives after the last request.
pub const IDLE: Duration = Duration::from_secs(300);

/// More sessions than this are not kept; those without a login make room first, then those that were idle for longest.
const MAX: usize = 10_000;

/// More pages that answered a form are not kept.
const MAX_PAGES: usize = 1_000;

/// The cookie.
pub const COOKIE: &str = "kcb";

/// The cookie under TLS: no other host, no other path and no plain connection can have set it.
pub const SECURE_COOKIE: &str = "__Host-kcb";

/// The cookie by which a browser is known again.
pub const BROWSER: &str = "browser";

/// The same under TLS.
pub const SECURE_BROWSER: &str = "__Host-browser";

/// All the sessions of the site. The names themselves are not kept, only their hashes.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

/// One browser's session.
#[derive(Clone)]
pub struct Session {
    /// How far its person has come.
    pub stage: Stage,
    /// The token of every form of it.
    pub csrf: String,
    /// What was entered and waits for the transaction password, with the name that its page carries: of two pages in two tabs
    /// only the later one is good.
    pub draft: Option<(String, Draft)>,
    /// The page that answered the last form: it is fetched by its name, so that Back and Reload lead to it.
    pub again: Option<Arc<Again>>,
    /// The last entries of a form that becomes an order, to be corrected.
    pub typed: Option<Typed>,
    /// A text to show once.
    pub notice: Option<&'static str>,
    /// The certificate that was shown at the login: without it the session counts as not logged in.
    pub certificate: Option<String>,
    /// A user who is not logged in has proved who they are, to link an external service.
    pub links: bool,
    /// A certificate with its key, to be downloaded.
    pub download: Option<Download>,
    /// What the browser's passkey is to sign, once.
    pub ceremony: Option<Ceremony>,
    /// The signed order that permits this session to add a passkey.
    pub permit: Option<String>,
    last_seen: Timestamp,
}

/// A page that answered a form.
pub struct Again {
    /// Its name in its address.
    pub name: String,
    /// Where the form went.
    pub path: String,
    /// The page.
    pub page: Vec<u8>,
    /// The sources from which it may load.
    pub policy: Option<HeaderValue>,
}

/// The entries of a form, without any secret.
#[derive(Clone)]
pub struct Typed {
    /// Where the form goes.
    pub path: String,
    /// Names and texts.
    pub fields: Vec<(String, String)>,
}

/// A challenge for a passkey, of WebAuthn and not of the token.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// 32 random bytes, base64url.
    pub challenge: String,
    /// For a new passkey, the user handle that it was asked for with, as hexadecimal digits.
    pub handle: String,
    until: Timestamp,
}

/// How long a browser may take over a passkey.
pub const CEREMONY: Duration = Duration::from_secs(300);

/// How far a session's person has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Not logged in.
    Nobody,
    /// The password was right; the one-time password of this order is awaited.
    Otp {
        /// Who.
        person: Who,
        /// The order to come in.
        order: String,
    },
    /// The password was right; a time-based password is awaited.
    Generator(Who),
    /// The password was right; nothing but the registration is open.
    Registering(Who),
    /// The password was right; nothing but fetching a certificate is open.
    Fetching(Who),
    /// In.
    In(Who),
    /// One of the bank's own people.
    Operator(String),
}

/// A person by contract and user ID, and by what was proved: with another password, or as another person of the same ID,
/// they are not logged in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// 契約番号
    pub contract: String,
    /// ユーザーID
    pub user: String,
    /// The login at the time of the proof.
    pub login: String,
}

impl Who {
    /// A person whose login was right.
    #[must_use]
    pub fn new(person: &Person) -> Self {
        Self { contract: person.contract.clone(), user: person.user.clone(), login: login_of(person) }
    }

    /// Whether it is this person, with this login.
    #[must_use]
    pub fn is(&self, person: &Person) -> bool {
        *self == Self::new(person)
    }
}

impl Sessions {
    /// Begins a session and gives its name, for the cookie.
    pub fn begin(&self, stage: Stage, now: Timestamp) -> (String, Session) {
        let name = random_hex(32);
        let session = Session {
            stage,
            csrf: random_hex(16),
            draft: None,
            again: None,
            typed: None,
            notice: None,
            certificate: None,
            links: false,
            download: None,
            ceremony: None,
            permit: None,
            last_seen: now,
        };
        let mut sessions = self.lock();
        if sessions.len() >= MAX {
            sessions.retain(|_, session| now.since(session.last_seen) < IDLE);
            if sessions.len() >= MAX
                && let Some(first) = sessions.iter().min_by_key(|(_, session)| session.weight()).map(|(key, _)| *key)
            {
                sessions.remove(&first);
            }
        }
        sessions.insert(key(&name), session.clone());
        (name, session)
    }

    /// The session of this name, which lives on from now. `Err` with whether it has just ended by itself.
    ///
    /// # Errors
    ///
    /// `true` for one that was idle for too long and was logged in, `false` for none.
    pub fn find(&self, name: &str, now: Timestamp) -> Result<Session, bool> {
        let mut sessions = self.lock();
        let Some(session) = sessions.get_mut(&key(name)) else { return Err(false) };
        if now.since(session.last_seen) >= IDLE {
            let was_in = session.stage != Stage::Nobody;
            sessions.remove(&key(name));
            return Err(was_in);
        }
        session.last_seen = now;
        Ok(session.clone())
    }

    /// Changes a session.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.lock().get_mut(&key(name)) {
            change(session);
        }
    }

    /// Keeps the page that answered a form of this session. Of all sessions, the last thousand such pages are kept.
    pub fn keep_page(&self, name: &str, page: Again) {
        let mut sessions = self.lock();
        let kept = sessions.values().filter(|session| session.again.is_some()).count();
        let oldest = sessions.iter_mut().filter(|(_, session)| session.again.is_some());
        if kept >= MAX_PAGES
            && let Some((_, oldest)) = oldest.min_by_key(|(_, session)| session.last_seen)
        {
            oldest.again = None;
        }
        if let Some(session) = sessions.get_mut(&key(name)) {
            session.again = Some(Arc::new(page));
        }
    }

    /// Ends a session.
    pub fn end(&self, name: &str) {
        self.lock().remove(&key(name));
    }

    /// Ends every session of a person: they were taken out of service, or something of theirs has changed.
    pub fn end_all_of(&self, contract: &str, user: &str, but: Option<&str>) {
        let but = but.map(key);
        let is_theirs =
            |session: &Session| session.stage.who().is_some_and(|who| (&*who.contract, &*who.user) == (contract, user));
        self.lock().retain(|key, session| !is_theirs(session) || Some(*key) == but);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ceremony {
    /// A new challenge.
    #[must_use]
    pub fn new(challenge: String, handle: String, now: Timestamp) -> Self {
        Self { challenge, handle, until: now.plus(CEREMONY) }
    }

    /// Whether it may still be answered.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl Session {
    /// A session of lower weight makes room first.
    fn weight(&self) -> (bool, Timestamp) {
        (self.stage != Stage::Nobody || self.links, self.last_seen)
    }
}

impl Stage {
    /// Whose session it is, however far.
    #[must_use]
    pub fn who(&self) -> Option<&Who> {
        match self {
            Self::Otp { person: who, .. }
            | Self::Generator(who)
            | Self::Registering(who)
            | Self::Fetching(who)
            | Self::In(who) => Some(who),
            Self::Nobody | Self::Operator(_) => None,
        }
    }
}

/// The cookie with a session's name. Over plain HTTP on loopback, which is for the demonstration only, it has no `Secure`.
pub(super) fn cookie(name: &str, secure: bool) -> HeaderValue {
    let (cookie, more) = if secure { (SECURE_COOKIE, "; Secure") } else { (COOKIE, "") };
    let text = format!("{cookie}={name}; Path=/; HttpOnly; SameSite=Lax{more}");
    HeaderValue::from_str(&text).expect("hexadecimal digits")
}

/// The database's ID of the browser with this name in its cookie.
pub(super) fn browser_id(name: &str) -> String {
    lower::encode_string(&key(name))
}

/// The cookie by which a browser is known again, for a year.
pub(super) fn browser_cookie(name: &str, secure: bool) -> HeaderValue {
    let (cookie, more) = if secure { (SECURE_BROWSER, "; Secure") } else { (BROWSER, "") };
    let text = format!("{cookie}={name}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{more}");
    HeaderValue::from_str(&text).expect("hexadecimal digits")
}

fn key(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(user: &str) -> Who {
        Who { contract: "1".to_owned(), user: user.to_owned(), login: String::new() }
    }

    #[test]
    fn a_session_ends_after_five_idle_minutes() {
        let sessions = Sessions::default();
        let at = Timestamp::from_unix;
        let (name, _) = sessions.begin(Stage::In(who("A")), at(1_000));
        assert!(sessions.find(&name, at(1_299)).is_ok());
        assert!(sessions.find(&name, at(1_598)).is_ok(), "every request counts");
        assert_eq!(sessions.find(&name, at(1_898)).err(), Some(true));
        assert_eq!(sessions.find(&name, at(1_898)).err(), Some(false));
    }

    #[test]
    fn a_flood_of_strangers_drives_nobody_out() {
        let sessions = Sessions::default();
        let at = Timestamp::from_unix;
        let (name, _) = sessions.begin(Stage::In(who("A")), at(1_000));
        let (linking, _) = sessions.begin(Stage::Nobody, at(1_000));
        sessions.change(&linking, |session| session.links = true);
        for _ in 0..MAX + 5 {
            sessions.begin(Stage::Nobody, at(1_001));
        }
        assert_eq!(sessions.lock().len(), MAX);
        assert!(sessions.find(&name, at(1_002)).is_ok());
        assert!(sessions.find(&linking, at(1_002)).is_ok());
    }

    #[test]
    fn all_sessions_of_a_person_end_together() {
        let sessions = Sessions::default();
        let now = Timestamp::from_unix(1_000);
        let names: Vec<_> =
            ["A", "A", "B"].map(|user| sessions.begin(Stage::In(who(user)), now).0).into_iter().collect();
        sessions.end_all_of("1", "A", Some(&names[0]));
        assert_eq!(names.iter().map(|name| sessions.find(name, now).is_ok()).collect::<Vec<_>>(), [true, false, true]);
    }
}
