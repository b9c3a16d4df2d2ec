//! What a person asks for, before it is an order.

use camtoken::transaction::{Operation, Transaction, TransactionError};

use crate::domain::order::Act;

/// A person's order, before the transaction password.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The operation.
    pub operation: Operation,
    /// Its fields, without the order's number.
    pub fields: Vec<(String, String)>,
    /// The act to carry out once it is signed.
    pub act: Act,
}

impl Draft {
    /// A field of the transaction.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The transaction that is issued for it.
    ///
    /// # Errors
    ///
    /// [`TransactionError`] names the field that cannot hold what was typed.
    pub fn transaction(&self) -> Result<Transaction, TransactionError> {
        transaction(self.operation, &self.fields)
    }
}

/// The transaction with these fields.
pub(super) fn transaction(operation: Operation, fields: &[(String, String)]) -> Result<Transaction, TransactionError> {
    Transaction::new(operation, fields.iter().map(|(name, text)| (name, text)))
}
