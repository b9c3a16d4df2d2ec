//! The virtual token in a Rust test's own hands, without HTTP.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::super::pictures;
use super::super::problem::Problem;
use super::session::{Clock, Hand, Make, Session as World};
use camtoken::key::{Key, TokenId};
use camtoken::language::Language;
use camtoken::qr::{Luma, Scan};
use camtoken::time::Timestamp;
use camtoken::token::screen::Screen;
use camtoken::token::{Button, Device, Profile, Refusal, Seen, State, Token};
use camtoken::transaction::Transaction;

/// A session of one test: a clock that does not move by itself, randomness that is the same in every run, and virtual
/// tokens. All of them are test tokens, which a verifier accepts only when it is configured to.
///
/// # Examples
///
/// ```
/// use camtoken_server::emulator::Session;
/// use camtoken::store::MemoryStore;
/// use camtoken::transaction::{Operation, Transaction};
/// use camtoken::verifier::{AttemptId, LocalKeyWrapper, Policy, Step, Subscriber, Verifier};
/// use camtoken::{Key, Timestamp};
/// use rand::{rand_core::UnwrapErr, rngs::SysRng};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { camtoken::store::block_on(async {
/// let session = Session::new("transfers", Timestamp::from_unix(1_795_230_000));
/// let token = session.token();
///
/// // The bank under test, with the token in its books.
/// let rng = &mut UnwrapErr(SysRng);
/// let vault = Box::new(LocalKeyWrapper::new(&[Key::generate(rng)])?);
/// let policy = Policy { accept_test_keys: true, ..Policy::default() };
/// let bank = Verifier::new(MemoryStore::new(), vault, policy, "Kakuu Central Bank", rng)?;
/// bank.register(token.id(), &token.device_key(), true, session.now(), rng).await?;
///
/// // Registration: two codes, each scanned and approved, and Yes to the last question.
/// let subscriber = Subscriber { contract: "1234567890".into(), user: "TANAKA".into() };
/// let first = bank.enroll(token.id(), subscriber, session.now(), rng).await?;
/// let device_code = token.scan(first.code.as_str())?;
/// let attempt = AttemptId::generate(rng);
/// let second = bank.second_code(first.activation, device_code.expose_digits(), attempt, session.now(), rng).await?;
/// let Step::Done(second) = second else { panic!("the device code is right") };
/// let response = token.scan(second.code.as_str())?;
/// let attempt = AttemptId::generate(rng);
/// let confirmed = bank.confirm(first.activation, response.expose_digits(), attempt, session.now()).await?;
/// let Step::Done(()) = confirmed else { panic!("the response is right") };
/// token.keep(true);
///
/// // What is shown is asserted on; what is answered is typed.
/// let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
/// let transaction = Transaction::new(Operation::LimitChange, fields)?;
/// let issued = bank.issue(first.activation, transaction, None, session.now(), rng).await?;
/// let answer = token.scan(issued.code.as_str())?;
/// assert_eq!(answer.transaction().get("new").map(ToString::to_string).as_deref(), Some("5000000"));
/// let verdict = bank.verify(issued.reference, answer.expose_digits(), AttemptId::generate(rng), session.now()).await?;
/// assert!(verdict.is_accepted());
/// # Ok(()) }) }
/// ```
pub struct Session(World);

/// A token of a session, in the hand of a person who reads and presses.
pub struct VirtualToken<'a> {
    session: &'a Session,
    id: TokenId,
}

/// The transaction that a token has shown, and the digits of its answer.
pub struct Answer {
    transaction: Transaction,
    digits: SecretString,
}

/// Why a token has answered nothing.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// It refuses the code.
    #[error("the token refuses: {}", .0.code())]
    Refused(Refusal),
    /// It waits for another answer and does not look.
    #[error("the token waits for another answer")]
    Asks,
}

impl Session {
    /// A session whose clock stands at `at`. Tokens of another session with the same seed have the same keys.
    #[must_use]
    pub fn new(seed: &str, at: Timestamp) -> Self {
        Self(World::new(Language::default(), Clock::Standing(at), Some(seed), Duration::MAX))
    }

    /// The time of the clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.inside().clock.now()
    }

    /// Moves the clock on. Screens that have waited too long go dark.
    pub fn advance(&self, by: Duration) {
        let mut inside = self.0.inside();
        inside.clock.advance(i64::try_from(by.as_secs()).unwrap_or(i64::MAX));
        inside.clock_moved();
    }

    /// A new token with all its places free, switched off.
    ///
    /// # Panics
    ///
    /// When the session has 64 already.
    #[must_use]
    pub fn token(&self) -> VirtualToken<'_> {
        self.make(Profile::default(), Token::SLOTS, Language::default()).expect("a session has 64 tokens at most")
    }

    /// A new token of a profile, with 1 to 8 places, that speaks a language.
    ///
    /// # Errors
    ///
    /// [`Code::Value`](crate::Code::Value) for another number of places,
    /// [`Code::TooMany`](crate::Code::TooMany) when the session has 64 tokens already.
    pub fn make(&self, profile: Profile, slots: usize, language: Language) -> Result<VirtualToken<'_>, Problem> {
        let id = self.0.inside().add(None, &Make { language, profile, slots, pin: None }, true)?;
        Ok(VirtualToken { session: self, id })
    }
}

impl VirtualToken<'_> {
    /// The number that is printed on its back.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The key from the factory, for the bank's verifier.
    #[must_use]
    pub fn device_key(&self) -> Key {
        self.hand(|hand| Key::new(hand.held.device.token().device_key().expose_bytes().to_vec()))
    }

    /// Holds a code's text before the camera of the token, which is switched on for it, and presses OK until it answers.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] says why it does not.
    pub fn scan(&self, code: &str) -> Result<Answer, Unanswered> {
        self.look(Ok(code))
    }

    /// Holds a picture before the camera, as [`VirtualToken::scan`] does.
    ///
    /// # Errors
    ///
    /// As [`VirtualToken::scan`]; [`Refusal::NoCode`] or [`Refusal::Unreadable`] when nothing is read.
    pub fn scan_picture(&self, picture: &Luma) -> Result<Answer, Unanswered> {
        match pictures::seen(picture) {
            Scan::NotFound => self.look(Err(Refusal::NoCode)),
            Scan::Unreadable { module_px } => self.look(Err(Refusal::Unreadable { module_px })),
            Scan::Read(symbols) => match symbols.first() {
                Some(symbol) => self.look(Ok(&String::from_utf8_lossy(&symbol.payload))),
                None => self.look(Err(Refusal::NoCode)),
            },
        }
    }

    /// Holds a code before the camera and leaves the first page on the screen; see [`VirtualToken::press`]. `false` when the
    /// token refuses, which its screen then says, or does not look.
    pub fn show(&self, code: &str) -> bool {
        self.hand(|hand| matches!(hand.scan(Ok(code)), Ok(Seen::Shown)))
    }

    /// At the end of a registration: says whether the bank has confirmed it.
    pub fn keep(&self, confirmed: bool) {
        self.press(Button::Right);
        self.press(if confirmed { Button::Right } else { Button::Left });
    }

    /// Presses a button.
    pub fn press(&self, button: Button) {
        self.hand(|hand| hand.press(button));
    }

    /// Holds a button; the centre one switches the token on and off.
    pub fn hold(&self, button: Button) {
        self.hand(|hand| hand.hold(button));
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        self.hand(|hand| hand.state())
    }

    /// Its screen.
    #[must_use]
    pub fn screen(&self) -> Screen {
        self.hand(|hand| hand.held.device.screen(hand.now))
    }

    /// The device itself, to break something or to look at what it holds.
    pub fn device<T>(&self, act: impl FnOnce(&mut Device) -> T) -> T {
        self.hand(|hand| act(&mut hand.held.device))
    }

    fn look(&self, seen: Result<&str, Refusal>) -> Result<Answer, Unanswered> {
        self.hand(|hand| {
            match hand.scan(seen) {
                Ok(Seen::Shown) => {}
                Ok(Seen::Refused(refusal)) => return Err(Unanswered::Refused(refusal)),
                Ok(_) | Err(_) => return Err(Unanswered::Asks),
            }
            let challenge = hand.held.device.challenge(hand.now).ok_or(Unanswered::Asks)?;
            for _ in hand.held.device.pages(hand.now) {
                hand.press(Button::Right);
            }
            if let State::Refused(refusal) = hand.state() {
                return Err(Unanswered::Refused(refusal));
            }
            let digits = hand.held.device.expose_digits(hand.now).ok_or(Unanswered::Asks)?;
            let digits = SecretString::from(digits.expose_secret().to_owned());
            Ok(Answer { transaction: challenge.transaction, digits })
        })
    }

    fn hand<T>(&self, act: impl FnOnce(&mut Hand<'_>) -> T) -> T {
        let mut inside = self.session.0.inside();
        act(&mut inside.token(&self.id).expect("a token stays as long as its session"))
    }
}

impl Answer {
    /// The transaction that was shown.
    #[must_use]
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The digits to type: the response, or the answer to the first code of a registration.
    #[must_use]
    pub fn expose_digits(&self) -> &str {
        self.digits.expose_secret()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(_)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::problem::Code;
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

    #[test]
    fn a_session_of_the_same_seed_has_the_same_tokens() {
        let sessions = ["a", "a", "b"].map(|seed| Session::new(seed, NOW));
        let made = sessions.each_ref().map(|session| {
            let token = session.token();
            (token.id().clone(), token.device_key().expose_bytes().to_vec())
        });
        assert_eq!(made[0], made[1]);
        assert_ne!(made[0].1, made[2].1);
    }

    #[test]
    fn a_refusal_is_said_and_leaves_the_token_as_it_was() {
        let session = Session::new("refusals", NOW);
        let token = session.token();
        assert_eq!(token.state(), State::Off);
        assert_eq!(token.scan("no code of ours").expect_err("foreign"), Unanswered::Refused(Refusal::Foreign));
        let blank = Luma::from_raw(64, 48, vec![255; 64 * 48]).expect("a picture");
        assert_eq!(token.scan_picture(&blank).expect_err("nothing on it"), Unanswered::Refused(Refusal::NoCode));
        assert!(!token.show("CT1:"));
        session.advance(Duration::from_secs(3600));
        assert_eq!((session.now().as_unix(), token.state()), (NOW.as_unix() + 3600, State::Off));
    }

    #[test]
    fn a_token_is_made_as_it_is_asked_for() {
        let session = Session::new("made", NOW);
        let token = session.make(Profile::Japan, 2, Language::Ja).expect("it has a place or two");
        assert_eq!(token.device(|device| (device.token().profile(), device.token().slots())), (Profile::Japan, 2));
        let code = session.make(Profile::Standard, 9, Language::En).map(|_| ()).expect_err("nine places").code();
        assert_eq!(code, Code::Value);
    }
}
