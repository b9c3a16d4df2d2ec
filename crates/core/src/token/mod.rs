//! The software camera token: it reads a code, shows what it says, and answers once a person has approved.
//!
//! ```text
//! ChallengeCode ─ receive ─> Received ─ approve ─> Response
//!                            (shown)    decline ─> T10
//! ```
//!
//! [`Token`] has the token's keys and computations. The only way from a code to a response is through [`Received`]: the
//! value that answers is the value that is shown. [`Device`] adds three buttons and a screen, and [`mod@file`] keeps it
//! on disk. A registration takes two codes and is kept only when the person says that the bank has confirmed it:
//!
//! ```text
//! first code ─> FirstCode ─ approve ─> DeviceCode (typed into the bank's page)
//! second code ─> SecondCode ─ approve ─> Unconfirmed ─ response (typed) ─ keep
//!                                                                       ─ discard
//! ```

mod received;

pub use self::received::{Deletion, FirstCode, ReceivedTransaction, SecondCode, Unconfirmed};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::challenge::{Challenge, DeviceCode, DeviceNonce};
use crate::code::activation::{Binding, Grant, open_first, open_second};
use crate::code::{self, ChallengeCode, KeyName};
use crate::key::{ActivationId, Key, TokenId};
use crate::language::Language;
use crate::transaction::{Domain, Transaction};
use camtoken_oath::Response;

mod activation;
mod device;
mod faults;
pub mod file;
pub mod pages;
mod pin;
mod profile;
mod refusal;
pub mod screen;

pub use activation::{Activation, Introduction};
pub use device::{Button, Device, Seen, State};
pub use faults::Faults;
pub use pin::{Pin, PinError};
pub use profile::Profile;
pub use refusal::{Refusal, UnknownRefusal};

use activation::{Pending, Slots};

/// A camera token: up to eight activations, and the device key that it has from the factory.
pub struct Token {
    id: TokenId,
    device_key: Key,
    test: bool,
    profile: Profile,
    slots: Slots,
    pending: Option<Pending>,
    pin: Option<Pin>,
    accounts: Option<Zeroizing<String>>,
    unlocked: bool,
    /// The language of its screen.
    pub language: Language,
    /// The faults that a tester has set.
    pub faults: Faults,
}

impl Token {
    /// How many users a token can have, unless it is made with fewer slots.
    pub const SLOTS: usize = Slots::COUNT;

    /// A token as it leaves the factory. A test token says so, and a verifier refuses it unless configured to accept it (V-20).
    #[must_use]
    pub fn new(id: TokenId, device_key: Key, test: bool) -> Self {
        Self {
            id,
            device_key,
            test,
            profile: Profile::default(),
            slots: Slots::default(),
            pending: None,
            pin: None,
            accounts: None,
            unlocked: false,
            language: Language::default(),
            faults: Faults::default(),
        }
    }

    /// A token with a new device key, which [`Token::device_key`] gives to the bank.
    #[must_use]
    pub fn generate(id: TokenId, test: bool, rng: &mut impl CryptoRng) -> Self {
        Self::new(id, Key::generate(rng), test)
    }

    /// The token as one of a profile: without users or a PIN, as it leaves the factory.
    #[must_use]
    pub fn with_profile(self, profile: Profile) -> Self {
        Self { profile, slots: Slots::new(self.slots.0.len()).unwrap_or_default(), pin: None, accounts: None, ..self }
    }

    /// The token with so many slots for users, all free. `None` unless that is 1 to [`Token::SLOTS`].
    #[must_use]
    pub fn with_slots(self, count: usize) -> Option<Self> {
        Some(Self { slots: Slots::new(count)?, ..self })
    }

    /// Opens a code, and gives its content to show.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] says why nothing is shown; it has no content of the code.
    pub fn receive(&mut self, code: &ChallengeCode) -> Result<Received<'_>, Refusal> {
        if let Some(refusal) = self.faults.next_scan.take() {
            return Err(refusal);
        }
        let opened = self.open(code)?;
        Ok(self.received(opened))
    }

    /// The ID that is printed on its back.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The key from the factory, for the bank's verifier.
    #[must_use]
    pub fn device_key(&self) -> &Key {
        &self.device_key
    }

    /// Whether it was made for tests.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.test
    }

    /// Its profile.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// How many users it can have.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots.0.len()
    }

    /// The activations with the numbers of their slots, from 1.
    pub fn activations(&self) -> impl Iterator<Item = (usize, &Activation)> {
        self.slots.taken().map(|(slot, activation)| (slot + 1, activation))
    }

    /// The registration that waits for its second code.
    #[must_use]
    pub fn pending(&self) -> Option<ActivationId> {
        self.pending.map(|pending| pending.activation)
    }

    /// Forgets an activation. Whether there was one.
    pub fn delete(&mut self, id: ActivationId) -> bool {
        let slot = self.slots.find(id).map(|(slot, _)| slot);
        slot.and_then(|slot| self.slots.0[slot].take()).is_some()
    }

    /// The accounts of other systems that are kept with the token, secrets included, as the crate that knows them has written them.
    #[must_use]
    pub fn expose_accounts(&self) -> Option<&str> {
        self.accounts.as_ref().map(|accounts| accounts.as_str())
    }

    /// Keeps the accounts of other systems in the token's file, encrypted if the file is. Their content is not read here.
    pub fn set_accounts(&mut self, accounts: Option<Zeroizing<String>>) {
        self.accounts = accounts;
    }

    /// Checks whether the token can read a code of another system, which is not for [`Token::receive`].
    ///
    /// # Errors
    ///
    /// The fault that a tester has set for the next scan, an empty battery, or a PIN that was not entered.
    pub fn look(&mut self) -> Result<(), Refusal> {
        self.faults.next_scan.take().map_or_else(|| self.fit(), Err)
    }

    /// Asks for a PIN from now on. This one use of the token goes on without.
    ///
    /// # Errors
    ///
    /// [`PinError::Locked`] while a PIN that is set already was not entered, [`PinError::Off`] where the profile has none.
    pub fn set_pin(&mut self, pin: Option<Pin>) -> Result<(), PinError> {
        if self.is_locked() {
            return Err(PinError::Locked);
        }
        if pin.is_some() && !self.profile.takes_pin() {
            return Err(PinError::Off);
        }
        self.pin = pin;
        self.unlocked = true;
        Ok(())
    }

    /// Enters the PIN.
    ///
    /// # Errors
    ///
    /// [`PinError::Wrong`] or [`PinError::Locked`]. Without a PIN any entry will do.
    pub fn unlock(&mut self, digits: &str) -> Result<(), PinError> {
        if let Some(pin) = &mut self.pin {
            pin.check(digits)?;
        }
        self.unlocked = true;
        Ok(())
    }

    /// Asks for the PIN again, if there is one.
    pub fn lock(&mut self) {
        self.unlocked = false;
    }

    /// Whether the PIN has to be entered before anything else.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.pin.is_some() && !self.unlocked
    }

    /// Empties the token: no activation, no account, no PIN, no fault. The ID, the device key, the profile and the slots stay.
    pub fn reset(&mut self) {
        let device_key = core::mem::replace(&mut self.device_key, Key::new(Vec::new()));
        let (profile, slots) = (self.profile, Slots::new(self.slots.0.len()).unwrap_or_default());
        *self = Self { profile, slots, ..Self::new(self.id.clone(), device_key, self.test) };
    }

    /// Gives up a registration that waits for its second code.
    fn abandon(&mut self) {
        self.pending = None;
    }

    fn is_out_of_tries(&self) -> bool {
        self.pin.as_ref().is_some_and(Pin::is_locked)
    }

    /// Whether the token can work at all at present.
    ///
    /// # Errors
    ///
    /// [`Refusal::Battery`] while its battery is empty, [`Refusal::Locked`] while its PIN was not entered.
    pub fn fit(&self) -> Result<(), Refusal> {
        if self.faults.battery == 0 {
            return Err(Refusal::Battery);
        }
        if self.is_locked() {
            return Err(Refusal::Locked);
        }
        Ok(())
    }

    fn open(&self, code: &ChallengeCode) -> Result<Opened, Refusal> {
        self.fit()?;
        match code.key_name() {
            KeyName::Signature(id) | KeyName::Deletion(id) => self.open_challenge(*id, code),
            KeyName::Activation1(token) | KeyName::Activation2(token) if *token != self.id => Err(Refusal::Misdirected),
            KeyName::Activation1(_) => self.open_first(code),
            KeyName::Activation2(_) => self.open_second(code),
        }
    }

    fn open_challenge(&self, id: ActivationId, code: &ChallengeCode) -> Result<Opened, Refusal> {
        let Some((slot, activation)) = self.slots.find(id) else {
            return Err(match self.pending() {
                Some(pending) if pending == id => Refusal::Incomplete,
                _ if self.slots.taken().next().is_none() => Refusal::NotActivated,
                _ => Refusal::Misdirected,
            });
        };
        if self.faults.half_activated {
            return Err(Refusal::Incomplete);
        }
        let challenge = code::open(code, &activation.key)?;
        if activation.has_answered(challenge.id) {
            return Err(Refusal::Answered);
        }
        if challenge.domain() != Domain::Deletion {
            return Ok(Opened::Transaction { slot, challenge });
        }
        let token_id = challenge.transaction.get("tokenId").map(ToString::to_string);
        if token_id.as_deref() != Some(self.id.as_str()) {
            return Err(Refusal::Misdirected);
        }
        Ok(Opened::Deletion { slot, challenge })
    }

    fn open_first(&self, code: &ChallengeCode) -> Result<Opened, Refusal> {
        let challenge = open_first(code, &self.device_key)?;
        if self.slots.find(challenge.activation).is_some() {
            return Err(Refusal::Answered);
        }
        let slot = self.slots.free().ok_or(Refusal::Full)?;
        Ok(Opened::FirstCode { slot, challenge })
    }

    fn open_second(&self, code: &ChallengeCode) -> Result<Opened, Refusal> {
        let Some(pending) = self.pending else {
            // Sealed for a number that is forgotten: it cannot be checked any more, but its name may be known.
            let known = self.slots.taken().any(|(_, activation)| activation.has_answered(code.id()));
            return Err(if known { Refusal::Answered } else { Refusal::Incomplete });
        };
        if self.faults.half_activated {
            return Err(Refusal::Incomplete);
        }
        let (challenge, grant) = open_second(code, &self.device_key, pending.binding)?;
        if challenge.activation != pending.activation {
            return Err(Refusal::Incomplete);
        }
        let slot = self.slots.free().ok_or(Refusal::Full)?;
        Ok(Opened::SecondCode { slot, challenge, grant })
    }

    fn received(&mut self, opened: Opened) -> Received<'_> {
        let token = self;
        match opened {
            Opened::Transaction { slot, challenge } => {
                Received::Transaction(ReceivedTransaction(Showing { token, slot, challenge }))
            }
            Opened::FirstCode { slot, challenge } => Received::FirstCode(FirstCode(Showing { token, slot, challenge })),
            Opened::SecondCode { slot, challenge, grant } => {
                Received::SecondCode(SecondCode(Showing { token, slot, challenge }, grant))
            }
            Opened::Deletion { slot, challenge } => Received::Deletion(Deletion(Showing { token, slot, challenge })),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("id", &self.id).field("test", &self.test).finish_non_exhaustive()
    }
}

/// The content of a code, by its kind. The person's decision consumes it.
#[derive(Debug)]
pub enum Received<'t> {
    /// A transaction to approve.
    Transaction(ReceivedTransaction<'t>),
    /// First code of a registration.
    FirstCode(FirstCode<'t>),
    /// Second code of a registration.
    SecondCode(SecondCode<'t>),
    /// The end of an activation.
    Deletion(Deletion<'t>),
}

impl Received<'_> {
    /// The transaction to show.
    #[must_use]
    pub fn transaction(&self) -> &Transaction {
        &self.challenge().transaction
    }

    /// The challenge that has it.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        match self {
            Self::Transaction(received) => received.challenge(),
            Self::FirstCode(received) => received.challenge(),
            Self::SecondCode(received) => received.challenge(),
            Self::Deletion(received) => received.challenge(),
        }
    }

    /// Says no, for every kind of code: T10.
    #[must_use]
    pub fn decline(self) -> Refusal {
        Refusal::Cancelled
    }
}

/// A token, the challenge that it shows, and the slot of its activation.
struct Showing<'t> {
    token: &'t mut Token,
    slot: usize,
    challenge: Challenge,
}

/// The content of a transaction is not for logs.
impl fmt::Debug for Showing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Showing").field("challenge", &self.challenge.id).finish_non_exhaustive()
    }
}

/// As [`Received`], with the token still free.
enum Opened {
    Transaction { slot: usize, challenge: Challenge },
    FirstCode { slot: usize, challenge: Challenge },
    SecondCode { slot: usize, challenge: Challenge, grant: Grant },
    Deletion { slot: usize, challenge: Challenge },
}
