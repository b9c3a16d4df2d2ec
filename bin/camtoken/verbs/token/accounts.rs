//! Accounts of other systems on a token: what authenticator apps hold, OCRA cards, identities of tiqr.

use std::num::NonZeroU32;
use std::path::PathBuf;

use camtoken::oath::ocra::Suite;
use camtoken::oath::{Digits, Hash};
use camtoken::provision::pskc::Algorithm;
use camtoken_documents::{AccountLine, Foreign};
use camtoken_formats::otpauth::{MovingFactor, OtpHash};
use camtoken_formats::{Account, AccountName, Kind, Ocra, OcraQuestion, Otp, OtpForm, Refusal, Secret, TextHash};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::{self, AccountArgs, Wallet};
use crate::approval::Confirm;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::refusal::failure_of;
use crate::secret;
use crate::terminal;
use crate::text::Text;
use crate::tokens::Held;
use crate::verbs::oath::{KeyArgs, KeySource};

#[derive(clap::Args)]
pub struct Add {
    #[arg(long, value_name = "NAME")]
    token: Option<String>,
    #[arg(long, value_name = "FILE")]
    token_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    issuer: String,
    #[arg(long, value_name = "NAME")]
    user: String,
    #[arg(long, value_name = "totp|hotp|ocra", default_value = "totp", hide_possible_values = true)]
    kind: AccountKind,
    #[arg(long, value_name = "OCRASUITE")]
    suite: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
}

/// What an account computes.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum AccountKind {
    Totp,
    Hotp,
    Ocra,
}

#[derive(clap::Args)]
pub struct Remove {
    #[arg(value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    token: TokenArgs,
    #[arg(long)]
    yes: bool,
}

#[derive(clap::Args)]
pub struct OtpArgs {
    #[arg(value_name = "ACCOUNT")]
    account: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
    #[arg(long, value_name = "QUESTION", conflicts_with = "text")]
    question: Option<String>,
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    #[arg(long, value_name = "ask|auto", hide_possible_values = true)]
    confirm: Option<Confirm>,
    #[arg(long, value_name = "FILE|-")]
    account_pin_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct TokenArgs {
    #[arg(long, value_name = "NAME")]
    token: Option<String>,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl TokenArgs {
    fn open(&self, context: &Context) -> Result<Held, Failure> {
        Held::open(self.token.as_deref(), self.passphrase_file.as_deref(), context)
    }
}

/// The accounts of a token.
#[derive(Serialize, JsonSchema)]
pub struct AccountList {
    /// In the order in which they came
    accounts: Vec<AccountLine>,
}

/// What an account has answered.
#[derive(Serialize, JsonSchema)]
pub struct OtpReport {
    #[serde(flatten)]
    foreign: Foreign,
    #[serde(skip)]
    page: String,
    #[serde(skip)]
    value: String,
}

pub fn list(held: &mut Held, context: &Context) -> Result<Exit, Failure> {
    let accounts = AccountLine::all(Wallet::open(held)?.accounts());
    context.out.report(&AccountList { accounts })?;
    Ok(Exit::Done)
}

pub fn add(args: &Add, context: &Context) -> Result<Exit, Failure> {
    let kind = match args.kind {
        AccountKind::Ocra => {
            let source = args.key.read(&Algorithm::Ocra, context)?;
            let suite = args.suite.as_ref().or(source.suite.as_ref()).ok_or_else(|| misused("--suite is missing"))?;
            let suite: Suite = suite.parse().map_err(|error| misused(format!("--suite: {error}")))?;
            let counter = source.counter.unwrap_or(0);
            Kind::Ocra(Ocra { suite, secret: Secret::clear(source.key), counter })
        }
        kind => {
            let algorithm = if kind == AccountKind::Hotp { Algorithm::Hotp } else { Algorithm::Totp };
            Kind::Otp(otp(args.key.read(&algorithm, context)?, kind))
        }
    };
    let mut held = Held::open(args.token.as_deref(), args.token_passphrase_file.as_deref(), context)?;
    let mut wallet = Wallet::open(&mut held)?;
    let account = Account { name: AccountName::new(&args.issuer, &args.user), kind };
    wallet.accounts_mut().keep(vec![account]).map_err(|refusal| match refusal {
        // There is no code here: the value that does not fit is an argument, or is in the key's file.
        Refusal::Malformed { part: "name", reason, .. } => misused(format!("--issuer, --user: {reason}")),
        Refusal::Malformed { part, reason, .. } => {
            Failure::new(Code::KeyFile).because(format!("{part} of the account: {reason}"))
        }
        refusal => accounts::refused(refusal),
    })?;
    wallet.save()?;
    list(&mut held, context)
}

/// A key of HOTP or TOTP with the parameters of its file, else with those of authenticator apps.
fn otp(source: KeySource, kind: AccountKind) -> Otp {
    let hash = match source.hash {
        Some(Hash::Sha256) => OtpHash::Sha256,
        Some(Hash::Sha512) => OtpHash::Sha512,
        _ => OtpHash::Sha1,
    };
    let digits = source.digits.map_or(6, Digits::get);
    let moving = match kind {
        AccountKind::Hotp => MovingFactor::Counter(source.counter.unwrap_or(0)),
        _ => MovingFactor::Period(source.step.map_or(30, NonZeroU32::get)),
    };
    Otp { secret: Secret::clear(source.key), form: OtpForm::Decimal { hash, digits }, moving }
}

pub fn remove(args: &Remove, context: &Context) -> Result<Exit, Failure> {
    let mut held = args.token.open(context)?;
    let mut wallet = Wallet::open(&mut held)?;
    let name = wallet.accounts().find(&args.account).map_err(accounts::refused)?.name.clone();
    let question = context.out.text.with("account-rm-ask", &[("name", &name.to_string())]);
    if !args.yes && !secret::confirm(&question, "--yes")? {
        return Ok(Exit::Cancelled);
    }
    wallet.accounts_mut().remove(&name);
    wallet.save()?;
    list(&mut held, context)
}

pub fn respond(args: &OtpArgs, context: &Context) -> Result<Exit, Failure> {
    let mut held = args.token.open(context)?;
    held.wake(args.pin_file.as_deref(), context)?;
    held.device.token().fit().map_err(|refusal| failure_of(refusal, &held.name, &context.out.text))?;
    let mut wallet = Wallet::open(&mut held)?;
    let accounts = wallet.accounts();
    let account = match &args.account {
        Some(said) => accounts.find(said).map_err(accounts::refused)?,
        None => {
            let names: Vec<_> = accounts.iter().map(|account| account.name.to_string()).collect();
            let mut all = accounts.iter();
            match (all.next(), all.next()) {
                (Some(only), None) => only,
                _ => return Err(accounts::undecided(&names)),
            }
        }
    };
    let name = account.name.clone();
    let login = match (&account.kind, &args.question, &args.text) {
        (Kind::Ocra(_), Some(question), _) => accounts.ask_ocra(&name, OcraQuestion::typed(question)),
        (Kind::Ocra(ocra), _, Some(text)) => accounts
            .ask_ocra(&name, OcraQuestion::hashed(text, TextHash::of_suite(&ocra.suite).map_err(accounts::refused)?)),
        (Kind::Ocra(_), None, None) => return Err(misused("--question or --text is missing: what is asked")),
        (Kind::Otp(_), None, None) => accounts.ask(&name),
        (_, None, None) => return Err(misused("the account answers codes only: camtoken scan")),
        _ => return Err(misused("the account takes no question")),
    };
    // A password of a counter or clock is given out without a question; a value that signs something is shown first.
    let asks = args.question.is_some() || args.text.is_some();
    let confirm = match args.confirm {
        None if !asks => Confirm::Auto,
        Some(Confirm::Ask) | None if !secret::on_terminal() => return Err(secret::nobody_to_ask("--confirm auto")),
        confirm => confirm.unwrap_or(Confirm::Ask),
    };
    let pin = AccountArgs { account_pin_file: args.account_pin_file.clone(), ..AccountArgs::default() };
    let told = wallet.ask(login.map_err(accounts::refused)?, confirm, &pin, context)?;
    let page = if asks { told.page } else { told.digits };
    context.out.report(&OtpReport { foreign: told.report, page, value: told.value })?;
    Ok(Exit::Done)
}

fn misused(why: impl std::fmt::Display) -> Failure {
    Failure::new(Code::CommandLine).because(why).with("usage", "camtoken token otp|add-account --help")
}

impl Document for AccountList {
    const SCHEMA: &'static str = "camtoken/accounts/1";

    fn human(&self, text: &Text) -> String {
        if self.accounts.is_empty() {
            return text.get("account-none") + "\n";
        }
        let rows: Vec<_> = self
            .accounts
            .iter()
            .map(|line| {
                let state = if line.blocked { text.get("account-blocked") } else { String::new() };
                [line.name.issuer.clone(), line.name.user.clone(), line.kind.to_owned(), state]
            })
            .collect();
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        let name = |line: &AccountLine| AccountName::new(&line.name.issuer, &line.name.user).to_string();
        self.accounts.iter().map(|line| terminal::clean(&name(line)).to_string() + "\n").collect()
    }
}

impl Document for OtpReport {
    const SCHEMA: &'static str = "camtoken/otp/1";

    fn human(&self, _: &Text) -> String {
        self.page.clone()
    }

    fn bare(&self) -> String {
        self.value.clone()
    }
}
