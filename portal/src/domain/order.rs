//! An order of a person, until the token has signed it or it is given up.
//!
//! The order says what the challenge cannot: which account pays, what a changed record looks like, the file of a batch. It is
//! made by the bank from what was typed before the challenge was issued. What is carried out of it is what the challenge
//! says; the rest is bound to the challenge by the order's number or by a hash.

use camtoken::time::Date;
use camtoken::transaction::Operation;
use serde::{Deserialize, Serialize};

use super::contract::{Contact, Contract, Limit, LoginMethod};
use super::credential::PasswordHash;
use super::people::Person;

/// An order of a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// 受付番号, at most 16 characters.
    pub id: String,
    /// 契約番号
    pub contract: String,
    /// The person.
    pub user: String,
    /// The operation's name in the catalogue.
    pub operation: String,
    /// The fields of the transaction to be issued.
    pub fields: Vec<(String, String)>,
    /// The act to carry out once it is signed.
    pub act: Act,
    /// Seconds since 1970.
    pub at: u64,
    /// The challenge that was issued last.
    pub challenge: Option<String>,
    /// Why the person does not want it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
}

/// Why a person does not want an order any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenUp {
    /// 中止する
    Stopped,
    /// トークンの表示が違う: the token showed something else than was ordered.
    Differs,
}

impl Act {
    /// The key of the account that pays, if it pays.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        match self {
            Self::Pay { from, .. } | Self::PayRequested { from, .. } | Self::PayBatch { from, .. } => Some(from),
            _ => None,
        }
    }

    /// The daily limit that it counts for, if it pays.
    #[must_use]
    pub const fn limit(&self) -> Option<Limit> {
        match self {
            Self::Pay { limit, .. } | Self::PayBatch { limit, .. } => Some(*limit),
            Self::PayRequested { .. } => Some(Limit::Transfer),
            _ => None,
        }
    }

    /// Whether `signer` may have this done to `target`, who may be the same person. An administrator manages users and
    /// suspends the other administrator; whom they take back into service are users alone, for administrators the bank does.
    #[must_use]
    pub fn is_open(&self, contract: &Contract, signer: &Person, target: &Person) -> bool {
        let is_self = (&signer.contract, &signer.user) == (&target.contract, &target.user);
        let by_certificate = contract.method == LoginMethod::PasswordCertificate;
        match self {
            Self::SetPassword { .. } => is_self || signer.is_administrator(),
            Self::ReissueCertificate { hash: None } => by_certificate && is_self,
            Self::ReissueCertificate { hash: Some(_) } => by_certificate && signer.is_administrator() && !is_self,
            Self::Suspend | Self::RemovePerson { .. } => signer.is_administrator() && !is_self,
            Self::Resume => signer.is_administrator() && !target.is_administrator() && target.stopped.is_none(),
            act if act.is_own() => is_self,
            _ => true,
        }
    }

    /// Whether a person may sign for it. What is everybody's own needs no right to manage users.
    #[must_use]
    pub fn may_be_signed_by(&self, person: &Person, operation: Operation) -> bool {
        self.is_own() || person.may_sign(operation)
    }

    /// Whether it is about the person who signs, and nobody else.
    const fn is_own(&self) -> bool {
        matches!(self, Self::AddPasskey { .. } | Self::RemovePasskey { .. } | Self::PasskeyOnly { .. })
    }
}

impl Order {
    /// The key of the account that pays, if it pays.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.act.from()
    }

    /// A field of the transaction to be issued.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Whether it pays, and on another day than today.
    #[must_use]
    pub fn is_for_another_day(&self, today: Date) -> bool {
        is_for_another_day(|name| self.text(name).map(str::to_owned), today)
    }
}

/// Whether a payment with these fields is for another day than today. A payment is carried out on the day that the token has
/// shown, or not at all.
pub fn is_for_another_day(field: impl Fn(&str) -> Option<String>, today: Date) -> bool {
    let day = field("date").or_else(|| field("valueDate"));
    day.is_some_and(|day| day != today.to_string())
}

/// Which order a challenge was issued for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Issued {
    /// The challenge.
    pub challenge: String,
    /// The order.
    pub order: String,
}

/// The act to carry out once an order is signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Lets the person in.
    Login,
    /// Pays from an account.
    Pay {
        /// The key of the account.
        from: String,
        /// Which daily limit it counts for.
        limit: Limit,
    },
    /// Pays an order of a provider, through a linkage.
    PayRequested {
        /// The request.
        request: String,
        /// The key of the account.
        from: String,
    },
    /// Lets an external service be linked; the permission follows.
    Link,
    /// Pays a batch file.
    PayBatch {
        /// The key of the account.
        from: String,
        /// Which daily limit it counts for.
        limit: Limit,
        /// The canonical file; the challenge binds its SHA-256.
        file: Vec<u8>,
    },
    /// Registers the payee that the challenge names.
    RegisterPayee,
    /// Sets the limit that the challenge names.
    ChangeLimit,
    /// Sets a password; the challenge says which and whose.
    SetPassword {
        /// The new one.
        hash: PasswordHash,
    },
    /// Lets a person fetch a new certificate: at once if they have signed for themselves, otherwise with a certificate password
    /// that an administrator hands over. Their older certificates end.
    ReissueCertificate {
        /// The certificate password of another person.
        hash: Option<PasswordHash>,
    },
    /// Puts a person into the database; the challenge binds the SHA-256 of the record.
    PutPerson {
        /// The record as it will be.
        person: Box<Person>,
        /// The activations that end by it, because the person gets another token.
        #[serde(default)]
        activations: Vec<String>,
    },
    /// Takes a person out of service.
    Suspend,
    /// Takes a person, and what was suspended of theirs, back into service.
    Resume,
    /// Removes a person from the database; the challenge binds the SHA-256 of the record as it was.
    RemovePerson {
        /// The activations that end by it; others on the same token go on.
        #[serde(default)]
        activations: Vec<String>,
    },
    /// Revokes a token with all activations on it.
    RevokeToken,
    /// Gives a person another user ID.
    Rename {
        /// The new one.
        to: String,
    },
    /// Takes an account of the company under the contract (関連口座).
    AddAccount {
        /// The key of the account.
        account: String,
    },
    /// Sets whom the bank asks at the company.
    SetContact {
        /// The new one.
        contact: Contact,
    },
    /// Permits a person to add a passkey.
    AddPasskey {
        /// Its name.
        name: String,
    },
    /// Removes a passkey.
    RemovePasskey {
        /// Its credential ID.
        id: String,
    },
    /// Closes the login by password beside the passkey, or opens it again.
    PasskeyOnly {
        /// Whether it is closed.
        only: bool,
    },
}
