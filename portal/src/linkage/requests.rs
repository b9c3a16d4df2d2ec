//! Transfers that a provider asks for in a customer's name: 未完了 until the customer has signed, then 完了, or 期限切れ.

use std::time::Duration;

use base16ct::upper;
use camtoken::transaction::{Operation, TransactionError};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::bank::{Bank, BankError, Draft};
use crate::books::{BooksError, Row};
use crate::domain::calendar::day_in_japan;
use crate::domain::contract::Contract;
use crate::domain::directory::{BANKS, OWN_BANK, find};
use crate::domain::ledger::{Account, Payee};
use crate::domain::linkage::{Linkage, Provider};
use crate::domain::order::Act;
use crate::domain::people::Person;
use crate::domain::request::{Request, RequestState};
use crate::outbox::post;

/// How long a request waits for its customer.
pub const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// As many requests of one linkage may wait at the same time; each one is a mail to the customer.
pub const MAX_WAITING: usize = 50;

/// A provider's order of a transfer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "TransferRequest")]
pub struct Wanted {
    /// The account that pays, by its ID.
    #[schemars(regex(pattern = "^[0-9]{3}-[0-9]{7}$"))]
    pub from: String,
    /// The bank of the payee.
    #[schemars(regex(pattern = "^[0-9]{4}$"))]
    pub bank_code: String,
    /// The branch of the payee.
    #[schemars(regex(pattern = "^[0-9]{3}$"))]
    pub branch_code: String,
    /// The type of the payee's account.
    #[schemars(regex(pattern = "^(ordinary|current|savings|other)$"))]
    pub account_type: String,
    /// The number of the payee's account.
    #[schemars(regex(pattern = "^[0-9]{7}$"))]
    pub account: String,
    /// The name of the payee, in kana.
    #[schemars(length(min = 1, max = 48))]
    pub payee: String,
    /// Yen.
    #[schemars(range(min = 1, max = 9_999_999_999_u64))]
    pub amount: u64,
}

/// The result of an order.
#[derive(Debug)]
pub enum Requested {
    /// It waits, or has been there before under the same key.
    Taken(Box<Request>),
    /// The key was used for another one.
    OtherRequest,
    /// [`MAX_WAITING`] of the linkage wait already.
    TooMany,
    /// This part of it cannot be.
    Wrong {
        /// The member of the body.
        part: String,
        /// What the developer of the provider has to change.
        why: String,
    },
}

/// The paying accounts that a linkage may name.
const FROM: &str =
    "an account of this linkage by its ID, as GET /api/accounts has it, or the main account of the contract";

impl Bank {
    /// Takes an order. A request with the same key is a retry, however often it comes.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn request(&self, linkage: &Linkage, key: &str, wanted: &Wanted) -> Result<Requested, BankError> {
        let Some(person) = self.person(&linkage.contract, &linkage.user)? else {
            return Ok(wrong("from", FROM));
        };
        let accounts = self.accounts_for(&person)?;
        // 代表口座 may pay also where no account was registered, for no inquiry is linked.
        let may_pay = |account: &&Account| {
            account.key() == wanted.from
                && (linkage.accounts.contains(&wanted.from)
                    || accounts.first().is_some_and(|first| first.key() == wanted.from))
        };
        let Some(account) = accounts.iter().find(may_pay) else { return Ok(wrong("from", FROM)) };
        let Some((bank, branch)) = find(&wanted.bank_code, &wanted.branch_code) else {
            let knows_bank = BANKS.iter().any(|bank| bank.code == wanted.bank_code);
            return Ok(if knows_bank {
                wrong("branchCode", "the bank has no branch of this code; LINKAGE.md lists them")
            } else {
                wrong("bankCode", "there is no bank of this code; LINKAGE.md lists them")
            });
        };
        let to = Account::key_of(branch.code, &wanted.account);
        if bank.code == OWN_BANK && (to == account.key() || self.books.get::<Account>(&to)?.is_none()) {
            return Ok(wrong("account", "this bank has no such account, or it is the account that pays"));
        }
        if wanted.amount == 0 {
            return Ok(wrong("amount", "a whole number of yen, at least 1"));
        }
        let fields = [
            ("bankCode", bank.code.to_owned()),
            ("bankName", bank.kana.to_owned()),
            ("branchCode", branch.code.to_owned()),
            ("branchName", branch.kana.to_owned()),
            ("accountType", wanted.account_type.clone()),
            ("account", wanted.account.clone()),
            ("payee", wanted.payee.clone()),
            ("amount", wanted.amount.to_string()),
        ];
        let now = self.now();
        let mut request = Request {
            id: number(linkage, key),
            linkage: linkage.id.clone(),
            contract: linkage.contract.clone(),
            user: linkage.user.clone(),
            client: linkage.client.clone(),
            from: account.key(),
            fields: fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
            at: now.as_unix(),
            expires_at: now.plus(PATIENCE).as_unix(),
            order: None,
            refused: None,
        };
        // As the token will show it, so that the order can be compared with what is signed.
        match self.draft(&request)?.transaction() {
            Ok(transaction) => {
                for (name, text) in &mut request.fields {
                    *text = transaction.get(name).map(ToString::to_string).unwrap_or_default();
                }
            }
            Err(error) => return Ok(Requested::Wrong { part: part(&error), why: error.to_string() }),
        }
        Ok(self.books.change(|sheet| {
            if let Some(known) = sheet.get::<Request>(&request.id)? {
                let same = (&known.from, &known.fields) == (&request.from, &request.fields);
                return Ok::<_, BooksError>(if same {
                    Requested::Taken(Box::new(known))
                } else {
                    Requested::OtherRequest
                });
            }
            let known = sheet.list::<Request>(&numbers_of(linkage))?;
            let is_waiting =
                |known: &&Request| known.linkage == linkage.id && known.state(true, now) == RequestState::Pending;
            if known.iter().filter(is_waiting).count() >= MAX_WAITING {
                return Ok(Requested::TooMany);
            }
            let name = sheet.get::<Provider>(&request.client)?.map_or_else(String::new, |provider| provider.name);
            if let Some(person) = sheet.get::<Person>(&Person::key(&request.contract, &request.user))? {
                let words =
                    [("user", person.user.as_str()), ("provider", name.as_str()), ("request", request.id.as_str())];
                post(sheet, &person.mail, "mail-request", &words, now)?;
            }
            sheet.put(&request);
            Ok(Requested::Taken(Box::new(request)))
        })?)
    }

    /// A request of a linkage.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn request_of(&self, linkage: &Linkage, id: &str) -> Result<Option<Request>, BankError> {
        Ok(self.books.get::<Request>(id)?.filter(|request| request.linkage == linkage.id))
    }

    /// The requests that a person has to do with, the latest first.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn requests(&self, person: &Person) -> Result<Vec<(Request, RequestState)>, BankError> {
        let mut requests = self.books.list_of::<Request>(&person.contract)?;
        requests.retain(|request| request.user == person.user);
        requests.sort_by_key(|request| std::cmp::Reverse(request.at));
        let state = |request: Request| {
            let in_force = self.in_force(&request.linkage)?.is_some();
            let state = request.state(in_force, self.now());
            Ok((request, state))
        };
        requests.into_iter().map(state).collect()
    }

    /// The transaction that the customer signs for an order: the bank makes it from the order.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn draft(&self, request: &Request) -> Result<Draft, BankError> {
        let contract = self.books.get::<Contract>(&request.contract)?;
        let account = self.books.get::<Account>(&request.from)?;
        let number = account.map_or_else(String::new, |account| account.number);
        let text = |name| request.text(name).to_owned();
        let payee = Payee {
            contract: request.contract.clone(),
            bank: text("bankCode"),
            branch: text("branchCode"),
            kind: text("accountType"),
            number: text("account"),
            name: text("payee"),
            since: None,
        };
        let mut fields = request.fields.clone();
        if self.books.get::<Payee>(&payee.key())?.is_none() {
            fields.push(("newPayee".to_owned(), "yes".to_owned()));
        }
        fields.extend([
            ("date".to_owned(), day_in_japan(self.now()).to_string()),
            ("payingAccount".to_owned(), number[number.len().saturating_sub(4)..].to_owned()),
            ("originator".to_owned(), contract.map_or_else(String::new, |contract| contract.kana)),
        ]);
        let act = Act::PayRequested { request: request.id.clone(), from: request.from.clone() };
        Ok(Draft { operation: Operation::Transfer, fields, act })
    }
}

fn wrong(part: &str, why: &str) -> Requested {
    Requested::Wrong { part: part.to_owned(), why: why.to_owned() }
}

/// The number of an order, from its idempotency key.
fn number(linkage: &Linkage, key: &str) -> String {
    let digest = Sha256::new().chain_update(&linkage.id).chain_update("\n").chain_update(key).finalize();
    numbers_of(linkage) + &upper::encode_string(&digest[..6])
}

/// The prefix of the numbers of a linkage's requests, so that they are together in the database.
fn numbers_of(linkage: &Linkage) -> String {
    format!("R{}", upper::encode_string(&Sha256::digest(&linkage.id)[..4]))
}

/// The part of the API's body that a transaction cannot hold.
fn part(error: &TransactionError) -> String {
    match error {
        TransactionError::Field { field, .. }
        | TransactionError::Missing { field }
        | TransactionError::Contradiction { field, .. }
        | TransactionError::Twice { field } => (*field).to_owned(),
        TransactionError::UnknownField { field, .. } => field.clone(),
        _ => "body".to_owned(),
    }
}
