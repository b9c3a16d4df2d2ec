//! A session: its clock, its randomness, its tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::CryptoRng;
use tokio::sync::watch;

use super::super::clock::system_time;
use super::super::places::Share;
use super::super::problem::{Code, Problem};
use super::super::rng;
use super::errands::Waiting;
use super::rules::{Act, Rule};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::language::Language;
use camtoken::seeded::Seeded;
use camtoken::time::Timestamp;
use camtoken::token::{Button, Device, Pin, Profile, Refusal, Seen, State, Token};

/// Tokens of one session.
const TOKENS: usize = 64;

/// One worker's world. Whatever it does is done one thing after the other.
pub(super) struct Session {
    pub language: Language,
    pub opened: Instant,
    ttl: Duration,
    touched: Mutex<Instant>,
    /// The IDs of its tokens, to be looked up while one of them is at work.
    ids: Arc<Mutex<BTreeSet<TokenId>>>,
    inside: Mutex<Inside>,
    /// Its part of what its caller may have, held until the session ends.
    pub share: Option<Share>,
}

/// The content of a session.
pub(super) struct Inside {
    pub clock: Clock,
    randomness: Randomness,
    tokens: BTreeMap<TokenId, Virtual>,
    ids: Arc<Mutex<BTreeSet<TokenId>>>,
}

/// How a token is made.
pub(super) struct Make<'a> {
    pub language: Language,
    pub profile: Profile,
    pub slots: usize,
    pub pin: Option<&'a str>,
}

/// The time of a session.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// The system's, so many seconds ahead.
    Running(i64),
    /// It does not move.
    Standing(Timestamp),
}

enum Randomness {
    System,
    /// Every run the same: keys and numbers are as secret as the seed.
    Seeded(Seeded),
}

/// A token in the session's hands.
pub(super) struct Virtual {
    pub device: Device,
    /// Whether a scan is approved at once.
    pub auto: bool,
    pub rules: Vec<Rule>,
    /// The messages that codes of other systems ask to send.
    pub errands: Waiting,
    /// Raised with every change.
    changed: watch::Sender<u64>,
}

impl Clock {
    pub fn now(self) -> Timestamp {
        self.at(system_time())
    }

    /// Its time when the usual clock has the time `usual`.
    pub fn at(self, usual: Timestamp) -> Timestamp {
        match self {
            Self::Running(ahead) => Timestamp::from_unix(usual.as_unix().saturating_add_signed(ahead)),
            Self::Standing(moment) => moment,
        }
    }

    /// Moves it; before 1970 it stays there.
    pub fn advance(&mut self, seconds: i64) {
        match self {
            Self::Running(ahead) => *ahead = ahead.saturating_add(seconds),
            Self::Standing(moment) => *moment = Timestamp::from_unix(moment.as_unix().saturating_add_signed(seconds)),
        }
    }
}

impl Session {
    pub fn new(language: Language, clock: Clock, seed: Option<&str>, ttl: Duration) -> Self {
        let randomness = seed.map_or(Randomness::System, |seed| Randomness::Seeded(Seeded::new(seed)));
        let ids = Arc::<Mutex<BTreeSet<TokenId>>>::default();
        let inside = Mutex::new(Inside { clock, randomness, tokens: BTreeMap::new(), ids: Arc::clone(&ids) });
        let opened = Instant::now();
        Self { language, opened, ttl, touched: Mutex::new(opened), ids, inside, share: None }
    }

    /// Lives on from now, unless it is over.
    pub fn touch(&self, now: Instant) -> bool {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = now.duration_since(*touched) < self.ttl;
        if alive {
            *touched = now;
        }
        alive
    }

    pub fn is_over(&self, now: Instant) -> bool {
        now.duration_since(*self.touched.lock().unwrap_or_else(PoisonError::into_inner)) >= self.ttl
    }

    /// Whether it has a token of this ID.
    pub fn holds(&self, token: &TokenId) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).contains(token)
    }

    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Ends it: callers that wait for one of its tokens learn that it is gone.
    pub fn end(&self) {
        let mut inside = self.inside();
        inside.tokens.clear();
        inside.list();
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        // A device is whole between two buttons; the worst is a page that was not turned.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// A new token, switched off.
    pub fn add(&mut self, id: Option<TokenId>, make: &Make<'_>, auto: bool) -> Result<TokenId, Problem> {
        if self.tokens.len() >= TOKENS {
            return Err(Code::TooMany.into());
        }
        let id = match id {
            Some(id) if self.tokens.contains_key(&id) => return Err(Code::NameTaken.into()),
            Some(id) => id,
            None => loop {
                let number = self.randomness.with(|rng| rng.next_u64()) % 100_000_000;
                let id: TokenId = format!("VT{number:08}").parse().expect("two capitals and eight digits");
                if !self.tokens.contains_key(&id) {
                    break id;
                }
            },
        };
        let token = self.randomness.with(|mut rng| Token::generate(id.clone(), true, &mut rng));
        let token = token.with_profile(make.profile).with_slots(make.slots);
        let mut token = token.ok_or_else(|| Problem::from(Code::Value).because("slots: 1 to 8"))?;
        token.language = make.language;
        if let Some(pin) = make.pin {
            let pin = self.randomness.with(|mut rng| Pin::new(pin, &mut rng));
            let set = pin.and_then(|pin| token.set_pin(Some(pin)));
            set.map_err(|error| Problem::from(Code::Value).because(format!("pin: {error}")))?;
        }
        self.tokens.insert(id.clone(), Virtual::new(Device::new(token), auto));
        self.list();
        Ok(id)
    }

    /// Puts a device in the place of a token, or beside the others.
    pub fn put(&mut self, device: Device) -> Result<bool, Problem> {
        let id = device.token().id().clone();
        if let Some(held) = self.tokens.get_mut(&id) {
            held.device = device;
            held.changed();
            return Ok(false);
        }
        if self.tokens.len() >= TOKENS {
            return Err(Code::TooMany.into());
        }
        self.tokens.insert(id, Virtual::new(device, true));
        self.list();
        Ok(true)
    }

    pub fn remove(&mut self, id: &TokenId) -> Result<(), Problem> {
        let removed = self.tokens.remove(id);
        self.list();
        removed.map(drop).ok_or(Code::NotFound.into())
    }

    /// Says which tokens there are.
    fn list(&self) {
        *self.ids.lock().unwrap_or_else(PoisonError::into_inner) = self.tokens.keys().cloned().collect();
    }

    /// The key that a token has from the factory.
    pub fn device_key(&self, id: &TokenId) -> Option<Key> {
        let held = self.tokens.get(id)?;
        Some(Key::new(held.device.token().device_key().expose_bytes().to_vec()))
    }

    /// Whether a token has an activation, or is being registered for it.
    pub fn knows(&self, id: &TokenId, activation: ActivationId) -> bool {
        let token = self.tokens.get(id).map(|held| held.device.token());
        token.is_some_and(|token| {
            token.pending() == Some(activation) || token.activations().any(|(_, known)| known.id() == activation)
        })
    }

    pub fn ids(&self) -> impl Iterator<Item = &TokenId> {
        self.tokens.keys()
    }

    /// A token, and what it needs to act.
    pub fn token(&mut self, id: &TokenId) -> Result<Hand<'_>, Problem> {
        let held = self.tokens.get_mut(id).ok_or(Code::NotFound)?;
        Ok(Hand { held, now: self.clock.now(), randomness: &mut self.randomness })
    }

    /// Wakes all waiting callers, because time has passed.
    pub fn clock_moved(&mut self) {
        let now = self.clock.now();
        for held in self.tokens.values_mut() {
            held.device.tick(now);
            held.changed();
        }
    }
}

/// A token in the hand of a person who reads and presses.
pub(super) struct Hand<'a> {
    pub held: &'a mut Virtual,
    pub now: Timestamp,
    randomness: &'a mut Randomness,
}

impl Hand<'_> {
    /// Draws from the session's randomness.
    pub fn draw<T>(&mut self, draw: impl FnOnce(&mut dyn CryptoRng) -> T) -> T {
        self.randomness.with(draw)
    }

    pub fn press(&mut self, button: Button) {
        let (device, now) = (&mut self.held.device, self.now);
        self.randomness.with(|mut rng| device.press(button, now, &mut rng));
    }

    pub fn hold(&mut self, button: Button) {
        self.held.device.hold(button, self.now);
    }

    pub fn state(&self) -> State {
        self.held.device.state(self.now)
    }

    pub fn act(&mut self, act: Act) {
        match act {
            Act::Left => self.press(Button::Left),
            Act::Center => self.press(Button::Center),
            Act::Right => self.press(Button::Right),
            Act::HoldCenter => self.hold(Button::Center),
        }
    }

    /// Switches the token on and enters a PIN as a person does, if it asks for one.
    pub fn enter_pin(&mut self, digits: &str) {
        self.held.device.tick(self.now);
        if self.state() == State::Off {
            self.hold(Button::Center);
        }
        if self.state() != State::Pin {
            return;
        }
        // The centre button counts up; after 9 comes the end of the PIN.
        for steps in digits.bytes().map(|digit| digit - b'0').chain([10]) {
            for _ in 0..steps {
                self.press(Button::Center);
            }
            self.press(Button::Right);
        }
    }

    /// Holds a code before the camera of a token that is switched on for it.
    pub fn scan(&mut self, seen: Result<&str, Refusal>) -> Result<Seen, Problem> {
        self.held.device.tick(self.now);
        if self.state() == State::Off {
            self.hold(Button::Center);
        }
        match self.held.device.scan(seen, self.now) {
            Seen::NotLooking => Err(Code::TokenAsks.into()),
            seen => Ok(seen),
        }
    }

    /// Presses the buttons of the rules as long as one of them fits the screen, and notifies the callers that wait.
    pub fn settle(&mut self) {
        for _ in 0..MOST_RULES {
            let said = self.held.said(self.now);
            let Some(buttons) = self.held.rules.iter().find(|rule| rule.fits(&said)).map(|rule| rule.buttons.clone())
            else {
                break;
            };
            for act in buttons {
                self.act(act);
            }
            if self.held.said(self.now) == said {
                break;
            }
        }
        self.held.changed();
    }
}

/// Rules that lead in a circle end after so many.
const MOST_RULES: usize = 32;

impl Virtual {
    fn new(device: Device, auto: bool) -> Self {
        Self { device, auto, rules: Vec::new(), errands: Waiting::default(), changed: watch::Sender::new(0) }
    }

    /// The text of the screen, line by line.
    pub fn said(&self, now: Timestamp) -> String {
        let lines = self.device.screen(now).lines;
        lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Tells of every change from now on; ends when the token is gone.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn changed(&self) {
        self.changed.send_modify(|changes| *changes += 1);
    }
}

impl Randomness {
    fn with<T>(&mut self, draw: impl FnOnce(&mut dyn CryptoRng) -> T) -> T {
        match self {
            Self::System => draw(&mut rng()),
            Self::Seeded(seeded) => draw(seeded),
        }
    }
}
