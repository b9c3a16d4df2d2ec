//! Scenes in which the visitor is the customer. What the browser or a caller says may be a lie; the token shows what will be done.
//!
//! Each request plays a scene from its beginning, so no state is kept between the page and the decision.

use std::path::Path;

use camtoken::language::Language;
use camtoken::token::screen::Screen;
use camtoken::token::{Button, Received, Refusal, Seen};

use super::{AttackError, Room, SUPPLIER, THIEF, To};
use crate::domain::order::{GivenUp, Order};

/// What happens to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The payee is another one than the page says.
    Payee,
    /// Nothing is wrong.
    Honest,
    /// A caller says that a code has to be read to stop a fraud.
    Call,
    /// The amount is another one than the page says.
    Amount,
    /// A false page of the bank asks for a number to log in, and relays what the bank shows the thief.
    Relay,
}

/// What the customer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Presses OK, and gives the digits away.
    Approve,
    /// Presses no, and reports that the token shows something else.
    Differs,
}

/// How it ended, by the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Whether the customer has decided well.
    pub is_right: bool,
    /// How much the thief has got, in yen.
    pub stolen: u64,
    /// What left the customer's accounts, in yen.
    pub paid: u64,
}

impl Scene {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Payee, Self::Honest, Self::Call, Self::Amount, Self::Relay];

    /// Its name in an address, and of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payee => "payee",
            Self::Honest => "honest",
            Self::Call => "call",
            Self::Amount => "amount",
            Self::Relay => "relay",
        }
    }

    /// The scene of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scene| scene.as_str() == name)
    }

    /// The order that reaches the bank.
    const fn order(self) -> (&'static To, u64) {
        match self {
            Self::Honest => (&SUPPLIER, 1_250_000),
            Self::Payee => (&THIEF, 1_250_000),
            Self::Amount => (&SUPPLIER, 8_250_000),
            Self::Call | Self::Relay => (&THIEF, 9_000_000),
        }
    }

    /// The pages of the token's screen in a language, when it has read the code. `dir` as for [`Attack::play`](super::Attack::play).
    ///
    /// # Errors
    ///
    /// [`AttackError`]
    pub async fn screens(self, dir: &Path, language: Language) -> Result<Vec<Screen>, AttackError> {
        let mut room = Room::open(dir).await?;
        let (_, code) = self.begin(&room).await?;
        let now = room.bank.now();
        room.token.token_mut().language = language;
        room.token.hold(Button::Center, now);
        if room.token.scan(Ok(&code), now) != Seen::Shown {
            return Err(AttackError::Play("the code was not read"));
        }
        Ok(room.token.pages(now))
    }

    /// Plays it to its end.
    ///
    /// # Errors
    ///
    /// [`AttackError`]
    pub async fn decide(self, dir: &Path, choice: Choice) -> Result<Ending, AttackError> {
        let mut room = Room::open(dir).await?;
        let (order, code) = self.begin(&room).await?;
        let code = code.parse().map_err(|_| AttackError::Play("no code"))?;
        let received = match room.token.token_mut().receive(&code) {
            Ok(Received::Transaction(received)) => received,
            Ok(_) | Err(_) => return Err(AttackError::Play("the code was not read")),
        };
        match choice {
            Choice::Approve => {
                let response = received.approve().expose_str().to_owned();
                room.send(&order, &response).await?;
            }
            Choice::Differs => {
                let _declined: Refusal = received.decline();
                room.bank.give_up_order(&room.person, &order.id, GivenUp::Differs).await?;
            }
        }
        let report = room.report()?;
        let is_right = (choice == Choice::Approve) == (self == Self::Honest);
        Ok(Ending { is_right, stolen: report.stolen, paid: report.paid })
    }

    async fn begin(self, room: &Room) -> Result<(Order, String), AttackError> {
        let (to, amount) = self.order();
        let order = room.order(to, amount).await?;
        let code = room.code(&order).await?;
        Ok((order, code))
    }
}
