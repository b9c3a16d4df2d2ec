//! A code of another system on a token: it is shown, approved, answered, and the answer is delivered where that is allowed.
//!
//! What the token shows comes from `camtoken_formats`. Here a person approves, the token's file is kept up to date, and the courier
//! sends the answer. A counter that moved is in the file before a password is given out.

use std::path::PathBuf;

use camtoken::token::screen::Screen;
use camtoken_documents::{Foreign as Report, ForeignAct, ServerWord};
use camtoken_formats::{
    AccountName, Accounts, Answered, Errand, Foreign, Introduction, Login, Received, Refusal, Shown,
};
use secrecy::{ExposeSecret, SecretString};

use crate::approval::Confirm;
use crate::context::Context;
use crate::courier::{self, Courier};
use crate::failure::{Code, Failure};
use crate::secret::{self, Asked};
use crate::system::rng;
use crate::tokens::Held;

/// What the command line says about accounts.
#[derive(clap::Args, Default)]
pub struct AccountArgs {
    #[arg(long, value_name = "USER")]
    pub account: Option<String>,
    #[arg(long, value_name = "FILE|-")]
    pub account_pin_file: Option<PathBuf>,
    #[arg(long, value_name = "HOST[:PORT]", value_parser = courier::host)]
    pub deliver_to: Vec<String>,
}

/// The accounts of a token that was read from its file.
pub struct Wallet<'a> {
    held: &'a mut Held,
    accounts: Accounts,
}

/// The result of a code, for a program and for a person.
pub struct Told {
    pub report: Report,
    /// The refusal of the server, after the token has answered.
    pub refused: Option<Failure>,
    /// The pages that the token has shown, and the answer below.
    pub page: String,
    /// The answer alone, as it is read aloud.
    pub digits: String,
    pub value: String,
}

impl<'a> Wallet<'a> {
    /// Opens the accounts of a token that a verb names.
    ///
    /// # Errors
    ///
    /// A token of a profile that has no accounts, and accounts that this build cannot read.
    pub fn open(held: &'a mut Held) -> Result<Self, Failure> {
        Self::open_or(held, |why| {
            Failure::new(Code::CommandLine).because(why).with("usage", "camtoken token new <NAME> --profile standard")
        })
    }

    /// Opens the accounts of a token that was shown a code of another system: without accounts it does not know such codes.
    ///
    /// # Errors
    ///
    /// As [`Wallet::open`].
    pub fn for_code(held: &'a mut Held) -> Result<Self, Failure> {
        Self::open_or(held, |why| Failure::new(Code::Foreign).because(why))
    }

    fn open_or(held: &'a mut Held, refuse: impl Fn(String) -> Failure) -> Result<Self, Failure> {
        let token = held.device.token();
        if !token.profile().takes_accounts() {
            let why = format!("{}: a token of the profile {} has no accounts", held.name, token.profile().as_str());
            return Err(refuse(why));
        }
        let accounts = match token.expose_accounts() {
            Some(json) => Accounts::from_json(json).map_err(|error| Failure::new(Code::TokenFile).because(error))?,
            None => Accounts::default(),
        };
        Ok(Self { held, accounts })
    }

    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    pub fn accounts_mut(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    /// Puts the accounts back into the token's file.
    pub fn save(&mut self) -> Result<(), Failure> {
        let json = (!self.accounts.is_empty()).then(|| self.accounts.expose_json());
        self.held.device.token_mut().set_accounts(json);
        self.held.save()
    }

    /// Hands the token a code.
    ///
    /// # Errors
    ///
    /// The token's refusal, a server that cannot be reached or may not be called, and a person who says no.
    pub fn hand(
        &mut self,
        code: Foreign,
        confirm: Confirm,
        args: &AccountArgs,
        context: &Context,
    ) -> Result<Told, Failure> {
        let (format, courier) = (code.format(), Courier::new(&args.deliver_to));
        let act = Act { format, confirm, args, courier: &courier, context };
        match self.accounts.receive(code, courier.rules()).map_err(refused)? {
            Received::Notice(shown) => Ok(self.told(&act, ForeignAct::Shown, &shown, &[])),
            Received::Login(login) => self.answer(login, &act),
            Received::Introduction(introduction) => self.enroll(introduction, &act),
            Received::Fetch(fetch) => {
                let request = fetch.errand().request().ok_or_else(|| Failure::new(Code::Internal))?;
                let answer = courier.send(request)?;
                let introduction = fetch.report(&self.accounts, &answer).map_err(refused)?;
                self.enroll(introduction, &act)
            }
            _ => Err(Failure::new(Code::Internal)),
        }
    }

    /// Shows a question to an account, and answers it once it is approved.
    ///
    /// # Errors
    ///
    /// As [`Wallet::hand`].
    pub fn ask(
        &mut self,
        login: Login,
        confirm: Confirm,
        args: &AccountArgs,
        context: &Context,
    ) -> Result<Told, Failure> {
        let courier = Courier::new(&args.deliver_to);
        self.answer(login, &Act { format: "account", confirm, args, courier: &courier, context })
    }

    fn answer(&mut self, mut login: Login, act: &Act) -> Result<Told, Failure> {
        if let Some(user) = &act.args.account {
            login.choose(user).map_err(refused)?;
        }
        let Some(name) = login.account().cloned() else {
            let names: Vec<_> = login.choices().map(ToString::to_string).collect();
            return Err(undecided(&names));
        };
        let shown = login.shown().clone();
        self.approve(&shown, act)?;
        let pin = match self.accounts.get(&name).is_some_and(|account| account.wants_pin()) {
            true => Some(act.pin("prompt-account-pin", &name)?),
            false => None,
        };
        let (now, language) = (act.context.moment()?, self.held.device.token().language);
        let pin = pin.as_ref().map(ExposeSecret::expose_secret);
        let answered = login.approve(&mut self.accounts, pin, now, language).map_err(refused)?;
        self.save()?;
        let mut told = self.told(act, ForeignAct::Answered, &shown, std::slice::from_ref(&name));
        told.answered(&answered);
        self.deliver(&answered, &mut told, act)?;
        Ok(told)
    }

    fn enroll(&mut self, introduction: Introduction, act: &Act) -> Result<Told, Failure> {
        let (shown, names) = (introduction.shown().clone(), introduction.names().to_vec());
        self.approve(&shown, act)?;
        let pin = match (introduction.takes_pin(), &act.args.account_pin_file) {
            (true, Some(_)) => Some(act.pin("prompt-account-pin-new", &names[0])?),
            _ => None,
        };
        let language = self.held.device.token().language;
        let pin = pin.as_ref().map(ExposeSecret::expose_secret);
        let enrolment = introduction.approve(&self.accounts, pin, language, &mut rng()).map_err(refused)?;
        let mut told = self.told(act, ForeignAct::Registered, &shown, &names);
        let accounts = match enrolment.errand() {
            Some(Errand::Http(request)) => {
                let answer = act.courier.send(request)?;
                told.report.delivered = Some(true);
                enrolment.report(&answer).map_err(refused)?
            }
            errand => {
                told.report.errand = errand.map(Errand::expose_json);
                enrolment.keep().map_err(|_| Failure::new(Code::Internal))?
            }
        };
        self.accounts.keep(accounts).map_err(refused)?;
        self.save()?;
        Ok(told)
    }

    /// Sends an answer if its host may be called. Else the answer is in the document, and the user has to send it.
    fn deliver(&mut self, answered: &Answered, told: &mut Told, act: &Act) -> Result<(), Failure> {
        let text = &act.context.out.text;
        let Some(errand) = answered.errand() else { return Ok(()) };
        let Some(request) = errand.request().filter(|request| act.courier.may_call(request.url())) else {
            told.report.delivered = Some(false);
            told.page += &(text.get("account-not-sent") + "\n");
            return Ok(());
        };
        let answer = act.courier.send(request)?;
        let taken = answered.report(&mut self.accounts, &answer);
        self.save()?;
        told.report.delivered = Some(taken.is_ok());
        match taken {
            Ok(()) => told.page += &(text.with("account-sent", &[("host", &request.url().authority())]) + "\n"),
            Err(refusal) => {
                told.report.server = ServerWord::of(&refusal);
                told.refused = Some(refused(refusal));
            }
        }
        Ok(())
    }

    fn approve(&self, shown: &Shown, act: &Act) -> Result<(), Failure> {
        match act.confirm {
            Confirm::Auto => Ok(()),
            Confirm::Step => Err(Failure::new(Code::CommandLine)
                .because("a code of another system is approved at once: no button waits for it")
                .with("usage", "--confirm ask|auto")),
            Confirm::Ask => {
                let text = &act.context.out.text;
                act.context.out.say(&format!("\n{}\n", page(&self.pages(shown))));
                match secret::confirm(&text.get("account-ask"), "--confirm auto")? {
                    true => Ok(()),
                    false => Err(Failure::new(Code::Cancelled)),
                }
            }
        }
    }

    fn pages(&self, shown: &Shown) -> Vec<Screen> {
        shown.layout(self.held.device.token().language).pages()
    }

    fn told(&self, act: &Act, what: ForeignAct, shown: &Shown, names: &[AccountName]) -> Told {
        let language = self.held.device.token().language;
        let report = Report::new(act.format, what, shown, names, language);
        // A person who was asked has seen the pages already.
        let page = if act.confirm == Confirm::Auto { page(&self.pages(shown)) } else { String::new() };
        Told { report, refused: None, page, digits: String::new(), value: String::new() }
    }
}

/// One code, and how to handle it.
struct Act<'a> {
    format: &'static str,
    confirm: Confirm,
    args: &'a AccountArgs,
    courier: &'a Courier,
    context: &'a Context,
}

impl Act<'_> {
    fn pin(&self, prompt: &str, name: &AccountName) -> Result<SecretString, Failure> {
        let prompt = self.context.out.text.with(prompt, &[("name", &name.to_string())]);
        let file = self.args.account_pin_file.as_deref();
        Asked { prompt: &prompt, flag: "--account-pin-file", file, variable: "CAMTOKEN_ACCOUNT_PIN" }.secret()
    }
}

impl Told {
    fn answered(&mut self, answered: &Answered) {
        self.report.response = Some(answered.expose_response().to_owned());
        self.report.errand = answered.errand().map(Errand::expose_json);
        self.digits = format!("{}\n", answered.expose_grouped().as_str());
        self.page += &self.digits;
        self.value = format!("{}\n", answered.expose_response());
    }
}

fn page(screens: &[Screen]) -> String {
    screens.iter().map(Screen::to_text).collect::<Vec<_>>().join("\n")
}

/// Which of these accounts is meant is not clear, or there is none.
pub fn undecided(names: &[String]) -> Failure {
    match names {
        [] => Failure::new(Code::NoAccount).because_of("why-no-account", &[]),
        names => Failure::new(Code::WhichAccount).with("names", names.join(", ")),
    }
}

/// A refusal of a code of another system, as an error of the command line.
pub fn refused(refusal: Refusal) -> Failure {
    let code = Code::find(camtoken_documents::refusal_code(&refusal)).expect("the table has them (tested)");
    match &refusal {
        Refusal::Host { host } => courier::not_allowed(host),
        Refusal::NoAccount { issuer } if issuer.is_empty() => undecided(&[]),
        Refusal::Choice { .. } => Failure::new(code).because(&refusal).with("names", "--account USER"),
        _ => Failure::new(code).because(&refusal),
    }
}
