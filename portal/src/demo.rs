//! The content of the bank at its first start: three companies, their people, accounts and tokens, one bank operator.
//!
//! The passwords are no secrets: the demonstration prints them. It listens on loopback only.

use camtoken::Timestamp;
use camtoken::key::TokenId;
use camtoken::token::{Device, Token, file};
use camtoken::transaction::text::KanaText;
use camtoken::transaction::zengin::{
    AccountType, BatchFile, BatchKind, Digits, Header, MonthDay, NewCode, Payee as BatchPayee, Reference, Route,
};

use crate::bank::{Bank, BankError, put_person};
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::{day_in_japan, first_otp_last_day};
use crate::domain::contract::{Contract, LentToken, Limit, LoginMethod, Profile};
use crate::domain::credential::{Credential, Password, PasswordHash};
use crate::domain::ledger::{Account, Payee};
use crate::domain::linkage::InquiryPin;
use crate::domain::people::{Operator, Person, Role};
use crate::outbox::post;
use crate::system::rng;

/// The login password of all persons.
pub const LOGIN: &str = "Kumo-no-ue-1";
/// The transaction password of all persons.
pub const TRANSACTION: &str = "Hayashi-no-oku-2";
/// The administrators' first-OTP password.
pub const FIRST_OTP: &str = "HAT5-9KQ2-W7RM";
/// Every account's inquiry PIN.
pub const INQUIRY_PIN: &str = "4079";
/// The certificate password of all persons with login method 3.
pub const CERTIFICATE: &str = "SHM3-7TXC-4QEK";
/// The bank's operators: what cannot be undone needs two.
pub const OPERATORS: [&str; 2] = ["OPERATOR1", "OPERATOR2"];
/// The password of both.
pub const OPERATOR: &str = "Madoguchi-3";
/// The company of login method 2.
pub const SAMPLE: &str = "1234567890";
/// The company of login method 1.
pub const MIHON: &str = "2345678901";
/// The company of login method 3.
pub const HINAGATA: &str = "3456789012";
/// Every token of the demonstration.
pub const TOKENS: [(&str, &str); 10] = [
    ("KKK0000001", SAMPLE),
    ("KKK0000002", SAMPLE),
    ("KKK0000003", SAMPLE),
    ("KKK0000011", MIHON),
    ("KKK0000012", MIHON),
    ("KKK0000015", HINAGATA),
    ("KKK0000016", HINAGATA),
    // In stock, for companies that apply.
    ("KKK0000021", ""),
    ("KKK0000022", ""),
    ("KKK0000023", ""),
];

/// Puts all persons into an empty bank, and gives back the tokens as their files. Nothing, when the bank is not empty; records from
/// before there were two operators get both.
///
/// # Errors
///
/// [`BankError`] when the database or the verifier fails.
pub async fn seed(bank: &Bank) -> Result<Vec<(TokenId, String)>, BankError> {
    if !bank.books.list::<Contract>("")?.is_empty() {
        seed_operators(bank).await?;
        return Ok(Vec::new());
    }
    let now = bank.now();
    let mut files = Vec::new();
    for (id, _) in TOKENS {
        let token = Token::generate(id.parse().expect("an ID of ours"), true, &mut rng());
        bank.verifier.register(token.id(), token.device_key(), true, now, &mut rng()).await?;
        let id = token.id().clone();
        files.push((id, file::to_string(&Device::new(token)).expect("a test token is written in clear")));
    }
    let hash = async |text: &str| bank.hash(Password::new(text.to_owned())).await;
    let hashes = Hashes {
        login: hash(LOGIN).await?,
        transaction: hash(TRANSACTION).await?,
        first_otp: hash(FIRST_OTP).await?,
        certificate: hash(CERTIFICATE).await?,
        inquiry_pin: hash(INQUIRY_PIN).await?,
    };
    bank.books.change(|sheet| {
        seed_contracts(sheet, now)?;
        seed_people(sheet, &hashes, now)?;
        seed_accounts(sheet, &hashes);
        Ok::<_, BooksError>(())
    })?;
    seed_operators(bank).await?;
    Ok(files)
}

/// The operators that are not there yet.
async fn seed_operators(bank: &Bank) -> Result<(), BankError> {
    for id in OPERATORS {
        if bank.books.get::<Operator>(id)?.is_none() {
            let password = Credential::new(bank.hash(Password::new(OPERATOR.to_owned())).await?);
            bank.books.change(|sheet| {
                sheet.put(&Operator { id: id.to_owned(), password });
                Ok::<_, BooksError>(())
            })?;
        }
    }
    Ok(())
}

/// The hashes of the demonstration's passwords.
struct Hashes {
    login: PasswordHash,
    transaction: PasswordHash,
    first_otp: PasswordHash,
    certificate: PasswordHash,
    inquiry_pin: PasswordHash,
}

/// The companies, the letters to them, and their tokens.
fn seed_contracts(sheet: &mut Sheet<'_>, now: Timestamp) -> Result<(), BooksError> {
    let today = day_in_japan(now);
    for (number, name, kana, method, profile) in [
        (SAMPLE, "株式会社サンプル", "ｶ)ｻﾝﾌﾟﾙ", LoginMethod::Password, Profile::ContractAndUser),
        (MIHON, "有限会社みほん", "ﾕ)ﾐﾎﾝ", LoginMethod::PasswordOtp, Profile::LoginId),
        (HINAGATA, "合同会社ひながた", "ﾄﾞ)ﾋﾅｶﾞﾀ", LoginMethod::PasswordCertificate, Profile::ContractAndUser),
    ] {
        sheet.put(&Contract {
            number: number.to_owned(),
            name: name.to_owned(),
            kana: kana.to_owned(),
            method,
            profile,
            completed: today.to_string(),
            limits: Limit::ALL.into_iter().map(|limit| (limit, 10_000_000)).collect(),
            main_account: None,
            contact: None,
            raised: Vec::new(),
            ended: None,
        });
        let last_day = first_otp_last_day(today).to_string();
        let certificate = if method == LoginMethod::PasswordCertificate { CERTIFICATE } else { "" };
        let words = [
            ("contract", number),
            ("name", name),
            ("first", FIRST_OTP),
            ("until", last_day.as_str()),
            ("certificate", certificate),
        ];
        post(sheet, number, "letter-report", &words, now)?;
    }
    for (id, contract) in TOKENS {
        sheet.put(&LentToken { id: id.to_owned(), contract: contract.to_owned(), revoked: false });
    }
    Ok(())
}

fn seed_people(sheet: &mut Sheet<'_>, hashes: &Hashes, now: Timestamp) -> Result<(), BooksError> {
    let credential = |hash: &PasswordHash| Credential::new(hash.clone());
    for (contract, user, login_id, name, role, token) in people() {
        let is_administrator = role == Role::Administrator;
        let (login, transaction) = (credential(&hashes.login), credential(&hashes.transaction));
        let person = Person {
            login_id: login_id.map(str::to_owned),
            name: name.to_owned(),
            mail: format!("{}@{contract}.example", user.to_lowercase()),
            first_otp: is_administrator.then(|| credential(&hashes.first_otp)),
            first_otp_from: is_administrator.then(|| day_in_japan(now).to_string()),
            certificate: (contract == HINAGATA).then(|| credential(&hashes.certificate)),
            token: token.map(str::to_owned),
            ..Person::new(contract.to_owned(), user.to_owned(), role, login, transaction)
        };
        put_person(sheet, &person)?;
    }
    Ok(())
}

/// The accounts with their inquiry PINs, and a payee who is registered.
fn seed_accounts(sheet: &mut Sheet<'_>, hashes: &Hashes) {
    for (contract, branch, kind, number, holder, balance) in [
        (SAMPLE, "102", "ordinary", "0012345", "ｶ)ｻﾝﾌﾟﾙ", 58_420_000),
        (SAMPLE, "102", "current", "0200789", "ｶ)ｻﾝﾌﾟﾙ", 12_300_000),
        // Of the same holders, and under no contract until an administrator adds them.
        ("", "001", "savings", "0456001", "ｶ)ｻﾝﾌﾟﾙ", 4_000_000),
        ("", "001", "current", "0456002", "ﾕ)ﾐﾎﾝ", 1_500_000),
        ("", "205", "current", "0456003", "ﾄﾞ)ﾋﾅｶﾞﾀ", 2_500_000),
        (MIHON, "001", "ordinary", "0777001", "ﾕ)ﾐﾎﾝ", 3_000_000),
        (HINAGATA, "205", "ordinary", "0031415", "ﾄﾞ)ﾋﾅｶﾞﾀ", 8_000_000),
    ] {
        let pin = Credential::new(hashes.inquiry_pin.clone());
        sheet.put(&InquiryPin { account: Account::key_of(branch, number), pin, sent: None });
        sheet.put(&Account {
            contract: contract.to_owned(),
            branch: branch.to_owned(),
            kind: kind.to_owned(),
            number: number.to_owned(),
            holder: holder.to_owned(),
            balance,
            lines: 0,
        });
    }
    sheet.put(&Payee {
        contract: SAMPLE.to_owned(),
        bank: "9902".to_owned(),
        branch: "110".to_owned(),
        kind: "ordinary".to_owned(),
        number: "0054321".to_owned(),
        name: "ﾐﾎﾝｼﾖｳｼﾞ(ｶ".to_owned(),
        since: None,
    });
}

type Seeded = (&'static str, &'static str, Option<&'static str>, &'static str, Role, Option<&'static str>);

fn people() -> [Seeded; 7] {
    [
        (SAMPLE, "ADMIN01", None, "総務部 管理者", Role::Administrator, Some("KKK0000001")),
        (SAMPLE, "ADMIN02", None, "経理部 管理者", Role::Administrator, Some("KKK0000002")),
        (SAMPLE, "KEIRI01", None, "経理部 担当者", Role::User, Some("KKK0000001")),
        (MIHON, "MIHON01", Some("mihon-admin"), "管理者", Role::Administrator, Some("KKK0000011")),
        (MIHON, "MIHON02", Some("mihon-keiri"), "担当者", Role::User, Some("KKK0000012")),
        (HINAGATA, "ADMIN01", None, "管理者", Role::Administrator, Some("KKK0000015")),
        (HINAGATA, "KEIRI01", None, "担当者", Role::User, Some("KKK0000016")),
    ]
}

/// A person of the demonstration: contract, user ID, login ID, role, token.
pub type ToTry = (&'static str, &'static str, Option<&'static str>, Role, Option<&'static str>);

/// All persons of the demonstration, for its login page.
#[must_use]
pub fn people_to_try() -> [ToTry; 7] {
    people().map(|(contract, user, login_id, _, role, token)| (contract, user, login_id, role, token))
}

/// A batch file to try with, paid today from the first company's account.
#[must_use]
pub fn sample_batch(kind: BatchKind, now: Timestamp) -> BatchFile {
    fn digits<const N: usize>(text: &str) -> Digits<N> {
        text.parse().expect("that many digits")
    }
    let kana = |text: &str| KanaText::canonical(text, 40).expect("kana");
    let today = day_in_japan(now);
    let day = |part: u8| i8::try_from(part).expect("a month or a day of the month");
    let header = Header {
        kind,
        originator_code: digits("0000012345"),
        originator_name: kana("ｶ)ｻﾝﾌﾟﾙ"),
        date: MonthDay::new(day(today.month()), day(today.day())).expect("a day of the calendar"),
        bank_code: digits("9901"),
        bank_name: kana("ｶｸｳﾁﾕｳｵｳ"),
        branch_code: digits("102"),
        branch_name: kana("ﾐﾅﾄ"),
        account_type: AccountType::Ordinary,
        account_number: digits("0012345"),
    };
    let payees = [
        ("9902", "ﾐﾎﾝ", "110", "ｷﾀ", "0054321", "ﾐﾎﾝｼﾖｳｼﾞ(ｶ", 812_000),
        ("9903", "ﾚｲ", "007", "ﾔﾏﾉﾃ", "1200034", "ﾚｲｺｳｷﾞﾖｳ(ﾕ", 240_500),
        ("9901", "ｶｸｳﾁﾕｳｵｳ", "001", "ﾎﾝﾃﾝ", "0777001", "ﾕ)ﾐﾎﾝ", 33_000),
    ]
    .map(|(bank, bank_name, branch, branch_name, number, name, amount)| BatchPayee {
        bank_code: digits(bank),
        bank_name: kana(bank_name),
        branch_code: digits(branch),
        branch_name: kana(branch_name),
        clearing_house: digits("0000"),
        account_type: AccountType::Ordinary,
        account_number: digits(number),
        name: kana(name),
        amount,
        new_code: NewCode::Other,
        reference: Reference::default(),
        route: Route::Unspecified,
    });
    BatchFile::new(header, payees.into()).expect("a batch of ours is one")
}
