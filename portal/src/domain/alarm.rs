//! 「トークンの表示が違う」: the report of a person whose token shows something else than the order.

use serde::{Deserialize, Serialize};

/// A person's report that the token shows something else, until an operator has marked it as seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The order whose code was read.
    pub order: String,
    /// 契約番号
    pub contract: String,
    /// The person who reported it.
    pub user: String,
    /// The operation's name in the catalogue.
    pub operation: String,
    /// Seconds since 1970.
    pub at: u64,
    /// The operator who has seen to it.
    pub seen_by: Option<String>,
}
