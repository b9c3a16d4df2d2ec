//! Codes of other systems in the hands of a virtual token, its accounts, and what has to be sent for them.
//!
//! The service sends nothing itself: an answer has the request in it, the test sends it and hands the server's answer back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::api::{Api, Method};
use super::super::guard::Limit;
use super::super::json::Json;
use super::super::problem::{Code, Problem};
use super::super::values::{Secret, whole};
use super::errands::Errand;
use super::session::Hand;
use super::values::OptionalJson;
use super::{Emulator, OfToken, World, with};
use camtoken_documents::{AccountLine, AccountRef, Foreign as Report, ForeignAct, refusal_code};
use camtoken_formats::{
    Accounts, Answer, Foreign, Introduction, Kind, Login, OcraQuestion, Received, Refusal, Rules, Shown, TextHash,
};

/// How an account is to answer.
#[derive(Default)]
pub(super) struct Choice<'a> {
    pub account: Option<&'a str>,
    pub pin: Option<&'a str>,
}

/// What became of a question to an account, or of a server's answer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    /// shown or refused
    pub outcome: &'static str,
    /// T03 to T14, or CT-E…, when refused
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What it means
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the token has done
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Report>,
}

/// What a server has answered.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ServerAnswer {
    /// The status of HTTP
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 100, max = 599))]
    status: u16,
    /// The headers
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body
    #[serde(default)]
    #[schemars(length(max = 65536))]
    body: String,
}

/// A question to an account.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct Question {
    /// issuer:user, or one of them; the only account, if it is left out
    account: Option<String>,
    /// What an OCRA card is asked
    #[schemars(length(min = 1, max = 128))]
    question: Option<String>,
    /// A text that the question is the hash of
    #[schemars(length(max = 4096))]
    text: Option<String>,
    /// The PIN of the account
    #[schemars(with = "Option<String>")]
    pin: Option<Secret>,
}

/// An account to forget.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// issuer:user, or one of them
    account: String,
}

/// Adds the routes of accounts.
pub(super) fn routes(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    const ACCOUNTS: &str = "/v1/sessions/{session}/tokens/{token}/accounts";
    const ERRAND: &str = "/v1/sessions/{session}/tokens/{token}/errands/{errand}";
    api.add(Method::Get, ACCOUNTS, get(list), |op| {
        op.any_caller()
            .summary(
                "accounts of other systems",
                "What the token holds beside its activations, as authenticator apps do",
            )
            .answer::<Vec<AccountLine>>(200, "In the order in which they came")
    })
    .add(Method::Post, "/v1/sessions/{session}/tokens/{token}/accounts/respond", post(respond), |op| {
        op.any_caller()
            .summary("accounts of other systems", "Asks an account for its one-time password, or puts a question to it")
            .optional_body::<Question>()
            .answer::<Outcome>(200, "The response, or why there is none")
    })
    .add(Method::Post, "/v1/sessions/{session}/tokens/{token}/accounts/remove", post(remove), |op| {
        op.any_caller()
            .summary("accounts of other systems", "Forgets an account with its key")
            .body::<Named>()
            .answer::<Vec<AccountLine>>(200, "Those that are left")
    })
    .add(Method::Post, ERRAND, post(report), |op| {
        op.any_caller()
            .summary("accounts of other systems", "Hands back what a server has answered to what a code asked to send")
            .body::<ServerAnswer>()
            .answer::<Outcome>(200, "What the token makes of it")
    })
    .limit(ERRAND, Limit::File)
}

/// Hands the token a code of another system, and approves it.
pub(super) fn hand_over(hand: &mut Hand<'_>, code: Foreign, choice: &Choice<'_>) -> Result<Outcome, Problem> {
    if !hand.held.device.token().profile().takes_accounts() {
        return Ok(Outcome::refused(&Refusal::NotRead {
            format: code.format(),
            reason: "this token is for one bank alone",
        }));
    }
    let (format, mut accounts) = (code.format(), accounts(hand)?);
    let outcome = match accounts.receive(code, &Rules::default()) {
        Err(refusal) => Err(refusal),
        Ok(Received::Notice(shown)) => Ok(report_of(hand, format, ForeignAct::Shown, &shown)),
        Ok(Received::Login(login)) => answer(hand, &mut accounts, format, login, choice),
        Ok(Received::Introduction(introduction)) => enroll(hand, &mut accounts, format, introduction, choice),
        Ok(Received::Fetch(fetch)) => {
            let mut report = report_of(hand, format, ForeignAct::Shown, fetch.shown());
            report.errand = Some(fetch.errand().expose_json());
            report.errand_id = Some(hand.held.errands.add(Errand::Fetch(Box::new(fetch))));
            Ok(report)
        }
        Ok(_) => return Err(Code::Internal.into()),
    };
    keep(hand, &accounts);
    Ok(outcome.into())
}

fn answer(
    hand: &mut Hand<'_>,
    accounts: &mut Accounts,
    format: &'static str,
    mut login: Login,
    choice: &Choice<'_>,
) -> Result<Report, Refusal> {
    if let Some(user) = choice.account {
        login.choose(user)?;
    }
    let mut report = report_of(hand, format, ForeignAct::Answered, login.shown());
    let language = hand.held.device.token().language;
    let answered = login.approve(accounts, choice.pin, hand.now, language)?;
    report.accounts = vec![AccountRef::of(answered.account())];
    report.response = Some(answered.expose_response().to_owned());
    if let Some(errand) = answered.errand() {
        report.errand = Some(errand.expose_json());
        report.errand_id = Some(hand.held.errands.add(Errand::Answered(Box::new(answered))));
    }
    Ok(report)
}

fn enroll(
    hand: &mut Hand<'_>,
    accounts: &mut Accounts,
    format: &'static str,
    introduction: Introduction,
    choice: &Choice<'_>,
) -> Result<Report, Refusal> {
    let language = hand.held.device.token().language;
    let mut report = report_of(hand, format, ForeignAct::Registered, introduction.shown());
    report.accounts = introduction.names().iter().map(AccountRef::of).collect();
    let pin = choice.pin.filter(|_| introduction.takes_pin());
    let enrolment = hand.draw(|mut rng| introduction.approve(accounts, pin, language, &mut rng))?;
    report.errand = enrolment.errand().map(camtoken_formats::Errand::expose_json);
    match enrolment.keep() {
        Ok(new) => accounts.keep(new)?,
        Err(enrolment) => {
            // Kept only once its server has said yes.
            report.act = ForeignAct::Shown;
            report.errand_id = Some(hand.held.errands.add(Errand::Enrolment(enrolment)));
        }
    }
    Ok(report)
}

async fn list(Shared(emulator): World, Path(names): OfToken) -> Result<Json<Vec<AccountLine>>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(AccountLine::all(&accounts(hand)?))))
}

async fn remove(
    Shared(emulator): World,
    Path(names): OfToken,
    Json(Named { account }): Json<Named>,
) -> Result<Json<Vec<AccountLine>>, Problem> {
    with(&emulator, &names, |hand| {
        let mut accounts = accounts(hand)?;
        let name = accounts.find(&account).map_err(|_| Code::NotFound)?.name.clone();
        accounts.remove(&name);
        keep(hand, &accounts);
        Ok(Json(AccountLine::all(&accounts)))
    })
}

async fn respond(
    Shared(emulator): World,
    Path(names): OfToken,
    OptionalJson(asked): OptionalJson<Question>,
) -> Result<Json<Outcome>, Problem> {
    asked.check()?;
    with(&emulator, &names, |hand| {
        if let Err(refusal) = hand.held.device.token().fit() {
            let language = hand.held.device.token().language;
            return Ok(Json(Outcome::of_refusal(refusal.code(), refusal.text(language))));
        }
        let mut accounts = accounts(hand)?;
        let outcome = asked.login(&accounts).and_then(|login| {
            let pin = asked.pin.as_ref().map(Secret::expose);
            answer(hand, &mut accounts, "account", login, &Choice { account: None, pin })
        });
        keep(hand, &accounts);
        Ok(Json(outcome.into()))
    })
}

async fn report(
    Shared(emulator): World,
    Path((session, token, errand)): Path<(String, String, String)>,
    Json(answer): Json<ServerAnswer>,
) -> Result<Json<Outcome>, Problem> {
    let headers = answer.headers.iter();
    let answer =
        headers.fold(Answer::new(answer.status, answer.body), |answer, (name, value)| answer.header(name, value));
    with(&emulator, &(session, token), |hand| {
        let waiting = hand.held.errands.take(&errand).ok_or(Code::NotFound)?;
        let mut accounts = accounts(hand)?;
        let outcome = match waiting {
            Errand::Fetch(fetch) => fetch.report(&accounts, &answer).and_then(|introduction| {
                enroll(hand, &mut accounts, "tiqr-enrolment", introduction, &Choice::default())
            }),
            Errand::Enrolment(enrolment) => enrolment.report(&answer).and_then(|new| {
                let names = new.iter().map(|account| AccountRef::of(&account.name)).collect();
                accounts.keep(new)?;
                Ok(Report::taken("account", ForeignAct::Registered, names))
            }),
            Errand::Answered(answered) => answered
                .report(&mut accounts, &answer)
                .map(|()| Report::taken("account", ForeignAct::Answered, vec![AccountRef::of(answered.account())])),
        };
        keep(hand, &accounts);
        Ok(Json(outcome.into()))
    })
}

impl Question {
    fn check(&self) -> Result<(), Problem> {
        let is_long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.chars().count() > most);
        match () {
            () if is_long(&self.question, 128) || self.question.as_ref().is_some_and(String::is_empty) => {
                Err(Problem::from(Code::Value).because("question: 1 to 128 characters"))
            }
            () if is_long(&self.text, 4096) => {
                Err(Problem::from(Code::Value).because("text: 4,096 characters at most"))
            }
            () => Ok(()),
        }
    }

    fn login(&self, accounts: &Accounts) -> Result<Login, Refusal> {
        let account = match &self.account {
            Some(said) => accounts.find(said)?,
            None => {
                let mut all = accounts.iter();
                match (all.next(), all.count()) {
                    (Some(only), 0) => only,
                    (Some(_), more) => return Err(Refusal::Choice { count: more + 1 }),
                    (None, _) => return Err(Refusal::NoAccount { issuer: String::new() }),
                }
            }
        };
        match (&account.kind, &self.question, &self.text) {
            (Kind::Ocra(_), Some(question), _) => accounts.ask_ocra(&account.name, OcraQuestion::typed(question)),
            (Kind::Ocra(ocra), None, Some(text)) => {
                let hash = TextHash::of_suite(&ocra.suite)?;
                accounts.ask_ocra(&account.name, OcraQuestion::hashed(text, hash))
            }
            _ => accounts.ask(&account.name),
        }
    }
}

impl Outcome {
    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self::of_refusal(refusal_code(refusal), refusal.to_string())
    }

    fn of_refusal(code: &'static str, message: String) -> Self {
        Self { outcome: "refused", code: Some(code), message: Some(message), foreign: None }
    }
}

impl From<Result<Report, Refusal>> for Outcome {
    fn from(outcome: Result<Report, Refusal>) -> Self {
        match outcome {
            Ok(report) => Self { outcome: "shown", code: None, message: None, foreign: Some(report) },
            Err(refusal) => Self::refused(&refusal),
        }
    }
}

fn report_of(hand: &Hand<'_>, format: &'static str, act: ForeignAct, shown: &Shown) -> Report {
    Report::new(format, act, shown, &[], hand.held.device.token().language)
}

fn accounts(hand: &Hand<'_>) -> Result<Accounts, Problem> {
    let json = hand.held.device.token().expose_accounts();
    json.map_or_else(|| Ok(Accounts::default()), Accounts::from_json)
        .map_err(|error| Problem::from(Code::TokenFile).because(error))
}

fn keep(hand: &mut Hand<'_>, accounts: &Accounts) {
    let json = (!accounts.is_empty()).then(|| accounts.expose_json());
    hand.held.device.token_mut().set_accounts(json);
}
