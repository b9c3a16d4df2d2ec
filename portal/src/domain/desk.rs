//! What the bank's own people do at the desk: who does it, why, and what waits for a second of them.

use serde::{Deserialize, Serialize};

use super::people::Person;

/// What can be done at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeskAct {
    /// Takes a person out of service.
    Suspend,
    /// Takes a person back into service, with all that was suspended of theirs.
    Resume,
    /// 初期化: ends a registration that never signed.
    Initialise,
    /// Sends an administrator a new first-OTP password.
    FirstOtp,
    /// Revokes a person's certificates and sends a new certificate password.
    Certificate,
    /// Removes a person's passkeys, and opens the login by password again.
    Passkeys,
    /// Takes the camera token back and hands out a generator.
    Generator,
    /// Lends a person a token, of the stock or `item`.
    Lend,
    /// Revokes the token `item`, with every activation on it.
    Revoke,
    /// Removes a person's record.
    Remove,
    /// Ends a contract, with all of its people and tokens.
    End,
    /// Takes the inquiry PIN of the account `item` back into service.
    ResumePin,
    /// Notes that mail to a person comes back.
    MailBack,
    /// Notes that mail to a person arrives.
    MailArrives,
    /// Completes the application `item`.
    Complete,
    /// Closes the report `item` of a token that showed something else.
    SeeTo,
}

impl DeskAct {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Suspend,
        Self::Resume,
        Self::Initialise,
        Self::FirstOtp,
        Self::Certificate,
        Self::Passkeys,
        Self::Generator,
        Self::Lend,
        Self::Revoke,
        Self::Remove,
        Self::End,
        Self::ResumePin,
        Self::MailBack,
        Self::MailArrives,
        Self::Complete,
        Self::SeeTo,
    ];

    /// Its name in a form and in the names of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Initialise => "initialise",
            Self::FirstOtp => "first-otp",
            Self::Certificate => "certificate",
            Self::Passkeys => "passkeys",
            Self::Generator => "generator",
            Self::Lend => "lend",
            Self::Revoke => "revoke",
            Self::Remove => "remove",
            Self::End => "end",
            Self::ResumePin => "resume-pin",
            Self::MailBack => "mail-back",
            Self::MailArrives => "mail-arrives",
            Self::Complete => "complete",
            Self::SeeTo => "see-to",
        }
    }

    /// The act of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }

    /// Whether it can never be undone, whatever it is about.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Certificate | Self::Passkeys | Self::Generator | Self::Revoke | Self::Remove | Self::End)
    }
}

/// One thing to do, and what it is about. Parts that an act does not need are empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// What to do.
    pub act: DeskAct,
    /// 契約番号
    pub contract: String,
    /// ユーザーID
    pub user: String,
    /// A token, an account, an application or a report, by its key.
    pub item: String,
}

impl Errand {
    /// What is done to a person.
    #[must_use]
    pub fn of(act: DeskAct, person: &Person) -> Self {
        Self { act, contract: person.contract.clone(), user: person.user.clone(), item: String::new() }
    }

    /// The same about one thing of theirs.
    #[must_use]
    pub fn with(self, item: &str) -> Self {
        Self { item: item.to_owned(), ..self }
    }

    /// What is done to a contract, or to a thing of it.
    #[must_use]
    pub fn about(act: DeskAct, contract: &str, item: &str) -> Self {
        Self { act, contract: contract.to_owned(), user: String::new(), item: item.to_owned() }
    }

    /// What it is about in one line, for the record.
    #[must_use]
    pub fn line(&self) -> String {
        let person = if self.user.is_empty() { self.contract.clone() } else { Person::key(&self.contract, &self.user) };
        let parts = [self.act.as_str(), person.as_str(), self.item.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Who of the bank's own people does something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The operator who asked for it.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// The second operator, where one is needed.
    pub approved_by: Option<String>,
}

/// An errand that waits for a second operator, or has been settled by one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    /// Its number.
    pub id: String,
    /// What to do.
    pub errand: Errand,
    /// Who asked for it, and cannot approve it.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Seconds since 1970.
    pub at: u64,
    /// The operator who settled it, once it is settled.
    pub settled_by: Option<String>,
}

/// The most characters of a reason.
pub const MAX_REASON: usize = 100;

/// Whether a text can stand in the record as a reason: something, in one line.
#[must_use]
pub fn is_reason(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_REASON && !text.chars().any(char::is_control)
}

/// An activation that a person had or has, kept when the person is on another token or gone: the verifier's record of it is the
/// bank's evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationRecord {
    /// 契約番号
    pub contract: String,
    /// ユーザーID
    pub user: String,
    /// The activation at the verifier.
    pub activation: String,
    /// The token; empty for a generator.
    pub token: String,
    /// When it was begun, seconds since 1970; 0 for one from before this was kept.
    pub from: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_that_says_something() {
        for reason in ["紛失の届出", "called back at 03-0000-0000"] {
            assert!(is_reason(reason), "{reason}");
        }
        for reason in ["", " ", "a\nb", &"あ".repeat(MAX_REASON + 1)] {
            assert!(!is_reason(reason), "{reason}");
        }
    }

    #[test]
    fn every_act_is_found_by_its_name() {
        for act in DeskAct::ALL {
            assert_eq!(DeskAct::from_name(act.as_str()), Some(act));
            assert_eq!(serde_json::to_value(act).expect("plain data"), act.as_str(), "the books call it the same");
        }
    }
}
