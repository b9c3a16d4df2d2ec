//! The device around a token: three buttons, a camera, a screen that goes dark by itself.
//!
//! ```text
//! off ─ hold centre ─> (PIN) ─> home ─ scan ─> page 1 … page n ─ OK ─> response ─> home
//!                                  └ left ─> menu
//! ```
//!
//! Left goes back or says no, right goes on or says yes, the centre goes through a list. OK answers on the last page only, and
//! only its own button leaves a page. So every page was shown before the answer.

pub(super) mod stage;

use self::stage::*;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::screen::Screen;
use super::{Opened, PinError, Received, Refusal, Token, pin};
use crate::challenge::{Challenge, DeviceCode};
use crate::code::ChallengeCode;
use crate::language::{Label, Language};
use crate::time::Timestamp;
use camtoken_oath::Response;

mod layout;

use layout::{BACK, DELETE, INFO, LANGUAGE, LIST};

/// A token with its buttons and its screen.
pub struct Device {
    pub(super) token: Token,
    pub(super) stage: Stage,
    /// Which page of the stage is shown, from 0. In a list it is the chosen entry.
    pub(super) page: usize,
    /// The time of the last action.
    pub(super) since: Timestamp,
}

/// A button below the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Button {
    /// 戻る, 取消
    Left,
    /// Held: on and off. Pressed: the next entry of a list.
    Center,
    /// OK
    Right,
}

/// The result of a scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// The first page of the code's content is on the screen.
    Shown,
    /// The refusal is on the screen.
    Refused(Refusal),
    /// The camera is off: the device is off, or asks for something else.
    NotLooking,
}

/// The state of a device, for a caller that presses its buttons.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// It is off.
    Off,
    /// It asks for the PIN.
    Pin,
    /// It waits for a code.
    Ready,
    /// It is in the menu.
    Menu,
    /// It shows the content of a code.
    Showing {
        /// The page, from 1.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// It shows digits to be typed: see [`Device::expose_digits`].
    Answered,
    /// It asks whether the bank has confirmed the registration.
    Asking,
    /// It shows that something is done.
    Done,
    /// It refuses.
    Refused(Refusal),
}

impl State {
    /// The name in documents: `off`, `pin`, `ready`, `menu`, `showing`, `answered`, `asking`, `done` or `refused`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Pin => "pin",
            Self::Ready => "ready",
            Self::Menu => "menu",
            Self::Showing { .. } => "showing",
            Self::Answered => "answered",
            Self::Asking => "asking",
            Self::Done => "done",
            Self::Refused(_) => "refused",
        }
    }
}

impl Device {
    /// After so long without a button a page goes dark.
    pub const PAGE_TIME: Duration = Duration::from_secs(60);

    /// After so long digits and the questions about them go dark: a person is typing.
    pub const ANSWER_TIME: Duration = Duration::from_secs(180);

    /// A device that is off.
    #[must_use]
    pub fn new(token: Token) -> Self {
        Self { token, stage: Stage::Off, page: 0, since: Timestamp::default() }
    }

    /// The token inside.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The token inside, for a tester.
    pub fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }

    /// The token alone.
    #[must_use]
    pub fn into_token(self) -> Token {
        self.token
    }

    /// Presses a button shortly.
    pub fn press(&mut self, button: Button, now: Timestamp, rng: &mut impl CryptoRng) {
        self.tick(now);
        self.since = now;
        match button {
            _ if matches!(self.stage, Stage::Off) => {}
            Button::Left if self.page > 0 && !self.is_list() => self.page -= 1,
            Button::Left => self.back(),
            Button::Center => self.next_entry(),
            Button::Right if self.page + 1 < self.page_count(now) && !self.is_list() => self.page += 1,
            Button::Right => self.go_on(rng),
        }
    }

    /// Holds a button. The centre one switches on and off; the others do nothing.
    pub fn hold(&mut self, button: Button, now: Timestamp) {
        self.tick(now);
        if button != Button::Center {
            return;
        }
        if !matches!(self.stage, Stage::Off) {
            return self.power_off();
        }
        self.power_off(); // what a device without power has forgotten, a file may have kept
        self.since = now;
        self.go(match self.token.fit() {
            Ok(()) => Stage::Home,
            Err(Refusal::Locked) if !self.token.is_out_of_tries() => Stage::pin(None),
            Err(refusal) => Stage::Refused(refusal),
        });
    }

    /// Holds a code before the camera: its text, or why the camera could not read it. The screen's present content is replaced.
    pub fn scan(&mut self, seen: Result<&str, Refusal>, now: Timestamp) -> Seen {
        self.tick(now);
        if matches!(self.stage, Stage::Off | Stage::Pin { .. } | Stage::Question { .. }) {
            return Seen::NotLooking;
        }
        self.since = now;
        match self.look(seen) {
            Ok(code) => {
                self.go(Stage::Showing { code });
                Seen::Shown
            }
            Err(refusal) => {
                self.go(Stage::Refused(refusal));
                Seen::Refused(refusal)
            }
        }
    }

    /// Lets time pass: a device that is not used goes dark, and forgets what was not finished.
    pub fn tick(&mut self, now: Timestamp) {
        if self.has_gone_dark(now) {
            self.power_off();
        }
    }

    /// The screen.
    #[must_use]
    pub fn screen(&self, now: Timestamp) -> Screen {
        let mut pages = self.pages(now);
        let page = if self.is_list() {
            pages.iter().position(|page| page.lines.iter().any(|line| line.role == "selected")).unwrap_or(0)
        } else {
            self.page.min(pages.len() - 1)
        };
        pages.swap_remove(page)
    }

    /// All pages that lead to what is on the screen now, as far as the buttons turn them.
    #[must_use]
    pub fn pages(&self, now: Timestamp) -> Vec<Screen> {
        if self.has_gone_dark(now) {
            return vec![Screen::off()];
        }
        let Some(layout) = self.layout(now) else { return vec![Screen::off()] };
        let mut pages = layout.pages();
        for page in pages.iter_mut().skip(1).filter(|_| !self.is_list()) {
            page.softkeys[0] = Some(self.say(BACK).to_owned());
        }
        pages
    }

    /// Its state.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.has_gone_dark(now) {
            return State::Off;
        }
        match &self.stage {
            Stage::Off => State::Off,
            Stage::Pin { .. } => State::Pin,
            Stage::Home => State::Ready,
            Stage::Menu | Stage::Info | Stage::List | Stage::Language | Stage::Delete | Stage::DeleteSure { .. } => {
                State::Menu
            }
            Stage::Showing { code } => match self.open(code) {
                Ok(_) => State::Showing { page: self.page + 1, pages: self.page_count(now) },
                Err(refusal) => State::Refused(refusal),
            },
            Stage::Unconfirmed { .. } | Stage::DeviceCode { .. } | Stage::Response { .. } => State::Answered,
            Stage::Question { .. } => State::Asking,
            Stage::Done(_) => State::Done,
            Stage::Refused(refusal) => State::Refused(*refusal),
        }
    }

    /// The challenge whose pages are on the screen, or the response to a second code.
    #[must_use]
    pub fn challenge(&self, now: Timestamp) -> Option<Challenge> {
        match &self.stage {
            _ if self.has_gone_dark(now) => None,
            Stage::Showing { code } | Stage::Unconfirmed { code } | Stage::Question { code } => {
                Some(self.open(code).ok()?.into_challenge())
            }
            _ => None,
        }
    }

    /// The digits on the screen that are to be typed, without spaces.
    #[must_use]
    pub fn expose_digits(&self, now: Timestamp) -> Option<SecretString> {
        match &self.stage {
            _ if self.has_gone_dark(now) => None,
            Stage::DeviceCode { digits } | Stage::Response { digits, .. } => Some(digits.clone()),
            Stage::Unconfirmed { code } => self.confirmation(code).ok(),
            _ => None,
        }
    }

    fn look(&mut self, seen: Result<&str, Refusal>) -> Result<String, Refusal> {
        if let Some(refusal) = self.token.faults.next_scan.take() {
            return Err(refusal);
        }
        self.token.fit()?;
        let code: ChallengeCode = seen?.parse()?;
        self.token.open(&code)?;
        Ok(code.to_string())
    }

    fn go(&mut self, stage: Stage) {
        self.stage = stage;
        self.page = 0;
    }

    fn power_off(&mut self) {
        self.token.abandon();
        self.token.lock();
        self.go(Stage::Off);
    }

    fn has_gone_dark(&self, now: Timestamp) -> bool {
        let limit = match self.stage {
            Stage::Off => return false,
            Stage::Home if self.token.pending.is_some() => Self::ANSWER_TIME,
            Stage::Unconfirmed { .. } | Stage::Question { .. } | Stage::DeviceCode { .. } | Stage::Response { .. } => {
                Self::ANSWER_TIME
            }
            _ => Self::PAGE_TIME,
        };
        now.since(self.since) >= limit
    }

    /// The right button on the last page.
    fn go_on(&mut self, rng: &mut impl CryptoRng) {
        let next = match core::mem::replace(&mut self.stage, Stage::Home) {
            Stage::Pin { digits, choice, .. } => self.enter(&digits, choice),
            Stage::Menu => MENU[self.page.min(MENU.len() - 1)].1(),
            Stage::Language => {
                self.token.language = LANGUAGES[self.page.min(LANGUAGES.len() - 1)].0;
                Stage::Menu
            }
            Stage::Delete => match self.token.activations().nth(self.page) {
                Some((slot, _)) => Stage::DeleteSure { slot },
                None => Stage::Menu,
            },
            Stage::DeleteSure { slot } => {
                let id =
                    self.token.activations().find(|(taken, _)| *taken == slot).map(|(_, activation)| activation.id());
                match id {
                    Some(id) if self.token.delete(id) => Stage::Done(Done::Deleted),
                    _ => Stage::Delete,
                }
            }
            Stage::Showing { code } => self.approve(code, rng).unwrap_or_else(Stage::Refused),
            Stage::Unconfirmed { code } => Stage::Question { code },
            Stage::Question { code } => self.close(&code, true).unwrap_or_else(Stage::Refused),
            Stage::Info | Stage::List => Stage::Menu,
            Stage::Refused(_) => return self.after_refusal(),
            _ => Stage::Home,
        };
        self.go(next);
    }

    /// The left button on the first page.
    fn back(&mut self) {
        let next = match core::mem::replace(&mut self.stage, Stage::Home) {
            Stage::Pin { digits, .. } if !digits.expose_secret().is_empty() => Stage::pin(None),
            Stage::Pin { .. } => return self.power_off(),
            Stage::Home => Stage::Menu,
            Stage::Info | Stage::List | Stage::Language | Stage::Delete => Stage::Menu,
            Stage::DeleteSure { .. } => Stage::Delete,
            Stage::Showing { .. } => Stage::Refused(Refusal::Cancelled),
            // Digits are left by OK alone: they do not come back.
            stage @ (Stage::Unconfirmed { .. } | Stage::DeviceCode { .. } | Stage::Response { .. }) => stage,
            Stage::Refused(_) => return self.after_refusal(),
            Stage::Question { code } => self.close(&code, false).unwrap_or_else(Stage::Refused),
            _ => Stage::Home,
        };
        self.go(next);
    }

    /// A device that cannot work, or is locked, has nothing to offer.
    fn after_refusal(&mut self) {
        match self.token.fit() {
            Ok(()) => self.go(Stage::Home),
            Err(_) => self.power_off(),
        }
    }

    fn next_entry(&mut self) {
        let entries = match &mut self.stage {
            Stage::Menu => MENU.len(),
            Stage::Language => LANGUAGES.len(),
            Stage::Delete => self.token.activations().count(),
            Stage::Pin { digits, choice, .. } => {
                let end = if pin::is_pin(digits.expose_secret()) { PIN_END } else { PIN_END - 1 };
                *choice = if *choice >= end { 0 } else { *choice + 1 };
                return;
            }
            _ => return,
        };
        self.page = (self.page + 1) % entries.max(1);
    }

    /// Whether pages are turned by choosing entries rather than by left and right.
    fn is_list(&self) -> bool {
        matches!(self.stage, Stage::Menu | Stage::Language | Stage::Delete)
    }

    fn page_count(&self, now: Timestamp) -> usize {
        self.pages(now).len()
    }

    /// Takes the chosen digit of the PIN, or the end of it.
    fn enter(&mut self, digits: &SecretString, choice: u8) -> Stage {
        if choice < PIN_END && digits.expose_secret().len() < 8 {
            let digits = format!("{}{choice}", digits.expose_secret()).into();
            return Stage::Pin { digits, choice: 0, tries_left: None };
        }
        match self.token.unlock(digits.expose_secret()) {
            Ok(()) => Stage::Home,
            Err(PinError::Wrong { tries_left }) => Stage::pin(Some(tries_left)),
            Err(_) => Stage::Refused(Refusal::Locked),
        }
    }

    fn open(&self, code: &str) -> Result<Opened, Refusal> {
        self.token.open(&code.parse()?)
    }

    fn confirmation(&self, code: &str) -> Result<SecretString, Refusal> {
        match self.open(code)? {
            Opened::SecondCode { challenge, grant, .. } => {
                Ok(challenge.respond(&grant.key, &grant.suite).expose_str().into())
            }
            _ => Err(Refusal::Incomplete),
        }
    }

    fn approve(&mut self, code: String, rng: &mut impl CryptoRng) -> Result<Stage, Refusal> {
        let opened = self.open(&code)?;
        Ok(match self.token.received(opened) {
            Received::Transaction(received) => {
                let owner = received.activation().introduction().to_string();
                let operation = received.transaction().operation();
                let digits = received.approve().expose_str().into();
                let title = operation.entry().label.text(self.token.language).to_owned();
                Stage::Response { owner, title, digits }
            }
            Received::FirstCode(first) => Stage::DeviceCode { digits: first.approve(rng).expose_digits().into() },
            Received::SecondCode(_) => Stage::Unconfirmed { code },
            Received::Deletion(deletion) => {
                deletion.approve();
                Stage::Done(Done::Deleted)
            }
        })
    }

    /// Ends a registration: the bank has confirmed it, or not.
    fn close(&mut self, code: &str, confirmed: bool) -> Result<Stage, Refusal> {
        let opened = self.open(code)?;
        let Received::SecondCode(second) = self.token.received(opened) else { return Err(Refusal::Incomplete) };
        let unconfirmed = second.approve();
        Ok(Stage::Done(if confirmed {
            unconfirmed.keep();
            Done::Registered
        } else {
            unconfirmed.discard();
            Done::NotRegistered
        }))
    }
}

/// Digits and codes are not for logs.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("token", &self.token).finish_non_exhaustive()
    }
}
