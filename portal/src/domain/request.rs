//! Transfers that a provider asks for in a customer's name: 未完了 until the customer has signed, then 完了, or 期限切れ.

use camtoken::Timestamp;
use serde::{Deserialize, Serialize};

use super::ledger::Refusal;

/// A transfer that a provider asks for.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Request {
    /// Its number, which follows from the linkage and the provider's own key.
    pub id: String,
    /// The linkage.
    pub linkage: String,
    /// 契約番号
    pub contract: String,
    /// The person who has to sign.
    pub user: String,
    /// The provider's client ID.
    pub client: String,
    /// The key of the account that pays.
    pub from: String,
    /// Payee and amount, as fields of the transaction.
    pub fields: Vec<(String, String)>,
    /// Seconds since 1970.
    pub at: u64,
    /// Seconds since 1970.
    pub expires_at: u64,
    /// The order that has carried it out.
    pub order: Option<String>,
    /// Why it was not carried out when it was last signed.
    pub refused: Option<Refusal>,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// 未完了: it waits for its customer.
    Pending,
    /// 完了: booked, once.
    Done,
    /// 期限切れ: its time is over.
    Expired,
    /// 連携の終了により取消: its linkage has ended before its time.
    Ended,
}

impl RequestState {
    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Expired => "expired",
            Self::Ended => "ended",
        }
    }
}

impl Request {
    /// How far it is. `in_force` is whether its linkage is.
    #[must_use]
    pub fn state(&self, in_force: bool, now: Timestamp) -> RequestState {
        match &self.order {
            Some(_) => RequestState::Done,
            None if now.as_unix() >= self.expires_at => RequestState::Expired,
            None if in_force => RequestState::Pending,
            None => RequestState::Ended,
        }
    }

    /// A field of it.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }
}
