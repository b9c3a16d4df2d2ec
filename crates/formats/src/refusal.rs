//! Why a code is not answered.

use crate::secret::PinError;

/// Why there is no answer. No message holds anything secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The text is no code for a token: it is a link, or plain text.
    #[error("the code asks a token for nothing: it is {format}")]
    Nothing {
        /// Its kind: `link` or `text`.
        format: &'static str,
    },
    /// The format is known by its name only, and is not supported.
    #[error("codes of {format} are not read: {reason}")]
    NotRead {
        /// The name of the format.
        format: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The program was built without this format.
    #[error("this program was built without {format}")]
    NotBuiltIn {
        /// The name of the format.
        format: &'static str,
    },
    /// The code is of a known format, but not well formed.
    #[error("the {format} code is not well formed: {part}: {reason}")]
    Malformed {
        /// The name of the format.
        format: &'static str,
        /// The part that is wrong.
        part: &'static str,
        /// The fault of the part.
        reason: String,
    },
    /// The token has no account for this code.
    #[error("{}", no_account(issuer))]
    NoAccount {
        /// The issuer that the code names; empty when a password is asked for without a code.
        issuer: String,
    },
    /// Several accounts fit; one has to be chosen.
    #[error("the token has {count} accounts for this code, choose one")]
    Choice {
        /// How many.
        count: usize,
    },
    /// There is an account of this name already.
    #[error("the token has the account {user:?} of {issuer:?} already")]
    Exists {
        /// The issuer.
        issuer: String,
        /// The user.
        user: String,
    },
    /// The token holds as many accounts as it can.
    #[error("the token holds {max} accounts and no more")]
    Full {
        /// The most.
        max: usize,
    },
    /// The server has blocked the account; it has to be registered again.
    #[error("the server has blocked the account, register it again")]
    Blocked,
    /// The server has accepted an answer to this code already.
    #[error("the code was answered before")]
    Answered,
    /// The PIN is missing, or is not valid.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The host is not among those that a code may name.
    #[error("the code leads to the host {host:?}, which is not allowed")]
    Host {
        /// The host, with its port where the code names one.
        host: String,
    },
    /// The seal or the signature is not of the account's server, or the code was altered.
    #[error("the code was not made for this account, or was altered")]
    Seal,
    /// The server does not accept the answer.
    #[error("the server refuses: {word}{}", more(*.attempts_left, *.blocked_minutes))]
    Server {
        /// The server's reason, at most 64 characters.
        word: String,
        /// How many more answers may be wrong, where the server says so.
        attempts_left: Option<u32>,
        /// For how many minutes the account is blocked, where the server says so.
        blocked_minutes: Option<u32>,
    },
}

impl Refusal {
    pub(crate) fn malformed(format: &'static str, part: &'static str, reason: impl ToString) -> Self {
        Self::Malformed { format, part, reason: reason.to_string() }
    }

    /// The server's reason, cut to a line of a screen and without control characters.
    pub(crate) fn server(word: &str) -> Self {
        let word = word.chars().take(64).map(camtoken_core::token::screen::visible).collect();
        Self::Server { word, attempts_left: None, blocked_minutes: None }
    }
}

fn more(attempts_left: Option<u32>, blocked_minutes: Option<u32>) -> String {
    let left = attempts_left.map(|left| format!(", attempts left: {left}"));
    let blocked = blocked_minutes.map(|minutes| format!(", blocked for {minutes} min"));
    [left, blocked].into_iter().flatten().collect()
}

fn no_account(issuer: &str) -> String {
    match issuer {
        "" => "the token has no account: scan the code of a sign-up first".to_owned(),
        issuer => format!("the token has no account of {issuer:?} for this code"),
    }
}
