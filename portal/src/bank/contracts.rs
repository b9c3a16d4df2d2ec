//! 申込: a company applies, the bank completes the registration, and what opens the doors goes out by letter.

use camtoken::time::Date;
use camtoken::transaction::text::KanaText;
use camtoken::transaction::{Operation, Transaction};

use super::base::{Bank, BankError};
use super::events::note_by;
use super::login::put_person;
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::{day_in_japan, first_otp_last_day};
use crate::domain::contract::{Application, Contract, LentToken, Limit, LoginMethod, Profile};
use crate::domain::credential::{Credential, Password, PasswordHash};
use crate::domain::desk::By;
use crate::domain::ledger::Account;
use crate::domain::people::{Person, Role, is_mail};
use crate::outbox::post;
use crate::system::{random_hex, rng};

/// A company's application.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The company.
    pub name: String,
    /// The same in kana.
    pub kana: String,
    /// How its people are to log in.
    pub method: LoginMethod,
    /// Which service it wants.
    pub profile: Profile,
    /// Its first administrator.
    pub administrator: String,
    /// Where mail goes.
    pub mail: String,
}

/// What is wrong with an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The company's name.
    Name,
    /// The name in kana.
    Kana,
    /// The administrator's name, which a token has to show.
    Administrator,
    /// The address.
    Mail,
}

/// The result of completing an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Completed {
    /// There is a contract of this number now.
    Contract(String),
    /// It was completed before, or there is none.
    Known,
    /// No token is left to lend.
    NoToken,
}

/// Daily limits, until they are changed.
const FIRST_LIMIT: u64 = 1_000_000;

impl Wish {
    /// Whether it can be taken.
    ///
    /// # Errors
    ///
    /// [`Unfit`] names the first part that cannot be.
    pub fn check(&self) -> Result<(), Unfit> {
        if self.name.trim().is_empty() || self.name.chars().count() > 40 || !is_plain(&self.name) {
            return Err(Unfit::Name);
        }
        if KanaText::canonical(&self.kana, 40).is_ok_and(|kana| !kana.is_empty()) {
            let fields = [("act", "register"), ("targetId", "ADMIN01"), ("targetName", self.administrator.as_str())];
            if Transaction::new(Operation::UserManagement, fields).is_err() {
                return Err(Unfit::Administrator);
            }
            return if is_mail(&self.mail) { Ok(()) } else { Err(Unfit::Mail) };
        }
        Err(Unfit::Kana)
    }
}

impl Bank {
    /// Takes an application, and confirms it by mail.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn apply(&self, wish: &Wish) -> Result<String, BankError> {
        let now = self.now();
        let application = Application {
            id: format!("A{}", random_hex(4).to_ascii_uppercase()),
            name: wish.name.clone(),
            kana: KanaText::canonical(&wish.kana, 40).map_or_else(|_| String::new(), |kana| kana.to_string()),
            method: wish.method,
            profile: wish.profile,
            administrator: wish.administrator.clone(),
            mail: wish.mail.clone(),
            at: now.as_unix(),
            contract: None,
        };
        self.books.change(|sheet| {
            // No typed text is in it: the mail goes to an unchecked address, in the bank's name.
            post(sheet, &application.mail, "mail-application", &[("number", application.id.as_str())], now)?;
            sheet.put(&application);
            Ok::<_, BooksError>(())
        })?;
        Ok(application.id)
    }

    /// Completes the registration of an applicant: contract, account, first administrator, a token, and the report by letter.
    pub(super) async fn complete(&self, application: &str, by: &By) -> Result<Completed, BankError> {
        let secrets = [code_word(), code_word(), code_word(), code_word()];
        let [login, transaction, first_otp, certificate] = secrets.clone();
        let login = self.hash(Password::new(login)).await?;
        let transaction = self.hash(Password::new(transaction)).await?;
        let first_otp = self.hash(Password::new(first_otp)).await?;
        let certificate = self.hash(Password::new(certificate)).await?;
        let now = self.now();
        let today = day_in_japan(now);
        Ok(self.books.change(|sheet| {
            let known = sheet.get::<Application>(application)?.filter(|known| known.contract.is_none());
            let Some(mut application) = known else { return Ok::<_, BooksError>(Completed::Known) };
            let Some(token) = stock(sheet)? else { return Ok(Completed::NoToken) };
            let number = new_number(sheet)?;
            let user = "ADMIN01".to_owned();
            let contract = Contract {
                number: number.clone(),
                name: application.name.clone(),
                kana: application.kana.clone(),
                method: application.method,
                profile: application.profile,
                completed: today.to_string(),
                limits: Limit::ALL.into_iter().map(|limit| (limit, FIRST_LIMIT)).collect(),
                ended: None,
            };
            let login_id = contract.login_id(&user);

            let by_certificate = application.method == LoginMethod::PasswordCertificate;
            let [login_word, transaction_word, first_word, certificate_word] = &secrets;
            let until = first_otp_last_day(today).to_string();
            let words = [
                ("name", application.name.as_str()),
                ("contract", number.as_str()),
                ("user", user.as_str()),
                ("login-id", login_id.as_deref().unwrap_or_default()),
                ("login", login_word.as_str()),
                ("transaction", transaction_word.as_str()),
                ("first", first_word.as_str()),
                ("until", until.as_str()),
                ("certificate", if by_certificate { certificate_word } else { "" }),
            ];
            note_by(sheet, by, "contract", &number, now)?;
            post(sheet, &number, "letter-report", &words, now)?;
            let token_words = [("token", token.id.as_str()), ("name", application.name.as_str())];
            post(sheet, &number, "letter-token", &token_words, now)?;

            sheet.put(&contract);
            sheet.put(&Account {
                contract: number.clone(),
                branch: "205".to_owned(),
                kind: "ordinary".to_owned(),
                number: number[3..].to_owned(),
                holder: application.kana.clone(),
                balance: 3_000_000,
                lines: 0,
            });
            let person = Person {
                login_id,
                name: application.administrator.clone(),
                mail: application.mail.clone(),
                first_otp: Some(Credential::new(first_otp)),
                first_otp_from: Some(today.to_string()),
                certificate: by_certificate.then(|| Credential::new(certificate)),
                token: Some(token.id.clone()),
                ..Person::new(
                    number.clone(),
                    user,
                    Role::Administrator,
                    Credential::new(login),
                    Credential::new(transaction),
                )
            };
            put_person(sheet, &person)?;
            sheet.put(&LentToken { contract: number.clone(), ..token });
            application.contract = Some(number.clone());
            sheet.put(&application);
            Ok(Completed::Contract(number))
        })?)
    }

    /// Draws a new first-OTP password for an administrator who has not registered, and sends it by letter; its 90 days count
    /// from today. Whether there is such an administrator.
    pub(super) async fn new_first_otp(&self, person: &Person, by: &By) -> Result<bool, BankError> {
        let word = code_word();
        let hash = self.hash(Password::new(word.clone())).await?;
        let now = self.now();
        let today = day_in_japan(now);
        Ok(self.books.change(|sheet| {
            let key = Person::key(&person.contract, &person.user);
            let known = sheet.get::<Person>(&key)?.filter(|person| person.is_administrator() && !person.registered);
            let Some(mut person) = known else { return Ok::<_, BooksError>(false) };
            let until = first_otp_last_day(today).to_string();
            let words = [("user", person.user.as_str()), ("first", word.as_str()), ("until", until.as_str())];
            note_by(sheet, by, "first-otp", &key, now)?;
            post(sheet, &person.contract, "letter-first-otp", &words, now)?;
            renew_first_otp(&mut person, hash, today);
            sheet.put(&person);
            Ok(true)
        })?)
    }
}

/// A token that is not lent to a person.
pub(super) fn stock(sheet: &Sheet<'_>) -> Result<Option<LentToken>, BooksError> {
    Ok(sheet.list_of::<LentToken>("")?.into_iter().find(|token| !token.revoked))
}

/// Gives an administrator another first-OTP password, whose days count from today.
pub(super) fn renew_first_otp(person: &mut Person, hash: PasswordHash, today: Date) {
    person.first_otp = Some(Credential::new(hash));
    person.first_otp_used = None;
    person.first_otp_from = Some(today.to_string());
}

/// Whether a text is letters and signs alone: it breaks no line and turns no direction around (UAX #9).
fn is_plain(text: &str) -> bool {
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| c.is_control() || turns(c))
}

/// Twelve characters that are not mistaken for one another, about 59 bits.
pub(super) fn code_word() -> String {
    use rand::RngExt as _;
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut rng = rng();
    let mut four = || -> String { (0..4).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect() };
    format!("{}-{}-{}", four(), four(), four())
}

/// Ten digits that no contract has.
fn new_number(sheet: &Sheet<'_>) -> Result<String, BooksError> {
    use rand::RngExt as _;
    loop {
        let number = rng().random_range(3_000_000_000_u64..9_000_000_000).to_string();
        let account = Account::key_of("205", &number[3..]);
        if sheet.get::<Contract>(&number)?.is_none() && sheet.get::<Account>(&account)?.is_none() {
            return Ok(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_checked_part_by_part() {
        let wish = Wish {
            name: "株式会社こころみ".to_owned(),
            kana: "カ）ココロミ".to_owned(),
            method: LoginMethod::Password,
            profile: Profile::ContractAndUser,
            administrator: "総務部 管理者".to_owned(),
            mail: "somu@kokoromi.example".to_owned(),
        };
        assert_eq!(wish.check(), Ok(()));
        assert_eq!(Wish { name: " ".to_owned(), ..wish.clone() }.check(), Err(Unfit::Name));
        for name in ["こころみ\n\nhttp://x.example", "a\u{202e}b", "a\u{2066}b", "a\u{0}"] {
            assert_eq!(Wish { name: name.to_owned(), ..wish.clone() }.check(), Err(Unfit::Name), "{name:?}");
        }
        assert_eq!(Wish { kana: "漢字".to_owned(), ..wish.clone() }.check(), Err(Unfit::Kana));
        assert_eq!(Wish { administrator: "あ".repeat(11), ..wish.clone() }.check(), Err(Unfit::Administrator));
        for mail in ["nobody", "@a.example", "a@b", "a b@c.example", "a@b.example\u{0}"] {
            assert_eq!(Wish { mail: mail.to_owned(), ..wish.clone() }.check(), Err(Unfit::Mail), "{mail}");
        }
    }

    #[test]
    fn a_code_word_is_three_groups_of_clear_letters() {
        let word = code_word();
        assert_eq!(word.len(), 14);
        assert!(word.chars().all(|c| c == '-' || (c.is_ascii_alphanumeric() && !"IO01".contains(c))));
        assert_ne!(word, code_word());
    }
}
