//! The payees that a bank knows, as it lists them.

use alloc::collections::BTreeSet;

use super::{AccountType, Digits, Payee};

/// Accounts that are not new: what counts is bank, branch, type and number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownPayees(BTreeSet<(Digits<4>, Digits<3>, AccountType, Digits<7>)>);

/// A line of a list is no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected BANK-BRANCH-TYPE-ACCOUNT, as 0001-001-1-0012345")]
pub struct KnownPayeesError {
    /// The line, counted from 1.
    pub line: usize,
}

impl KnownPayees {
    /// Reads a list: an account a line, written `0001-001-1-0012345`. Empty lines, and those that begin with `#`, say nothing.
    ///
    /// # Errors
    ///
    /// [`KnownPayeesError`] for the first line that is neither.
    pub fn from_lines(text: &str) -> Result<Self, KnownPayeesError> {
        let lines = text.lines().map(str::trim).zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|(line, number)| account(line).ok_or(KnownPayeesError { line: number }))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a payee's account is one of them.
    #[must_use]
    pub fn contains(&self, payee: &Payee) -> bool {
        self.0.contains(&payee.account())
    }
}

fn account(line: &str) -> Option<(Digits<4>, Digits<3>, AccountType, Digits<7>)> {
    let mut parts = line.split('-');
    let mut next = || parts.next();
    let (bank, branch) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let kind = match next()? {
        "1" => AccountType::Ordinary,
        "2" => AccountType::Current,
        "4" => AccountType::Savings,
        "9" => AccountType::Other,
        _ => return None,
    };
    let number = next()?.parse().ok()?;
    next().is_none().then_some((bank, branch, kind, number))
}
