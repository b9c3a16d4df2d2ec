//! 外部サービス連携: what a provider may see and ask for in a customer's name (requirements, section 6).
//!
//! The subject of a token is the linkage itself, so that the end of a linkage is the end of its tokens, and no provider learns
//! who a person is.

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::time::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::calendar::{day_in_japan, days_later};
use super::contract::LoginMethod;
use super::credential::Credential;
use super::people::{self, Person};

/// The menus of a linkage, by the names of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Menu {
    /// 残高照会
    Balance,
    /// 入出金明細照会
    Statement,
    /// 振込・振替, to be signed by the customer each time.
    Transfer,
}

/// How a provider speaks to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standard {
    /// OAuth 2.0, authorization code with PKCE (RFC 6749, RFC 7636).
    Plain,
    /// The FAPI 2.0 security profile: pushed requests, keys for secrets, tokens bound to a key.
    Fapi,
}

/// An external service provider, as the bank has registered it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Provider {
    /// Its client ID.
    pub client: String,
    /// What customers and tokens are shown.
    pub name: String,
    /// Its purpose, by the catalogue's name.
    pub purpose: String,
    /// The menus it offers.
    pub menus: Vec<Menu>,
    /// Whether its customers choose among the menus; with some providers the page is not shown.
    pub chooses: bool,
    /// Whether its customers agree and log in on one page.
    #[serde(default)]
    pub one_page: bool,
    /// How it speaks to the bank.
    pub standard: Standard,
    /// Where its customers return to.
    pub redirect_uri: String,
    /// How many days a linkage with it is good for.
    pub days: u32,
}

/// A customer's consent: the record, and its state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Linkage {
    /// Its number, which is the subject of its tokens.
    pub id: String,
    /// 契約番号
    pub contract: String,
    /// The person who gave the permission.
    pub user: String,
    /// The provider's client ID.
    pub client: String,
    /// The permitted menus.
    pub menus: Vec<Menu>,
    /// The keys of the accounts that were registered when it was permitted; none, where nothing may be inquired.
    pub accounts: Vec<String>,
    /// Seconds since 1970.
    pub since: u64,
    /// The last day in Japan.
    pub until: String,
    /// The login at the time of the permission.
    pub login: String,
    /// The challenge that was answered for it, where one was asked.
    pub challenge: Option<String>,
    /// The provider's last use, seconds since 1970.
    pub last_used: Option<u64>,
    /// When it ended before its time, and why.
    pub ended: Option<(u64, Ended)>,
}

/// Why a linkage has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Its days are over.
    Expired,
    /// The customer has revoked it at the bank.
    Revoked,
    /// The provider has ended it.
    Unlinked,
    /// Login password or login ID is another now, or the person is gone.
    LoginChanged,
    /// The same person has linked the same provider again.
    Replaced,
}

/// How a user proves to be the customer, before a linkage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Path B: numbers and login password.
    Password,
    /// Path C, and D on tablets and phones: the same, then the camera token.
    CameraToken,
    /// Path A: the login password and a certificate, shown to the bank's site under TLS.
    Certificate,
    /// Path E: the login password and a generator's digits, for a person who gave the camera token back.
    Generator,
}

/// Why a person who has proved to be the customer cannot link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// The token has not been registered.
    OtpRegistration,
    /// Mail to the person came back.
    Mail,
    /// The person has never been in the bank's own service.
    FirstSettings,
    /// None of the menus that the provider asks for is open to the person.
    Menus,
    /// The person logs in by passkey alone, and a linkage needs the password.
    PasskeyOnly,
}

/// An account's inquiry PIN, registered for linkages: 照会用暗証番号登録. It is valid for the whole contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountRegistration {
    /// 契約番号
    pub contract: String,
    /// The key of the account.
    pub account: String,
    /// The person who registered it.
    pub user: String,
    /// The day in Japan.
    pub day: String,
    /// Whether a permission has made it effective.
    pub effective: bool,
}

/// The state of an account on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// 未登録
    Unregistered,
    /// 登録済み*: until the permission, and to the end of the day.
    Pending,
    /// 登録済み
    Registered,
}

/// An account's inquiry PIN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InquiryPin {
    /// The key of the account.
    pub account: String,
    /// Four digits, and the count of wrong entries.
    pub pin: Credential,
    /// When the last letter with a new one was sent, seconds since 1970.
    #[serde(default)]
    pub sent: Option<u64>,
}

impl Menu {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Balance, Self::Statement, Self::Transfer];

    /// Its name in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::Statement => "statement",
            Self::Transfer => "transfer",
        }
    }

    /// Its OAuth scope.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Balance => "balances",
            Self::Statement => "statements",
            Self::Transfer => "transfers",
        }
    }

    /// The menu of this scope.
    #[must_use]
    pub fn of_scope(scope: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|menu| menu.scope() == scope)
    }

    /// Whether it needs accounts with a registered inquiry PIN.
    #[must_use]
    pub const fn is_inquiry(self) -> bool {
        matches!(self, Self::Balance | Self::Statement)
    }

    /// Whether a person may use it, as at the bank itself. A person who cannot sign moves no money.
    #[must_use]
    pub fn is_open_to(self, person: &Person) -> bool {
        match self {
            Self::Balance | Self::Statement => person.may(people::Menu::Inquiry),
            Self::Transfer => person.may(people::Menu::Transfer) && person.signs().is_some(),
        }
    }
}

impl Standard {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Fapi];

    /// The address of its authorization server.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Plain => "/oauth",
            Self::Fapi => "/fapi",
        }
    }
}

impl Provider {
    /// The last day of a linkage that is permitted now.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Date {
        days_later(day_in_japan(now), self.days)
    }
}

/// The proof that is asked of a customer of this login method, for what a provider offers. A linkage that can move money
/// is never to be had for a password alone.
#[must_use]
pub fn proof(method: LoginMethod, offer: &[Menu], has_generator: bool) -> Proof {
    match method {
        LoginMethod::PasswordCertificate => Proof::Certificate,
        LoginMethod::Password if !offer.contains(&Menu::Transfer) => Proof::Password,
        LoginMethod::Password | LoginMethod::PasswordOtp if has_generator => Proof::Generator,
        LoginMethod::Password | LoginMethod::PasswordOtp => Proof::CameraToken,
    }
}

/// The menus that a person can choose: those that the provider offers, has asked for, and the person may use.
#[must_use]
pub fn menus(provider: &Provider, scopes: &[String], person: &Person) -> Vec<Menu> {
    let asked: Vec<Menu> = scopes.iter().filter_map(|scope| Menu::of_scope(scope)).collect();
    provider.menus.iter().copied().filter(|menu| asked.contains(menu) && menu.is_open_to(person)).collect()
}

/// Why a person has none of the menus that a provider asks for: whether a registered token would open one.
#[must_use]
pub fn no_menus(provider: &Provider, scopes: &[String], person: &Person) -> NotReady {
    let signs = Person { activation: Some("0".repeat(12)), registered: true, ..person.clone() };
    let would_open = !person.gave_back() && !menus(provider, scopes, &signs).is_empty();
    if person.signs().is_none() && would_open { NotReady::OtpRegistration } else { NotReady::Menus }
}

/// The first reason against a linkage.
#[must_use]
pub fn not_ready(person: &Person, proof: Proof) -> Option<NotReady> {
    if person.passkey_only {
        return Some(NotReady::PasskeyOnly);
    }
    if proof == Proof::CameraToken && person.signs().is_none() {
        return Some(NotReady::OtpRegistration);
    }
    if person.mail_failed || person.mail.is_empty() {
        return Some(NotReady::Mail);
    }
    person.last_login.is_none().then_some(NotReady::FirstSettings)
}

/// How far an account's registration is. One that was not permitted on its own day in Japan has never been.
#[must_use]
pub fn account_state(registration: Option<&AccountRegistration>, today: Date) -> AccountState {
    match registration {
        Some(known) if known.effective => AccountState::Registered,
        Some(known) if known.day == today.to_string() => AccountState::Pending,
        _ => AccountState::Unregistered,
    }
}

/// The registrations that a permission of these menus covers, of all those of a contract: none, unless something is inquired.
/// It makes no difference who registered them: each PIN was entered rightly, and is valid for the whole contract.
#[must_use]
pub fn covered(menus: &[Menu], known: Vec<AccountRegistration>, today: Date) -> Vec<AccountRegistration> {
    let inquires = menus.iter().any(|menu| menu.is_inquiry());
    let is_registered = |known: &AccountRegistration| account_state(Some(known), today) != AccountState::Unregistered;
    known.into_iter().filter(|known| inquires && is_registered(known)).collect()
}

/// The identity of a login: another password or another ID is another login. It does not show either of them.
#[must_use]
pub fn login_of(person: &Person) -> String {
    let login = serde_json::to_vec(&(&person.login.hash, &person.login_id, &person.user)).expect("plain data");
    lower::encode_string(&Sha256::digest(login))
}

impl Linkage {
    /// Why it is over, if it is. `person` is who gave it, as they are now.
    #[must_use]
    pub fn ended(&self, person: Option<&Person>, today: Date) -> Option<Ended> {
        if let Some((_, ended)) = self.ended {
            return Some(ended);
        }
        if person.is_none_or(|person| login_of(person) != self.login) {
            return Some(Ended::LoginChanged);
        }
        self.until.parse().map_or(true, |until: Date| today > until).then_some(Ended::Expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::PasswordHash;
    use crate::domain::people::Role;

    fn at(moment: &str) -> Date {
        day_in_japan(moment.parse().expect("a moment"))
    }

    fn person() -> Person {
        let credential = || Credential::new(PasswordHash::decoy());
        Person {
            mail: "keiri@example.com".into(),
            last_login: Some(1),
            ..Person::new("1234567890".into(), "KEIRI01".into(), Role::User, credential(), credential())
        }
    }

    fn linkage(person: &Person) -> Linkage {
        Linkage {
            id: "L1".into(),
            contract: person.contract.clone(),
            user: person.user.clone(),
            client: "choubo".into(),
            menus: vec![Menu::Balance],
            accounts: Vec::new(),
            since: 0,
            until: "2026-11-24".into(),
            login: login_of(person),
            challenge: None,
            last_used: None,
            ended: None,
        }
    }

    #[test]
    fn a_pending_account_falls_back_with_the_end_of_the_day_in_japan() {
        let mut known = AccountRegistration {
            contract: "1".into(),
            account: "102-0012345".into(),
            user: "KEIRI01".into(),
            day: "2026-11-24".into(),
            effective: false,
        };
        let state = |known: &AccountRegistration, moment| account_state(Some(known), at(moment));
        assert_eq!(state(&known, "2026-11-24T14:59:59Z"), AccountState::Pending, "23:59:59 in Japan");
        assert_eq!(state(&known, "2026-11-24T15:00:00Z"), AccountState::Unregistered, "midnight in Japan");
        known.effective = true;
        assert_eq!(state(&known, "2027-11-24T15:00:00Z"), AccountState::Registered);
        assert_eq!(account_state(None, at("2026-11-24T00:00:00Z")), AccountState::Unregistered);
    }

    #[test]
    fn a_linkage_lasts_to_the_end_of_its_last_day_in_japan() {
        let person = person();
        let one = linkage(&person);
        assert_eq!(one.ended(Some(&person), at("2026-11-24T14:59:59Z")), None);
        assert_eq!(one.ended(Some(&person), at("2026-11-24T15:00:00Z")), Some(Ended::Expired));
    }

    #[test]
    fn another_login_password_or_login_id_ends_a_linkage() {
        let before = person();
        let one = linkage(&before);
        let today = at("2026-11-21T00:00:00Z");
        let password = crate::domain::credential::Password::new("another-one-1".into());
        let mut after = person();
        after.login.hash = PasswordHash::new(&password, &mut crate::system::rng());
        assert_eq!(one.ended(Some(&after), today), Some(Ended::LoginChanged));
        let renamed = Person { login_id: Some("keiri".into()), ..person() };
        assert_eq!(one.ended(Some(&renamed), today), Some(Ended::LoginChanged));
        assert_eq!(one.ended(None, today), Some(Ended::LoginChanged));
        let mut miscounted = person();
        miscounted.login.wrong = 3;
        assert_eq!(one.ended(Some(&miscounted), today), None, "a wrong entry is no other password");
    }

    #[test]
    fn money_is_never_linked_for_a_password_alone() {
        let inquiry = [Menu::Balance, Menu::Statement];
        assert_eq!(proof(LoginMethod::Password, &inquiry, false), Proof::Password);
        assert_eq!(proof(LoginMethod::Password, &Menu::ALL, false), Proof::CameraToken);
        assert_eq!(proof(LoginMethod::PasswordOtp, &inquiry, false), Proof::CameraToken);
        assert_eq!(proof(LoginMethod::PasswordOtp, &inquiry, true), Proof::Generator);
        assert_eq!(proof(LoginMethod::PasswordCertificate, &Menu::ALL, true), Proof::Certificate);
    }

    #[test]
    fn what_stands_in_the_way_is_said_in_this_order() {
        let one = Person { mail_failed: true, ..person() };
        assert_eq!(not_ready(&one, Proof::CameraToken), Some(NotReady::OtpRegistration));
        assert_eq!(not_ready(&one, Proof::Password), Some(NotReady::Mail));
        assert_eq!(not_ready(&person(), Proof::Generator), None);
        let new = Person { last_login: None, ..person() };
        assert_eq!(not_ready(&new, Proof::Password), Some(NotReady::FirstSettings));
    }

    #[test]
    fn menus_are_those_that_are_offered_asked_for_and_open_to_the_person() {
        let provider = Provider {
            client: "choubo".into(),
            name: "ちょうぼ".into(),
            purpose: "accounting".into(),
            menus: vec![Menu::Balance, Menu::Transfer],
            chooses: true,
            one_page: false,
            standard: Standard::Plain,
            redirect_uri: String::new(),
            days: 90,
        };
        let all = Menu::ALL.map(|menu| menu.scope().to_owned());
        assert_eq!(menus(&provider, &all, &person()), [Menu::Balance], "nobody without a token moves money");
        let signs = Person { activation: Some("0123456789ab".into()), registered: true, ..person() };
        assert!(signs.signs().is_some(), "an activation");
        assert_eq!(menus(&provider, &all, &signs), [Menu::Balance, Menu::Transfer]);
        assert_eq!(menus(&provider, &all[2..], &signs), [Menu::Transfer]);
        let closed = Person { closed: vec![people::Menu::Inquiry], ..signs };
        assert_eq!(menus(&provider, &all, &closed), [Menu::Transfer], "what an administrator has closed stays closed");
    }
}
