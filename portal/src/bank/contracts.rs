//! 申込: a company applies, the bank completes the registration, and what opens the doors goes out by letter.

use camtoken::Timestamp;
use camtoken::time::Date;
use camtoken::transaction::text::KanaText;
use camtoken::transaction::{Operation, Transaction};

use super::base::{Bank, BankError};
use super::events::note_by;
use super::login::put_person;
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::{day_in_japan, first_otp_last_day};
use crate::domain::contract::{Applicant, Application, Contract, LentToken, Limit, LoginMethod, Profile};
use crate::domain::credential::{Credential, Password, PasswordHash, WeakPassword};
use crate::domain::desk::By;
use crate::domain::ledger::Account;
use crate::domain::people::{MAX_ADMINISTRATORS, Person, Role, is_mail, is_user_id};
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
    /// Its administrators, one or two.
    pub administrators: Vec<NewAdministrator>,
}

/// An administrator as the company names them.
#[derive(Debug, Clone)]
pub struct NewAdministrator {
    /// For people; a token has to show it.
    pub name: String,
    /// Where mail goes.
    pub mail: String,
    /// ユーザーID of their own choice.
    pub user: String,
    /// ログインパスワード of their own choice.
    pub login: Password,
}

/// What is wrong with an application; with an administrator, their place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// The company's name.
    Name,
    /// The name in kana.
    Kana,
    /// There is no administrator, or there are more than two.
    Administrators,
    /// The administrator's name, which a token has to show.
    Administrator(usize),
    /// The address.
    Mail(usize),
    /// The user ID, or it is that of the other one.
    User(usize),
    /// The login password.
    Login(usize, WeakPassword),
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
    /// All of it that cannot be taken.
    #[must_use]
    pub fn unfit(&self) -> Vec<Unfit> {
        let mut unfit = Vec::new();
        let mut refuse = |is_wrong: bool, what: Unfit| unfit.extend(is_wrong.then_some(what));
        let name = self.name.trim();
        refuse(name.is_empty() || name.chars().count() > 40 || !is_plain(name), Unfit::Name);
        refuse(!KanaText::canonical(&self.kana, 40).is_ok_and(|kana| !kana.is_empty()), Unfit::Kana);
        refuse(!(1..=MAX_ADMINISTRATORS).contains(&self.administrators.len()), Unfit::Administrators);
        for (place, one) in self.administrators.iter().enumerate() {
            let fields = [("act", "register"), ("targetId", "ADMIN01"), ("targetName", one.name.as_str())];
            refuse(Transaction::new(Operation::UserManagement, fields).is_err(), Unfit::Administrator(place));
            refuse(!is_mail(&one.mail), Unfit::Mail(place));
            let is_taken = self.administrators[..place].iter().any(|other| other.user == one.user);
            refuse(is_taken || !is_user_id(&one.user), Unfit::User(place));
            if let Err(weak) = one.login.check(&one.user) {
                refuse(true, Unfit::Login(place, weak));
            }
        }
        unfit
    }
}

impl Bank {
    /// Takes an application, and confirms it by mail. Of the passwords only hashes are kept.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn apply(&self, wish: &Wish) -> Result<String, BankError> {
        let now = self.now();
        let mut administrators = Vec::new();
        for one in &wish.administrators {
            let login = self.hash(one.login.clone()).await?;
            administrators.push(Applicant {
                name: one.name.clone(),
                mail: one.mail.clone(),
                user: one.user.clone(),
                login,
            });
        }
        let application = Application {
            id: format!("A{}", random_hex(4).to_ascii_uppercase()),
            name: wish.name.clone(),
            kana: KanaText::canonical(&wish.kana, 40).map_or_else(|_| String::new(), |kana| kana.to_string()),
            method: wish.method,
            profile: wish.profile,
            administrator: String::new(),
            mail: administrators.first().map(|first| first.mail.clone()).unwrap_or_default(),
            administrators,
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

    /// Completes the registration of an applicant: contract, accounts, administrators, a token for each, and the reports by letter.
    pub(super) async fn complete(&self, application: &str, by: &By) -> Result<Completed, BankError> {
        let Some(known) = self.books.get::<Application>(application)? else { return Ok(Completed::Known) };
        let mut newcomers = Vec::new();
        for applicant in self.applicants(&known).await? {
            newcomers.push(self.newcomer(applicant).await?);
        }
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let known = sheet.get::<Application>(application)?.filter(|known| known.contract.is_none());
            let Some(mut application) = known else { return Ok::<_, BooksError>(Completed::Known) };
            let tokens = stock(sheet)?;
            if tokens.len() < newcomers.len() {
                return Ok(Completed::NoToken);
            }
            let contract = open_contract(sheet, &application, day_in_japan(now))?;
            note_by(sheet, by, "contract", &contract.number, now)?;
            for (newcomer, token) in newcomers.iter().zip(tokens) {
                newcomer.enter(sheet, &contract, token, now)?;
            }
            application.contract = Some(contract.number.clone());
            // The passwords stand with the persons now.
            application.administrators.clear();
            sheet.put(&application);
            Ok(Completed::Contract(contract.number))
        })?)
    }

    /// The administrators of an application, with the login password that is to be told by letter: in an application from before
    /// they chose user ID and password, the bank does.
    async fn applicants(&self, application: &Application) -> Result<Vec<(Applicant, String)>, BankError> {
        if !application.administrators.is_empty() {
            return Ok(application.administrators.iter().map(|one| (one.clone(), String::new())).collect());
        }
        let word = code_word();
        let applicant = Applicant {
            name: application.administrator.clone(),
            mail: application.mail.clone(),
            user: "ADMIN01".to_owned(),
            login: self.hash(Password::new(word.clone())).await?,
        };
        Ok(vec![(applicant, word)])
    }

    /// Draws what opens the doors to an administrator.
    async fn newcomer(&self, (applicant, login): (Applicant, String)) -> Result<Newcomer, BankError> {
        let words = [login, code_word(), code_word(), code_word()];
        let [_, transaction, first_otp, certificate] = words.clone();
        Ok(Newcomer {
            applicant,
            words,
            transaction: self.hash(Password::new(transaction)).await?,
            first_otp: self.hash(Password::new(first_otp)).await?,
            certificate: self.hash(Password::new(certificate)).await?,
        })
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

/// An administrator of a new contract, with the words that the letter tells: login, transaction, first-OTP and certificate
/// password.
struct Newcomer {
    applicant: Applicant,
    words: [String; 4],
    transaction: PasswordHash,
    first_otp: PasswordHash,
    certificate: PasswordHash,
}

impl Newcomer {
    /// Writes the administrator's record, with a token, the report and the token's letter.
    fn enter(
        &self,
        sheet: &mut Sheet<'_>,
        contract: &Contract,
        token: LentToken,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let (today, by_certificate) = (day_in_japan(now), contract.method == LoginMethod::PasswordCertificate);
        let login_id = contract.login_id(&self.applicant.user);
        let [login, transaction, first, certificate] = &self.words;
        let until = first_otp_last_day(today).to_string();
        let words = [
            ("name", contract.name.as_str()),
            ("contract", contract.number.as_str()),
            ("user", self.applicant.user.as_str()),
            ("login-id", login_id.as_deref().unwrap_or_default()),
            ("login", login.as_str()),
            ("transaction", transaction.as_str()),
            ("first", first.as_str()),
            ("until", until.as_str()),
            ("certificate", if by_certificate { certificate } else { "" }),
        ];
        post(sheet, &contract.number, "letter-report", &words, now)?;
        let words = [("token", token.id.as_str()), ("user", &self.applicant.user), ("name", contract.name.as_str())];
        post(sheet, &contract.number, "letter-token", &words, now)?;
        let person = Person {
            login_id,
            name: self.applicant.name.clone(),
            mail: self.applicant.mail.clone(),
            first_otp: Some(Credential::new(self.first_otp.clone())),
            first_otp_from: Some(today.to_string()),
            certificate: by_certificate.then(|| Credential::new(self.certificate.clone())),
            token: Some(token.id.clone()),
            ..Person::new(
                contract.number.clone(),
                self.applicant.user.clone(),
                Role::Administrator,
                Credential::new(self.applicant.login.clone()),
                Credential::new(self.transaction.clone()),
            )
        };
        put_person(sheet, &person)?;
        sheet.put(&LentToken { contract: contract.number.clone(), ..token });
        Ok(())
    }
}

/// Opens a contract with its first account, and a second account of the same holder that it can take under the contract.
fn open_contract(sheet: &mut Sheet<'_>, application: &Application, today: Date) -> Result<Contract, BooksError> {
    let number = new_number(sheet)?;
    let contract = Contract {
        number: number.clone(),
        name: application.name.clone(),
        kana: application.kana.clone(),
        method: application.method,
        profile: application.profile,
        completed: today.to_string(),
        limits: Limit::ALL.into_iter().map(|limit| (limit, FIRST_LIMIT)).collect(),
        main_account: None,
        contact: None,
        raised: Vec::new(),
        ended: None,
    };
    sheet.put(&contract);
    let account = Account {
        contract: number.clone(),
        branch: "205".to_owned(),
        kind: "ordinary".to_owned(),
        number: number[3..].to_owned(),
        holder: application.kana.clone(),
        balance: 3_000_000,
        lines: 0,
    };
    let other =
        Account { contract: String::new(), branch: "110".to_owned(), kind: "current".to_owned(), ..account.clone() };
    sheet.put(&account);
    sheet.put(&Account { balance: 500_000, ..other });
    Ok(contract)
}

/// The tokens that are not lent to a person.
pub(super) fn stock(sheet: &Sheet<'_>) -> Result<Vec<LentToken>, BooksError> {
    let mut tokens = sheet.list_of::<LentToken>("")?;
    tokens.retain(|token| !token.revoked);
    Ok(tokens)
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
        let mut is_free = sheet.get::<Contract>(&number)?.is_none();
        for branch in ["110", "205"] {
            is_free &= sheet.get::<Account>(&Account::key_of(branch, &number[3..]))?.is_none();
        }
        if is_free {
            return Ok(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_checked_part_by_part() {
        let one = NewAdministrator {
            name: "総務部 管理者".to_owned(),
            mail: "somu@kokoromi.example".to_owned(),
            user: "SOMU01".to_owned(),
            login: Password::new("Asa-no-hikari-5".to_owned()),
        };
        let two = NewAdministrator { user: "KEIRI01".to_owned(), ..one.clone() };
        let wish = Wish {
            name: "株式会社こころみ".to_owned(),
            kana: "カ）ココロミ".to_owned(),
            method: LoginMethod::Password,
            profile: Profile::ContractAndUser,
            administrators: vec![one.clone(), two.clone()],
        };
        assert_eq!(wish.unfit(), []);
        for name in [" ", "こころみ\n\nhttp://x.example", "a\u{202e}b", "a\u{2066}b", "a\u{0}"] {
            assert_eq!(Wish { name: name.to_owned(), ..wish.clone() }.unfit(), [Unfit::Name], "{name:?}");
        }
        assert_eq!(Wish { kana: "漢字".to_owned(), ..wish.clone() }.unfit(), [Unfit::Kana]);
        for administrators in
            [vec![], vec![one.clone(), two.clone(), NewAdministrator { user: "SOMU03".into(), ..one.clone() }]]
        {
            assert_eq!(Wish { administrators, ..wish.clone() }.unfit(), [Unfit::Administrators]);
        }
        let second = |two: NewAdministrator| Wish { administrators: vec![one.clone(), two], ..wish.clone() }.unfit();
        assert_eq!(second(NewAdministrator { name: "あ".repeat(11), ..two.clone() }), [Unfit::Administrator(1)]);
        assert_eq!(second(one.clone()), [Unfit::User(1)], "it is the other one's");
        assert_eq!(second(NewAdministrator { user: "keiri 1".to_owned(), ..two.clone() }), [Unfit::User(1)]);
        for mail in ["nobody", "@a.example", "a@b", "a b@c.example", "a@b.example\u{0}"] {
            assert_eq!(second(NewAdministrator { mail: mail.to_owned(), ..two.clone() }), [Unfit::Mail(1)], "{mail}");
        }
        let weak = NewAdministrator { login: Password::new("short".to_owned()), mail: String::new(), ..two };
        assert_eq!(second(weak), [Unfit::Mail(1), Unfit::Login(1, WeakPassword::Length)], "all at once");
    }

    #[test]
    fn a_code_word_is_three_groups_of_clear_letters() {
        let word = code_word();
        assert_eq!(word.len(), 14);
        assert!(word.chars().all(|c| c == '-' || (c.is_ascii_alphanumeric() && !"IO01".contains(c))));
        assert_ne!(word, code_word());
    }
}
