//! The attack room: an attacker controls the customer's browser. Each attack is played against a bank of its own with tokens
//! of its own, and says what each party saw.
//!
//! The tests play every attack as well, and check the ledger afterwards.

mod scenes;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use camtoken::key::TokenId;
use camtoken::token::{Device, Received, Refusal, Token, file};
use camtoken::transaction::{Operation, Value};
use camtoken::verifier::{AttemptId, Rejection, Step, Verdict};
use tokio::task::JoinSet;

use crate::bank::{Bank, BankError, Draft, First, NewChallenge, Placed, Progress, Settled};
use crate::books::BooksError;
use crate::demo::{self, FIRST_OTP, SAMPLE, TRANSACTION};
use crate::domain::calendar::day_in_japan;
use crate::domain::contract::Limit;
use crate::domain::credential::Password;
use crate::domain::directory::find;
use crate::domain::ledger::{Account, Booking};
use crate::domain::order::{Act, Order};
use crate::domain::people::Person;
use crate::system::{self, random_hex, rng};

pub use scenes::{Choice, Ending, Scene};

/// What can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// The payee is exchanged on the way to the bank.
    SwapPayee,
    /// The amount is raised on the way to the bank.
    RaiseAmount,
    /// The text in the code is altered on the page.
    AlterCode,
    /// A right response is sent a second time.
    Replay,
    /// A right response is used for another order.
    OtherOrder,
    /// The code is shown to a token of the thief's.
    Relay,
    /// An old code is put back into the page.
    OldCode,
    /// The response comes too late.
    Late,
    /// Two hundred responses are guessed at the same time.
    Guess,
}

/// What happened, line by line.
#[derive(Debug)]
pub struct Report {
    /// The parties' steps, one after the other.
    pub lines: Vec<Line>,
    /// How much the thief has got, in yen.
    pub stolen: u64,
    /// What left the customer's accounts, in yen.
    pub paid: u64,
}

/// One line of a report.
#[derive(Debug)]
pub struct Line {
    /// Who.
    pub who: Who,
    /// The name of the text.
    pub text: &'static str,
    /// The words in it.
    pub words: Vec<(&'static str, String)>,
}

/// The parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The customer.
    Customer,
    /// The attacker in the browser.
    Thief,
    /// The token in the customer's hands, or in the thief's.
    Token,
    /// The bank.
    Bank,
}

/// Why an attack was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    /// The bank did not answer.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The folder of the room.
    #[error("the attack room has no folder: {0}")]
    Folder(#[from] std::io::Error),
    /// Something went another way than the play has it.
    #[error("the play broke off: {0}")]
    Play(&'static str),
}

impl From<BooksError> for AttackError {
    fn from(error: BooksError) -> Self {
        Self::Bank(error.into())
    }
}

impl Attack {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 9] = [
        Self::SwapPayee,
        Self::RaiseAmount,
        Self::AlterCode,
        Self::Relay,
        Self::Replay,
        Self::OtherOrder,
        Self::OldCode,
        Self::Late,
        Self::Guess,
    ];

    /// Its name in an address, and of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SwapPayee => "swap-payee",
            Self::RaiseAmount => "raise-amount",
            Self::AlterCode => "alter-code",
            Self::Replay => "replay",
            Self::OtherOrder => "other-order",
            Self::Relay => "relay",
            Self::OldCode => "old-code",
            Self::Late => "late",
            Self::Guess => "guess",
        }
    }

    /// The attack of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attack| attack.as_str() == name)
    }

    /// Plays it in a new room below `dir`, which is cleared away afterwards.
    ///
    /// # Errors
    ///
    /// [`AttackError`]
    pub async fn play(self, dir: &Path) -> Result<Report, AttackError> {
        let mut room = Room::open(dir).await?;
        let played = match self {
            Self::SwapPayee => room.swap(&THIEF, 1_250_000, 1_250_000).await,
            Self::RaiseAmount => room.swap(&SUPPLIER, 1_250_000, 8_250_000).await,
            Self::AlterCode => room.alter_code().await,
            Self::Replay => room.replay().await,
            Self::OtherOrder => room.other_order().await,
            Self::Relay => room.relay().await,
            Self::OldCode => room.old_code().await,
            Self::Late => room.late().await,
            Self::Guess => room.guess().await,
        };
        played.and_then(|()| room.report())
    }
}

/// Clears away the rooms that a process has left when it was killed.
pub fn clear(dir: &Path) {
    // Their remains are in the demonstration's own folder, and have no data of a person.
    let _ = std::fs::remove_dir_all(dir);
}

/// A payee.
struct To {
    branch: &'static str,
    bank: &'static str,
    number: &'static str,
    name: &'static str,
}

const SUPPLIER: To = To { bank: "9902", branch: "110", number: "0054321", name: "ﾐﾎﾝｼﾖｳｼﾞ(ｶ" };
const THIEF: To = To { bank: "9903", branch: "007", number: "6660001", name: "ﾄﾞﾛﾎﾞｳ ﾀﾛｳ" };

/// A bank, a customer with a token, a thief with another one.
struct Room {
    bank: Arc<Bank>,
    /// Seconds that have passed in here beside the real ones.
    ahead: Arc<AtomicU64>,
    token: Device,
    thief: Token,
    person: Person,
    lines: Vec<Line>,
    /// The last of it, for it is cleared away when the bank is closed.
    _folder: Folder,
}

/// A folder that exists as long as an attack is played, whether it goes to its end or not.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        clear(&self.0);
    }
}

impl Room {
    /// A new room below a folder.
    async fn open(dir: &Path) -> Result<Self, AttackError> {
        let folder = Folder(dir.join(random_hex(8)));
        std::fs::create_dir_all(&folder.0)?;
        let ahead = Arc::new(AtomicU64::new(0));
        let clock = {
            let ahead = Arc::clone(&ahead);
            move || system::now().plus(Duration::from_secs(ahead.load(Ordering::Relaxed)))
        };
        let bank = Arc::new(Bank::open(&folder.0, Arc::new(clock))?);
        let mut tokens = demo::seed(&bank).await?;
        let mut take = |id: &str| -> Result<Device, AttackError> {
            let place = tokens.iter().position(|(known, _): &(TokenId, String)| known.as_str() == id);
            let (_, text) = tokens.swap_remove(place.ok_or(AttackError::Play("no token"))?);
            file::from_str(&text, None).map_err(|_| AttackError::Play("no token file"))
        };
        let (mut token, mut thief) = (take("KKK0000001")?, take("KKK0000002")?.into_token());
        register(&bank, "ADMIN01", token.token_mut()).await?;
        register(&bank, "ADMIN02", &mut thief).await?;
        let person = bank.person(SAMPLE, "ADMIN01")?.ok_or(AttackError::Play("no customer"))?;
        Ok(Self { bank, ahead, token, thief, person, lines: Vec::new(), _folder: folder })
    }

    fn say(&mut self, who: Who, text: &'static str, words: &[(&'static str, String)]) {
        self.lines.push(Line { who, text, words: words.to_vec() });
    }

    /// The customer's order, as it reaches the bank, with its first challenge.
    async fn order(&self, to: &To, amount: u64) -> Result<Order, AttackError> {
        let (bank, branch) = find(to.bank, to.branch).ok_or(AttackError::Play("no branch"))?;
        let fields = [
            ("bankCode", bank.code.to_owned()),
            ("bankName", bank.kana.to_owned()),
            ("branchCode", branch.code.to_owned()),
            ("branchName", branch.kana.to_owned()),
            ("accountType", "ordinary".to_owned()),
            ("account", to.number.to_owned()),
            ("payee", to.name.to_owned()),
            ("amount", amount.to_string()),
            ("date", day_in_japan(self.bank.now()).to_string()),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
        let act = Act::Pay { from: Account::key_of("102", "0012345"), limit: Limit::Transfer };
        let draft = Draft { operation: Operation::Transfer, fields, act };
        let placed = self.bank.place(&self.person, draft, Password::new(TRANSACTION.to_owned())).await?;
        let Placed::Order(order) = placed else { return Err(AttackError::Play("the order was not taken")) };
        self.issue(&order).await
    }

    async fn issue(&self, order: &Order) -> Result<Order, AttackError> {
        let NewChallenge::Issued(_) = self.bank.issue(&self.person, &order.id).await? else {
            return Err(AttackError::Play("no challenge"));
        };
        self.bank.order(&self.person, &order.id)?.ok_or(AttackError::Play("no order"))
    }

    async fn code(&self, order: &Order) -> Result<String, AttackError> {
        let code = self.bank.code(order).await?.ok_or(AttackError::Play("no code"))?;
        Ok(code.0.as_str().to_owned())
    }

    async fn send(&mut self, order: &Order, response: &str) -> Result<Settled, AttackError> {
        let attempt = new_attempt();
        let settled = self.bank.settle(&self.person, &order.id, response, attempt).await?;
        let (text, reason) = match &settled {
            Settled::Booked(_) => ("attack-bank-booked", String::new()),
            Settled::Rejected(rejection) => ("attack-bank-refused", rejection.name().to_owned()),
            _ => ("attack-bank-refused", "Unknown".to_owned()),
        };
        self.say(Who::Bank, text, &[("reason", reason)]);
        Ok(settled)
    }

    /// The token reads the code and shows it; the customer compares the payee and the amount with the invoice.
    fn compare(&mut self, code: &str, to: &To, amount: u64) -> Result<Option<String>, AttackError> {
        let code = code.parse().map_err(|_| AttackError::Play("no code"))?;
        let received = match self.token.token_mut().receive(&code) {
            Ok(Received::Transaction(received)) => received,
            Ok(_) => return Err(AttackError::Play("another kind of code")),
            Err(refusal) => {
                self.say(Who::Token, "attack-token-refuses", &[("code", refusal.code().to_owned())]);
                return Ok(None);
            }
        };
        let text = |name: &str| received.transaction().get(name).map(ToString::to_string).unwrap_or_default();
        let shown_amount = match received.transaction().get("amount") {
            Some(Value::Yen(yen)) => *yen,
            _ => 0,
        };
        let words = [("payee", text("payee")), ("account", text("account")), ("amount", shown_amount.to_string())];
        let right = (text("payee").as_str(), text("account").as_str(), shown_amount) == (to.name, to.number, amount);
        let response = if right {
            Some(received.approve().expose_str().to_owned())
        } else {
            let _refusal = received.decline();
            None
        };
        self.say(Who::Token, "attack-token-shows", &words);
        self.say(Who::Customer, if right { "attack-customer-approves" } else { "attack-customer-declines" }, &[]);
        Ok(response)
    }

    async fn swap(&mut self, reaches: &To, typed: u64, reaches_amount: u64) -> Result<(), AttackError> {
        self.wants(typed);
        let words = [("payee", reaches.name.to_owned()), ("amount", reaches_amount.to_string())];
        self.say(Who::Thief, "attack-thief-swaps", &words);
        let order = self.order(reaches, reaches_amount).await?;
        let code = self.code(&order).await?;
        if let Some(response) = self.compare(&code, &SUPPLIER, typed)? {
            self.send(&order, &response).await?;
        } else {
            // Without a response there is nothing to send; the thief may only guess.
            self.say(Who::Thief, "attack-thief-guesses-once", &[]);
            self.send(&order, "00000000").await?;
        }
        Ok(())
    }

    async fn alter_code(&mut self) -> Result<(), AttackError> {
        self.wants(1_250_000);
        let order = self.order(&SUPPLIER, 1_250_000).await?;
        let code = self.code(&order).await?;
        self.say(Who::Thief, "attack-thief-alters", &[]);
        let mut altered: Vec<char> = code.chars().collect();
        // In the middle of what is encrypted; base45 has both of these.
        let middle = altered.len() * 3 / 4;
        altered[middle] = if altered[middle] == 'A' { 'B' } else { 'A' };
        let altered: String = altered.into_iter().collect();
        if let Some(response) = self.compare(&altered, &SUPPLIER, 1_250_000)? {
            self.send(&order, &response).await?;
        }
        Ok(())
    }

    async fn replay(&mut self) -> Result<(), AttackError> {
        self.wants(1_250_000);
        let order = self.order(&SUPPLIER, 1_250_000).await?;
        let code = self.code(&order).await?;
        let response = self.compare(&code, &SUPPLIER, 1_250_000)?.ok_or(AttackError::Play("not approved"))?;
        self.send(&order, &response).await?;
        self.say(Who::Thief, "attack-thief-again", &[]);
        self.send(&order, &response).await?;
        Ok(())
    }

    async fn other_order(&mut self) -> Result<(), AttackError> {
        self.wants(1_250_000);
        let order = self.order(&SUPPLIER, 1_250_000).await?;
        let code = self.code(&order).await?;
        let response = self.compare(&code, &SUPPLIER, 1_250_000)?.ok_or(AttackError::Play("not approved"))?;
        let words = [("payee", THIEF.name.to_owned()), ("amount", "9000000".to_owned())];
        self.say(Who::Thief, "attack-thief-keeps", &words);
        let other = self.order(&THIEF, 9_000_000).await?;
        self.send(&other, &response).await?;
        self.send(&order, &response).await?;
        Ok(())
    }

    async fn relay(&mut self) -> Result<(), AttackError> {
        let words = [("payee", THIEF.name.to_owned()), ("amount", "9000000".to_owned())];
        self.say(Who::Thief, "attack-thief-orders", &words);
        let order = self.order(&THIEF, 9_000_000).await?;
        let code = self.code(&order).await?.parse().map_err(|_| AttackError::Play("no code"))?;
        self.say(Who::Thief, "attack-thief-own-token", &[]);
        match self.thief.receive(&code) {
            Ok(_) => Err(AttackError::Play("a foreign token has read the code")),
            Err(refusal) => {
                let code = Refusal::code(refusal).to_owned();
                self.say(Who::Token, "attack-token-refuses", &[("code", code)]);
                self.say(Who::Thief, "attack-thief-guesses-once", &[]);
                self.send(&order, "00000000").await?;
                Ok(())
            }
        }
    }

    async fn old_code(&mut self) -> Result<(), AttackError> {
        self.wants(1_250_000);
        let order = self.order(&SUPPLIER, 1_250_000).await?;
        let old = self.code(&order).await?;
        self.issue(&order).await?;
        self.say(Who::Thief, "attack-thief-old-code", &[]);
        if let Some(response) = self.compare(&old, &SUPPLIER, 1_250_000)? {
            self.send(&order, &response).await?;
        }
        Ok(())
    }

    async fn late(&mut self) -> Result<(), AttackError> {
        self.wants(1_250_000);
        let order = self.order(&SUPPLIER, 1_250_000).await?;
        let code = self.code(&order).await?;
        let response = self.compare(&code, &SUPPLIER, 1_250_000)?.ok_or(AttackError::Play("not approved"))?;
        self.ahead.fetch_add(181, Ordering::Relaxed);
        self.say(Who::Thief, "attack-thief-waits", &[]);
        self.send(&order, &response).await?;
        Ok(())
    }

    async fn guess(&mut self) -> Result<(), AttackError> {
        const GUESSES: u32 = 200;
        let words = [("payee", THIEF.name.to_owned()), ("amount", "9000000".to_owned())];
        self.say(Who::Thief, "attack-thief-orders", &words);
        let order = self.order(&THIEF, 9_000_000).await?;
        let reference = order.challenge.as_deref().and_then(|text| text.parse().ok());
        let reference = reference.ok_or(AttackError::Play("no challenge"))?;
        self.say(Who::Thief, "attack-thief-guesses", &[("count", GUESSES.to_string())]);
        // If the play is cancelled, so are they.
        let mut guesses: JoinSet<_> = (0..GUESSES)
            .map(|guess| {
                let bank = Arc::clone(&self.bank);
                async move {
                    let attempt = AttemptId::from_bytes(new_attempt());
                    bank.verifier.verify(reference, &format!("{guess:08}"), attempt, bank.now()).await
                }
            })
            .collect();
        let (mut compared, mut refused) = (0_u32, 0_u32);
        while let Some(guess) = guesses.join_next().await {
            match guess.map_err(|_| AttackError::Play("a guess broke off"))?.map_err(BankError::from)? {
                Verdict::Accepted(_) => return Err(AttackError::Play("a guess was right")),
                Verdict::Rejected(Rejection::Wrong { .. }) => compared += 1,
                Verdict::Rejected(_) => refused += 1,
            }
        }
        let words = [("compared", compared.to_string()), ("refused", refused.to_string())];
        self.say(Who::Bank, "attack-bank-counts", &words);
        Ok(())
    }

    fn wants(&mut self, amount: u64) {
        let words = [("payee", SUPPLIER.name.to_owned()), ("amount", amount.to_string())];
        self.say(Who::Customer, "attack-customer-wants", &words);
    }

    /// What moved, by the ledger and by nothing else.
    fn report(&mut self) -> Result<Report, AttackError> {
        let account = self.bank.books.get::<Account>(&Account::key_of("102", "0012345"))?;
        let balance = account.map_or(0, |account| account.balance);
        let bookings = self.bank.books.list::<Booking>("")?;
        let field = |booking: &Booking, name: &str| {
            booking.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let stolen = bookings
            .iter()
            .filter(|booking| field(booking, "account") == THIEF.number)
            .filter_map(|booking| field(booking, "amount").parse::<u64>().ok())
            .sum();
        Ok(Report { lines: std::mem::take(&mut self.lines), stolen, paid: 58_420_000 - balance.min(58_420_000) })
    }
}

async fn register(bank: &Bank, user: &str, token: &mut Token) -> Result<(), AttackError> {
    let person = || bank.person(SAMPLE, user)?.ok_or(AttackError::Play("no customer"));
    let serial = token.id().to_string();
    let begun = bank.begin_registration(&person()?, Some(Password::new(FIRST_OTP.to_owned())), &serial).await?;
    if !matches!(begun, First::Begun) {
        return Err(AttackError::Play("the registration was not begun"));
    }
    let Progress::First(first) = bank.progress(&person()?).await? else { return Err(AttackError::Play("no code")) };
    let Ok(Received::FirstCode(received)) = token.receive(&first.code) else {
        return Err(AttackError::Play("the first code was refused"));
    };
    let device_code = received.approve(&mut rng());
    let Step::Done(()) = bank.second_code(&person()?, &device_code.expose_digits()).await? else {
        return Err(AttackError::Play("the device code was refused"));
    };
    let Progress::Second(second) = bank.progress(&person()?).await? else { return Err(AttackError::Play("no code")) };
    let Ok(Received::SecondCode(received)) = token.receive(&second.code) else {
        return Err(AttackError::Play("the second code was refused"));
    };
    let unconfirmed = received.approve();
    let Step::Done(()) = bank.confirm(&person()?, unconfirmed.response().expose_str()).await? else {
        return Err(AttackError::Play("the response was refused"));
    };
    unconfirmed.keep();
    Ok(())
}

/// A new attempt.
fn new_attempt() -> [u8; 16] {
    use rand::Rng as _;
    let mut bytes = [0; 16];
    rng().fill_bytes(&mut bytes);
    bytes
}
