//! Contracts: how a company logs in, what may leave its accounts, which tokens it has; and applications for one.

use base16ct::lower;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::credential::PasswordHash;

/// The login method, one for each contract (requirements, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginMethod {
    /// 1: password and one-time password.
    PasswordOtp,
    /// 2: password.
    Password,
    /// 3: password and certificate.
    PasswordCertificate,
}

impl LoginMethod {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::PasswordOtp, Self::Password, Self::PasswordCertificate];

    /// Its name in a form, and in the names of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordOtp => "password-otp",
            Self::Password => "password",
            Self::PasswordCertificate => "password-certificate",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// Which numbers a service asks for: data of the service profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Contract number and user ID.
    ContractAndUser,
    /// A login ID alone.
    LoginId,
}

/// A field of the login form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginField {
    /// 契約番号
    Contract,
    /// ユーザーID
    User,
    /// ログインID
    LoginId,
}

impl Profile {
    /// Its name in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContractAndUser => "business",
            Self::LoginId => "direct",
        }
    }

    /// The profile of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::ContractAndUser, Self::LoginId].into_iter().find(|profile| profile.as_str() == name)
    }

    /// The proof that it needs beside the password.
    #[must_use]
    pub const fn fields(self) -> &'static [LoginField] {
        match self {
            Self::ContractAndUser => &[LoginField::Contract, LoginField::User],
            Self::LoginId => &[LoginField::LoginId],
        }
    }
}

/// A contract: a company.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contract {
    /// 契約番号, ten digits.
    pub number: String,
    /// 契約者
    pub name: String,
    /// The same in kana, as in a transfer.
    pub kana: String,
    /// How its people log in.
    pub method: LoginMethod,
    /// Which service it uses.
    pub profile: Profile,
    /// The day in Japan on which its registration was completed.
    pub completed: String,
    /// How much may leave its accounts on one day in yen, by the name of the limit.
    pub limits: Vec<(Limit, u64)>,
    /// The limits that were raised, with those of before that hold for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raised: Vec<Raised>,
    /// The key of its 代表口座, once there are others that could be taken for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_account: Option<String>,
    /// Whom the bank asks at the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The day in Japan on which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// A daily limit that was raised: the one of before holds until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Which one.
    pub limit: Limit,
    /// What it was, in yen.
    pub before: u64,
    /// Until when that holds, seconds since 1970.
    pub until: u64,
}

/// 連絡先: whom the bank asks at the company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// 部署, at most ten full-width characters: a token shows it.
    pub department: String,
    /// 電話番号
    pub phone: String,
    /// メールアドレス
    pub mail: String,
}

impl Contact {
    /// What binds it to a challenge.
    #[must_use]
    pub fn digest(&self) -> String {
        lower::encode_string(&Sha256::digest(serde_json::to_vec(self).expect("plain data")))
    }
}

/// Whether a text is a telephone number: digits in groups, of Japan or with a country code.
#[must_use]
pub fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    (10..=15).contains(&digits) && text.len() <= 20 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// A daily limit, by its name in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// 振込・振替
    Transfer,
    /// 総合振込
    Bulk,
    /// 給与・賞与振込
    Payroll,
    /// ペイジー
    PayEasy,
    /// 仕向送金
    Remittance,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Transfer, Self::Bulk, Self::Payroll, Self::PayEasy, Self::Remittance];

    /// Its name in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Bulk => "bulk",
            Self::Payroll => "payroll",
            Self::PayEasy => "pay-easy",
            Self::Remittance => "remittance",
        }
    }

    /// The limit of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == name)
    }
}

impl Contract {
    /// The login ID of one of its people, where the service asks for one. No other contract has it.
    #[must_use]
    pub fn login_id(&self, user: &str) -> Option<String> {
        (self.profile == Profile::LoginId).then(|| format!("{}-{}", user.to_ascii_lowercase(), self.number))
    }

    /// The daily limit in yen; nothing may leave where none was set.
    #[must_use]
    pub fn limit(&self, limit: Limit) -> u64 {
        self.limits.iter().find(|(known, _)| *known == limit).map_or(0, |(_, yen)| *yen)
    }

    /// Sets a daily limit.
    pub fn set_limit(&mut self, limit: Limit, yen: u64) {
        self.limits.retain(|(known, _)| *known != limit);
        self.limits.push((limit, yen));
    }
}

/// An application of a company for a contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Its number.
    pub id: String,
    /// The company.
    pub name: String,
    /// The same in kana.
    pub kana: String,
    /// 届出: how its people are to log in.
    pub method: LoginMethod,
    /// Which service it wants.
    pub profile: Profile,
    /// Its first administrator, in an application from before those chose their user IDs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub administrator: String,
    /// Where mail goes.
    pub mail: String,
    /// Its administrators, one or two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub administrators: Vec<Applicant>,
    /// Seconds since 1970.
    pub at: u64,
    /// The contract that was made from it.
    pub contract: Option<String>,
}

/// An administrator as an application names them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Applicant {
    /// For people.
    pub name: String,
    /// Where mail goes.
    pub mail: String,
    /// ユーザーID of their own choice.
    pub user: String,
    /// ログインパスワード of their own choice. It is never shown.
    pub login: PasswordHash,
}

/// A token in the bank's own books: lent to a contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LentToken {
    /// トークンID
    pub id: String,
    /// The contract to which it is lent.
    pub contract: String,
    /// Revoked for good.
    pub revoked: bool,
}

impl LentToken {
    /// Whether people of this contract may have it.
    #[must_use]
    pub fn is_lent_to(&self, contract: &str) -> bool {
        !self.revoked && self.contract == contract
    }

    /// As lists show it: a revoked one with a trailing `*`.
    #[must_use]
    pub fn listed(&self) -> String {
        format!("{}{}", self.id, if self.revoked { "*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoked_token_is_listed_with_a_star() {
        let token = LentToken { id: "KKK0000001".into(), contract: "1".into(), revoked: true };
        assert_eq!(token.listed(), "KKK0000001*");
        assert_eq!(LentToken { revoked: false, ..token }.listed(), "KKK0000001");
    }

    #[test]
    fn a_telephone_number_is_digits_in_groups() {
        for phone in ["03-0000-0000", "0120000000", "+81-3-0000-0000"] {
            assert!(is_phone(phone), "{phone}");
        }
        for phone in ["", "123", "03 0000 0000", "03-0000-000a", "00000000000000000000", "0+300000000"] {
            assert!(!is_phone(phone), "{phone}");
        }
    }
}
