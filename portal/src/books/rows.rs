//! The rows of the database: the name of each kind, which never changes, and the key of a row among its kind.

use super::{Books, BooksError, Row};
use crate::domain::alarm::Alarm;
use crate::domain::certificate::Certificate;
use crate::domain::contract::{Application, Contract, LentToken};
use crate::domain::desk::{ActivationRecord, Waiting};
use crate::domain::event::{Event, Head};
use crate::domain::ledger::{Account, Booking, LedgerLine, Paid, Payee, Spent};
use crate::domain::linkage::{AccountRegistration, InquiryPin, Linkage, Provider};
use crate::domain::mail::{Mail, Unsent};
use crate::domain::order::{Issued, Order};
use crate::domain::passkey::Passkey;
use crate::domain::people::{LoginId, Operator, Person};
use crate::domain::request::Request;

/// The row that says that the database has its lists by contract.
const LISTED: &str = "listed/1";

/// The row that says that the activations of before are recorded.
const RECORDED: &str = "recorded/1";

impl Books {
    /// Lists by contract the rows of before there were such lists. It does so once; after that it costs nothing.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn list_by_contract(&self) -> Result<(), BooksError> {
        if self.rows.contains_key(LISTED)? {
            return Ok(());
        }
        again::<LentToken>(self)?;
        again::<Account>(self)?;
        again::<Application>(self)?;
        again::<Booking>(self)?;
        again::<Certificate>(self)?;
        again::<Linkage>(self)?;
        again::<Request>(self)?;
        Ok(self.rows.insert(LISTED, "")?)
    }
}

impl Books {
    /// Records the activations that people had before each was recorded when it began; once, and then it costs nothing.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn record_activations(&self) -> Result<(), BooksError> {
        if self.rows.contains_key(RECORDED)? {
            return Ok(());
        }
        self.change(|sheet| {
            for person in sheet.list::<Person>("")? {
                let of_token = person.activation.iter().map(|known| (known, person.token.clone().unwrap_or_default()));
                let of_generator = person.generator.iter().map(|known| (known, String::new()));
                for (activation, token) in of_token.chain(of_generator) {
                    let (contract, user) = (person.contract.clone(), person.user.clone());
                    let activation = activation.clone();
                    sheet.put(&ActivationRecord { contract, user, activation, token, from: 0 });
                }
            }
            Ok::<_, BooksError>(())
        })?;
        Ok(self.rows.insert(RECORDED, "")?)
    }
}

/// Writes every row of a kind once more, and so into the list of its contract.
fn again<T: Row>(books: &Books) -> Result<(), BooksError> {
    books.change(|sheet| {
        for row in sheet.list::<T>("")? {
            sheet.put(&row);
        }
        Ok(())
    })
}

impl Row for Contract {
    const KIND: &'static str = "contract";

    fn key(&self) -> String {
        self.number.clone()
    }
}

impl Row for Person {
    const KIND: &'static str = "person";

    fn key(&self) -> String {
        Self::key(&self.contract, &self.user)
    }
}

impl Row for LoginId {
    const KIND: &'static str = "login-id";

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for LentToken {
    const KIND: &'static str = "token";

    fn key(&self) -> String {
        self.id.clone()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}

impl Row for Operator {
    const KIND: &'static str = "operator";

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for Account {
    const KIND: &'static str = "account";

    fn key(&self) -> String {
        self.key()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}

impl Row for LedgerLine {
    const KIND: &'static str = "line";

    fn key(&self) -> String {
        format!("{}/{:08}", self.account, self.number)
    }
}

impl Row for Spent {
    const KIND: &'static str = "spent";

    fn key(&self) -> String {
        self.key()
    }
}

impl Row for Payee {
    const KIND: &'static str = "payee";

    fn key(&self) -> String {
        format!("{}/{}", self.contract, self.account())
    }
}

impl Row for Paid {
    const KIND: &'static str = "paid";

    fn key(&self) -> String {
        format!("{}/{}", self.contract, self.to)
    }
}

impl Row for Order {
    const KIND: &'static str = "order";

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Row for Issued {
    const KIND: &'static str = "issued";

    fn key(&self) -> String {
        self.challenge.clone()
    }
}

impl Row for Certificate {
    const KIND: &'static str = "certificate";

    fn key(&self) -> String {
        self.fingerprint.clone()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}

impl Row for Application {
    const KIND: &'static str = "application";

    fn key(&self) -> String {
        self.id.clone()
    }

    /// One that is open is listed with those of no contract.
    fn contract(&self) -> Option<&str> {
        Some(self.contract.as_deref().unwrap_or_default())
    }
}

impl Row for Booking {
    const KIND: &'static str = "booking";

    fn key(&self) -> String {
        self.challenge.clone()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}

impl Row for Mail {
    const KIND: &'static str = "mail";

    fn key(&self) -> String {
        format!("{:08}", self.number)
    }
}

impl Row for Event {
    const KIND: &'static str = "event";

    fn key(&self) -> String {
        format!("{:010}", self.number)
    }
}

impl Row for Head {
    const KIND: &'static str = "head";

    fn key(&self) -> String {
        "event".to_owned()
    }
}

impl Row for Unsent {
    const KIND: &'static str = "unsent";

    fn key(&self) -> String {
        format!("{:08}", self.number)
    }
}

impl Row for Provider {
    const KIND: &'static str = "provider";

    fn key(&self) -> String {
        self.client.clone()
    }
}

impl Row for Linkage {
    const KIND: &'static str = "linkage";

    fn key(&self) -> String {
        self.id.clone()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}

impl Row for AccountRegistration {
    const KIND: &'static str = "account-registration";

    fn key(&self) -> String {
        format!("{}/{}", self.contract, self.account)
    }
}

impl Row for InquiryPin {
    const KIND: &'static str = "inquiry-pin";

    fn key(&self) -> String {
        self.account.clone()
    }
}

impl Row for Request {
    const KIND: &'static str = "transfer-request";

    fn key(&self) -> String {
        self.id.clone()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}

impl Row for Alarm {
    const KIND: &'static str = "alarm";

    fn key(&self) -> String {
        self.order.clone()
    }

    /// A report that is not marked as seen is listed with those of no contract.
    fn contract(&self) -> Option<&str> {
        Some(if self.seen_by.is_some() { &self.contract } else { "" })
    }
}

impl Row for Waiting {
    const KIND: &'static str = "waiting";

    fn key(&self) -> String {
        self.id.clone()
    }

    /// One that waits is listed with those of no contract.
    fn contract(&self) -> Option<&str> {
        Some(if self.settled_by.is_some() { &self.errand.contract } else { "" })
    }
}

impl Row for ActivationRecord {
    const KIND: &'static str = "activation-record";

    fn key(&self) -> String {
        format!("{}/{}/{}", self.contract, self.user, self.activation)
    }
}

impl Row for Passkey {
    const KIND: &'static str = "passkey";

    fn key(&self) -> String {
        self.id.clone()
    }

    fn contract(&self) -> Option<&str> {
        Some(&self.contract)
    }
}
